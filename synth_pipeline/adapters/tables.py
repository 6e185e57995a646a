"""Data frames to files."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from synth_pipeline.core.errors import SynthError

_WRITERS: Mapping[str, Callable[[pd.DataFrame, Path], object]] = {
    ".parquet": lambda frame, path: frame.to_parquet(path, index=False),
    ".csv": lambda frame, path: frame.to_csv(path, index=False),
    ".jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, date_format="iso"),
}


def ending_of(path: Path) -> str:
    """The ending of a file's name; raises SynthError where it names no format."""
    if path.suffix not in _WRITERS:
        raise SynthError(f"{path} has the unknown ending {path.suffix!r}.", f"use {', '.join(_WRITERS)}.")
    return path.suffix


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write aside and rename; raises SynthError for an unknown ending or a place that cannot be written."""
    writer = _WRITERS[ending_of(path)]
    with _aside(path) as aside:
        writer(frame, aside)


def write_parts(parts: Iterator[pd.DataFrame], path: Path, progress: Callable[[int], None] = lambda _: None) -> None:
    """The same for the parts of one table, one after another: CSV or JSON lines, which can be added to."""
    is_csv = ending_of(path) == ".csv"
    with _aside(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        done = 0
        for place, part in enumerate(parts):
            if is_csv:
                part.to_csv(file, index=False, header=place == 0)
            elif len(part):
                part.to_json(file, orient="records", lines=True, date_format="iso")
            progress(done := done + len(part))


@contextmanager
def _aside(path: Path) -> Iterator[Path]:
    """A name to write to, which is renamed when all went well."""
    aside = path.with_name(f".{path.name}.part")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None
    finally:
        aside.unlink(missing_ok=True)
