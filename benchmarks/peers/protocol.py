"""What the scripts that run in a peer's environment share; imports nothing but pandas and the standard library."""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """The three tables of one folder, the column to predict, and which columns hold levels."""

    train: pd.DataFrame
    holdout: pd.DataFrame
    synthetic: pd.DataFrame
    target: str
    nominal: list[str]
    numeric: list[str]


def read(folder: Path) -> Case:
    """A folder with train.parquet, holdout.parquet, synthetic.parquet and meta.json."""
    tables = (pd.read_parquet(folder / f"{part}.parquet") for part in ("train", "holdout", "synthetic"))
    return Case(*tables, **json.loads((folder / "meta.json").read_text()))


def score(value: object, worse: str, must: float | None = None) -> dict[str, Any]:
    """One score: is a "low", a "high" or "either" of these worse, and what the peer documents that it must reach."""
    number = None if value is None or pd.isna(value) else float(value)
    return {"value": number, "worse": worse} | ({} if must is None else {"must": must})


def run(scores: Callable[[Case], dict[str, Any]]) -> None:
    """Print one line of JSON per folder named on the command line; all else that is printed goes to stderr."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # libraries, and the processes they start, print there
    for folder in sys.argv[1:]:
        start = time.perf_counter()
        found = scores(read(Path(folder)))
        seconds = round(time.perf_counter() - start, 1)
        print(json.dumps({"folder": folder, "seconds": seconds, "scores": found}), file=out, flush=True)
        print(f"{folder}: {seconds} s", file=sys.stderr, flush=True)
