"""The forest over many random splits: is it near to real rows, and does it tell who was trained on?

    python benchmarks/forest.py [--seeds N] [--first SEED] [--strength S ...] [--table NAME] [--audit]

SYNTH_BENCH names a folder as for generators.py.  All real rows of a table there are shuffled anew for each seed and cut
into parts of the same sizes; each part of a row is judged by the referee.  Without the folder: Fair's survey, by this
project's own checks.  Means over seeds with their standard errors; p values are pooled by Fisher's method, uniform ones
give a uniform pooled one.  CPU seconds are of fit and sample, as a ratio to ``marginals`` on the same splits.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from generators import TARGETS, Split, splits
from scipy.stats import chi2

from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.threads import pinned
from synth_pipeline.generators import Forest, Marginals
from synth_pipeline.generators.protocol import Generator
from synth_pipeline.library import audit
from synth_pipeline.spec.columns import Kind

POOLED = ("enrich p", "tuple p", "copies p")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the forest over random splits.")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--strength", type=float, nargs="*", default=[1.0])
    parser.add_argument("--table", help="only this one")
    parser.add_argument("--audit", action="store_true", help="the whole audit of each split, too")
    chosen = parser.parse_args()
    folder = Path(os.environ["SYNTH_BENCH"]) if os.environ.get("SYNTH_BENCH") else None
    with tempfile.TemporaryDirectory() as scratch:
        for fixed in splits(folder, Path(scratch)):
            if chosen.table in (None, fixed.name):
                for strength in chosen.strength:
                    seeds = range(chosen.first, chosen.first + chosen.seeds)
                    _print(fixed, Forest(strength=strength), seeds, Path(scratch), with_audit=chosen.audit)


def _print(fixed: Split, forest: Forest, seeds: range, scratch: Path, *, with_audit: bool) -> None:
    rows = [_one(fixed, forest, seed, scratch, with_audit=with_audit) for seed in seeds]
    table = pd.DataFrame(rows)
    print(f"\n{fixed.name}, strength {forest.strength:g}, seeds {seeds.start} to {seeds.stop - 1}")
    for name in table.columns:
        values = table[name].to_numpy(dtype=float)
        values = values[~np.isnan(values)]
        if name in POOLED:
            pooled = chi2.sf(-2 * np.log(np.maximum(values, 1e-300)).sum(), 2 * len(values))
            print(f"  {name:<22}pooled {pooled:.3g}, smallest {values.min():.3g}", flush=True)
        else:
            error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
            print(f"  {name:<22}{values.mean():.4f} ± {error:.4f}", flush=True)


def _one(fixed: Split, forest: Forest, seed: int, scratch: Path, *, with_audit: bool) -> dict[str, Any]:
    split = _anew(fixed, seed, scratch)
    train = read_real({"train": split.train})[1]["train"]
    out = scratch / f"{fixed.name}_made.parquet"
    baseline, _ = _timed(Marginals(), train, seed)
    seconds, made = _timed(forest, train, seed)
    made.frame.to_parquet(out, index=False)
    lost = sum(
        len(set(train.frame[name].value_counts()[lambda count: count >= 20].index) - set(made.frame[name].unique()))
        for name in train.schema.of(Kind.CATEGORY)
    )
    found = split.measure(out) | {"levels of 20 rows lost": lost, "cpu s": seconds, "cpu ratio": seconds / baseline}
    if with_audit:
        held = audit(split.train, split.holdout, out, target=TARGETS[fixed.name]).verdict.holds
        found["audits that pass"] = float(held)
    return found


def _timed(generator: Generator, train: Any, seed: int) -> tuple[float, Any]:
    start = time.process_time()
    with pinned():
        made = generator.fit(Train(train), Seed(seed, ("fit",))).sample(len(train), Seed(seed, ("sample",)))
    return time.process_time() - start, made


def _anew(fixed: Split, seed: int, scratch: Path) -> Split:
    """All real rows of the split, and of its spare part where there is one, in another random order."""
    spare = fixed.train.with_name(f"{fixed.name}_spare.parquet")
    parts = [pd.read_parquet(path) for path in (fixed.train, fixed.holdout, spare) if path.exists()]
    rows = pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed)
    train, holdout = scratch / f"{fixed.name}_a.parquet", scratch / f"{fixed.name}_b.parquet"
    rows.iloc[: len(parts[0])].to_parquet(train, index=False)
    rows.iloc[len(parts[0]) : len(parts[0]) + len(parts[1])].to_parquet(holdout, index=False)
    return Split(fixed.name, train, holdout, fixed.folder)


if __name__ == "__main__":
    main()
