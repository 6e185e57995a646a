"""How drawing scales, what constraints and conditions cost, and whether any row breaks a rule.

    python benchmarks/drawing.py [TRAIN] [--most ROWS]

TRAIN is a CSV or Parquet file; without it, Fair's survey.  Columns that keep constraints are added to it.  Each size is
drawn in a process of its own, which reports its peak memory.  CPU time per row is shown as a ratio to that of 10,000
rows, since no two machines have the same seconds.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.core.constraints import violations
from synth_pipeline.core.parquet import frames
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.defs.fair.survey import women
from synth_pipeline.drawing import Drawer, dumps, fit_drawer, loads, write
from synth_pipeline.drawing.seen import Seen
from synth_pipeline.generators import Forest
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.spec.constraints import Constraint

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
RULES: list[dict[str, Any]] = [
    {"kind": "sum", "total": "gross", "parts": ["net", "tax"]},
    {"kind": "order", "columns": ["begun", "ended"]},
    {"kind": "determines", "columns": ["town"], "of": "region"},
    {"kind": "combinations", "columns": ["region", "currency"]},
    {"kind": "range", "column": "net", "min": 0},
    {"kind": "grid", "column": "fee", "step": 0.05},
    {"kind": "pattern", "column": "town", "regex": r"town \d+"},
    {"kind": "not_null", "columns": ["net", "begun"]},
    {"kind": "unique", "columns": ["net", "begun", "fee", "town"]},
]
NAME = f"forest-{Forest().version}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("train", nargs="?", type=Path)
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--child", nargs=3, metavar=("DRAWER", "ROWS", "OUT"))
    given = parser.parse_args()
    if given.child:
        _child(Path(given.child[0]), int(given.child[1]), Path(given.child[2]))
        return
    real = women() if given.train is None else read_real({"t": given.train})[1]["t"].frame
    with tempfile.TemporaryDirectory() as folder:
        _scale(real, Path(folder), given.most)
        _constraints(real, Path(folder), min(given.most, 1_000_000))
    _rare(real)


def _fit(frame: pd.DataFrame, rules: list[Constraint], first: tuple[str, ...] = ()) -> tuple[Table, Drawer]:
    table = read_real({"t": frame})[1]["t"]
    with pinned():
        return table, fit_drawer(Forest(), Train(table), rules, Seed(0, ("fit",)), first)


def _scale(real: pd.DataFrame, folder: Path, most: int) -> None:
    print(f"{len(real):,} train rows of {real.shape[1]} columns, forest, to Parquet")
    (folder / "drawer").write_bytes(dumps(_fit(real, [])[1]))
    print(f"{'rows':>12}{'cpu s':>9}{'per row':>9}{'peak MB':>9}")
    base = None
    for rows in (size for size in SIZES if size <= most):
        told = _run(folder / "drawer", rows, folder / "out.parquet")
        per_row = told["cpu"] / rows
        base = base or per_row
        print(f"{rows:>12,}{told['cpu']:>9.2f}{per_row / base:>9.2f}{told['peak']:>9.0f}", flush=True)


def _constraints(real: pd.DataFrame, folder: Path, rows: int) -> None:
    rules = TypeAdapter(list[Constraint]).validate_python(RULES)
    table, drawer = _fit(_ruled(real), rules)
    (folder / "drawer").write_bytes(dumps(drawer))
    told = _run(folder / "drawer", rows, folder / "out.parquet")
    broken = {rule.title: 0 for rule in rules}
    seen = [Seen(rule) for rule in rules if rule.kind == "unique"]
    for part in frames(folder / "out.parquet"):
        made = Table.conform(part, table.schema)
        for rule in rules:
            broken[rule.title] += int(violations(rule, made, table).sum())
        for one in seen:
            broken[one.rule.title] += int(one.repeated(made).sum())
            one.add(made)
    print(
        f"\n{pq.read_metadata(folder / 'out.parquet').num_rows:,} rows under {len(rules)} constraints: "
        f"{told['cpu']:.1f} cpu s, {told['peak']:.0f} MB; {drawer.accepted:.1%} of drawn rows keep them"
    )
    for title, count in broken.items():
        print(f"{count:>8,} break {title}")


def _rare(real: pd.DataFrame) -> None:
    """1,000 rows of a value that one row in a thousand has, by where its column is drawn."""
    rare = np.random.default_rng(0).random(len(real)) < 0.001
    frame = real.assign(event=np.where(rare, "rare", "usual"))
    asked = Conditions.model_validate({"fixed": {"event": "rare"}})
    print(f"\n1,000 rows of a value of {int(rare.sum())} in {len(real):,} train rows")
    for words, first in {"its column drawn last": (), "its column drawn first": ("event",)}.items():
        drawer = _fit(frame, [], first)[1]
        start = time.process_time()
        made = drawer.attempt(1_000, Seed(0), asked)
        print(f"{words:>24}: {time.process_time() - start:6.2f} cpu s, {len(made.table):,} rows", flush=True)


def _run(drawer: Path, rows: int, out: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", str(drawer), str(rows), str(out)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _child(drawer: Path, rows: int, out: Path) -> None:
    loaded = loads(drawer.read_bytes(), NAME)
    loaded.sample(100, Seed(1))  # imports are not the point
    start = time.process_time()
    write(loaded, rows, out, Seed(0, ("sample",)), workers=2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": time.process_time() - start, "peak": peak}))


def _ruled(real: pd.DataFrame) -> pd.DataFrame:
    """With columns that keep ``RULES``."""
    stream, rows = np.random.default_rng(1), len(real)
    net = np.round(stream.lognormal(4, 1, rows), 2)
    tax = np.round(net * stream.choice([0.07, 0.19], rows), 2)
    town = stream.integers(0, 60, rows)
    begun = pd.Timestamp("2020-01-01") + pd.to_timedelta(stream.integers(0, 1_500, rows), "D")
    return real.assign(
        net=net, tax=tax, gross=np.round(net + tax, 2), begun=begun,
        ended=begun + pd.to_timedelta(stream.gamma(2, 40, rows).astype(int), "D"),
        town=[f"town {code}" for code in town], region=[f"region {code % 8}" for code in town],
        currency=[f"currency {code % 8 // 3}" for code in town], fee=np.round(stream.integers(0, 900, rows) * 0.05, 2),
    ).drop_duplicates(["net", "begun", "fee", "town"])  # fmt: skip


if __name__ == "__main__":
    main()
