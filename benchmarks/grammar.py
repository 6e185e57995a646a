"""Texts of the shipped grammar: rows a second, and how many of them differ.

    python benchmarks/grammar.py [ROWS]

CPU seconds of this process and its threads, and wall seconds, at one worker and at two; hashes have to be equal.
"""

import sys
import time

import pandas as pd

from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import Drawer, fit_drawer
from synth_pipeline.generators import Grammar
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 100_000
FILE = "synth_pipeline/generators/grammar/support.yaml"
INTENTS = ("lost card", "refund", "cash withdrawal", "transfer")
SCHEMA = Schema(columns=(Column(name="message", kind=Kind.TEXT), Column(name="intent", kind=Kind.CATEGORY)))


def main(rows: int) -> None:
    drawer = _fitted()
    drawer.sample(10, Seed(0))  # imports and pools are not the point
    hashes = set()
    print(f"{rows:,} rows")
    for workers in (1, 2):
        wall, cpu = time.perf_counter(), time.process_time()
        frame = drawer.sample(rows, Seed(1), workers=workers).frame
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        hashes.add(of_frame(frame))
        print(f"{workers} workers {rows / wall:>12,.0f} rows/s {rows / cpu:>12,.0f} rows per cpu s")
    words = frame["message"].str.split().str.len()
    print(f"distinct {frame['message'].nunique() / rows:.2%}, without case {_folded(frame) / rows:.2%}; "
          f"words {words.mean():.1f}; the same at one worker and two: {len(hashes) == 1}")  # fmt: skip


def _fitted() -> Drawer:
    """Nothing but the names of the intents is learned."""
    frame = pd.DataFrame({"message": "any", "intent": INTENTS * 15})
    generator = Grammar.model_validate({"texts": {"message": {"label": "intent", "file": FILE}}})
    return fit_drawer(generator, Train(Table.conform(frame, SCHEMA)), (), Seed(0))


def _folded(frame: pd.DataFrame) -> int:
    return frame["message"].str.lower().nunique()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
