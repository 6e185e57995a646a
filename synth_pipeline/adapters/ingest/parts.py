"""Read the parts of a table that somebody holds as files or data frames: the real ones under one schema."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import reduce
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_pipeline.adapters.ingest import read_frame
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.spec.columns import Column, Kind, Schema

Data = pd.DataFrame | Path | str


def read_real(parts: dict[str, Data], key: str | None = None) -> tuple[Schema, dict[str, Table]]:
    """Real parts under one schema, inferred from all of them; a ``key`` is an identifier whatever it looks like."""
    with ExitStack() as opened:
        paths = {name: opened.enter_context(as_file(part)) for name, part in parts.items()}
        schema = reduce(_merged, (read_frame(path)[1] for path in paths.values()))
        schema = Schema(columns=tuple(
            column.model_copy(update={"kind": Kind.IDENTIFIER, "grid": None}) if column.name == key else column
            for column in schema.columns
        ))  # fmt: skip
        return schema, {name: _conform(path, schema, f"the {name} table") for name, path in paths.items()}


def read_under(data: Data, schema: Schema, called: str) -> Table:
    """A table under a schema that is known; raises SynthError, with this name for the table, where it does not fit."""
    with as_file(data) as path:
        return _conform(path, schema, called)


def _conform(path: Path, schema: Schema, called: str) -> Table:
    frame = read_frame(path, schema=schema)[0]
    ids = _record_ids(path)
    return Table.conform(frame if ids is None else frame.assign(**{RECORD_ID: ids.to_numpy()}), schema, called)


@contextmanager
def as_file(data: Data) -> Iterator[Path]:
    """A file as it is, a data frame as Parquet for as long as it is needed."""
    if not isinstance(data, pd.DataFrame):
        yield Path(data)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        try:
            data.to_parquet(path, index=False)
        except (pa.ArrowException, ValueError, TypeError) as error:
            problem = f"The data frame cannot be written as Parquet ({type(error).__name__})."
            raise SynthError(problem, "give its columns distinct text names, and values of one type each.") from None
        yield path


def _record_ids(path: Path) -> pd.Series | None:
    """Names of records, where the file has them."""
    if path.suffix == ".parquet":
        has = RECORD_ID in pq.read_schema(path).names
        return pd.read_parquet(path, columns=[RECORD_ID])[RECORD_ID] if has else None
    if ".csv" in path.suffixes:
        return pd.read_csv(path, usecols=lambda name: name == RECORD_ID, dtype="str").get(RECORD_ID)
    return None


def _merged(first: Schema, second: Schema) -> Schema:
    """One schema for two parts of a table: where they differ, the wider kind."""
    others = {column.name: column for column in second.columns}
    if set(others) != set(first.names):
        raise SynthError(
            f"The real tables have different columns: only one of them has "
            f"{sorted(set(others) ^ set(first.names))}.", "give all parts the same columns."
        )  # fmt: skip
    return Schema(columns=tuple(_wider(column, others[column.name]) for column in first.columns))


def _wider(first: Column, second: Column) -> Column:
    nullable = first.nullable or second.nullable
    kinds = {first.kind, second.kind}
    numbers = kinds == {Kind.INTEGER, Kind.DECIMAL}
    kind = first.kind if len(kinds) == 1 else Kind.DECIMAL if numbers else Kind.CATEGORY
    grids = [column.grid for column in (first, second)]
    grid = None if None in grids or kind is Kind.CATEGORY else min(grid for grid in grids if grid is not None)
    if kind is Kind.CATEGORY and Kind.IDENTIFIER in kinds and (first.like or second.like):
        kind = Kind.IDENTIFIER  # too few rows of one part to be told for personal data
    like = next((column.like for column in (first, second) if column.like), None)
    return Column(name=first.name, kind=kind, grid=grid, nullable=nullable, like=like)
