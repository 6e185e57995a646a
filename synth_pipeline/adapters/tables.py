"""Data frames to files."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from synth_pipeline.core.errors import SynthError

_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], object]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, date_format="iso"),
}


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write aside and rename; raises SynthError for an unknown ending or a place that cannot be written."""
    writer = _WRITERS.get(path.suffix)
    if writer is None:
        raise SynthError(f"{path} has the unknown ending {path.suffix!r}.", f"use {', '.join(_WRITERS)}.")
    aside = path.with_name(f".{path.name}.part")
    try:
        writer(frame, aside)
        aside.replace(path)
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None
    finally:
        aside.unlink(missing_ok=True)
