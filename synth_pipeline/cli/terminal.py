"""What the commands share: how they speak, and arguments of more than one of them."""

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Annotated, TextIO

import typer

from synth_pipeline.core.errors import SynthError

COULD_NOT_RUN = 2
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed

DataFile = Annotated[Path, typer.Option(help="CSV, Parquet or JSON lines.", show_default=False)]


def examples(*lines: str) -> str:
    """The end of a command's help: examples, one to a line."""
    return "\n\n".join(["[bold]Examples[/bold]", *lines])


def say(text: str) -> None:
    """A line of the answer; a control character in a value must not steer the terminal."""
    typer.echo(_CONTROL.sub("\ufffd", text))


def progress(step: str) -> None:
    """A line on the terminal, if there is one."""
    if (terminal := _terminal()) is not None:
        typer.echo(f"  {step}", file=terminal)


@cache
def _terminal() -> TextIO | None:
    """The terminal as it is at the first line: later on Dagster has what a step prints go into a file."""
    if not sys.stderr.isatty():
        return None
    return os.fdopen(os.dup(sys.stderr.fileno()), "w", buffering=1)


def write(path: Path, text: str) -> None:
    """Write a file that was asked for; raises SynthError where that cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None


def shown(path: Path) -> Path:
    """As a person in this folder would write it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
