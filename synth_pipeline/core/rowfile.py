"""Files of rows under a schema that is known already.  Inferring one is the business of ``adapters.ingest``."""

from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.parquet import frame
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind, Schema

ENDINGS = (".csv", ".csv.gz", ".parquet", ".jsonl", ".ndjson")
_AS_WRITTEN: Any = False
_AS_TEXT = (Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER, Kind.DATETIME)


def read_rows(path: Path, schema: Schema, *, surplus: bool = False) -> Table:
    """The rows of a CSV, Parquet or JSON lines file; columns that begin with an underscore are left out.

    Raises SynthError where the file cannot be read, or a column is missing, of another type or, unless ``surplus`` ones
    are to be left out too, surplus.
    """
    try:
        rows = _read(path, schema)
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.", "put it there, or correct the path.") from None
    except (ValueError, UnicodeDecodeError) as error:  # parsers quote rows in their messages
        raise SynthError(f"{path} is not what its ending says ({type(error).__name__}).",
                         f"write it as one of {', '.join(ENDINGS)}.") from None  # fmt: skip
    own = [name for name in rows.columns if not str(name).startswith("_") and (name in schema.names or not surplus)]
    return Table.conform(rows.loc[:, own], schema, str(path))


def _read(path: Path, schema: Schema) -> pd.DataFrame:
    texts: Any = dict.fromkeys(schema.of(*_AS_TEXT), "str")
    if path.name.endswith(".parquet"):
        return frame(path)
    if path.name.endswith((".csv", ".csv.gz")):  # only an empty field is missing: 'NA' may be a level
        return pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""], encoding="utf-8")
    if path.name.endswith((".jsonl", ".ndjson")):
        return pd.read_json(path, lines=True, dtype=_AS_WRITTEN, convert_dates=False)
    raise SynthError(f"{path} has an unknown ending.", f"use one of {', '.join(ENDINGS)}.")
