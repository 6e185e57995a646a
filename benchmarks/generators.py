"""Generators against a baseline and, where their outputs are at hand, against peers.

    python benchmarks/generators.py

SYNTH_BENCH names a folder with ``splits/<table>_{train,holdout}.parquet``, ``peer_outputs/<peer>__<table>.parquet``
and a referee ``evaluate.py TRAIN HOLDOUT SYNTHETIC TARGET`` that prints one line of JSON.  Without it the
generators are measured on Fair's survey, by this project's own checks.

CPU time is of fit and sample together, in this process, and is shown as a ratio to ``marginals`` too.  One
seed (0); as many synthetic rows as train rows.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.classifier import Classifier
from synth_pipeline.checks.exact_copies import ExactCopies
from synth_pipeline.checks.nearest_records import NearestRecords
from synth_pipeline.checks.utility import Utility
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.generators import GENERATORS
from synth_pipeline.library import read_real

TARGETS = {"census": "income", "shoppers": "Revenue", "fair": "had_affair"}
BASELINE = "marginals"
COLUMNS = ("c2st", "tstr/trtr", "copies p", "nearest p", "cpu s", "cpu ratio")


def main() -> None:
    folder = os.environ.get("SYNTH_BENCH")
    with tempfile.TemporaryDirectory() as scratch:
        for name, train, holdout in splits(Path(folder) if folder else None, Path(scratch)):
            print(f"\n{name}: {len(pd.read_parquet(train)):,} train rows, target {TARGETS[name]}, seed 0")
            print(f"{'generator':<22}" + "".join(f"{column:>11}" for column in COLUMNS))
            for label, row in _rows(name, train, holdout, Path(folder) if folder else None, Path(scratch)):
                shown = (f"{row[column]:>11.4g}" if column in row else f"{'-':>11}" for column in COLUMNS)
                print(f"{label:<22}" + "".join(shown), flush=True)


def splits(folder: Path | None, scratch: Path) -> Iterator[tuple[str, Path, Path]]:
    if folder is not None:
        for train in sorted((folder / "splits").glob("*_train.parquet")):
            name = train.name.removesuffix("_train.parquet")
            yield name, train, train.with_name(f"{name}_holdout.parquet")
        return
    from synth_pipeline.defs.fair.survey import women

    rows = women().sample(frac=1, random_state=0)
    train, holdout = scratch / "fair_train.parquet", scratch / "fair_holdout.parquet"
    rows.iloc[: len(rows) // 2].to_parquet(train, index=False)
    rows.iloc[len(rows) // 2 :].to_parquet(holdout, index=False)
    yield "fair", train, holdout


def _rows(
    name: str, train: Path, holdout: Path, folder: Path | None, scratch: Path
) -> Iterator[tuple[str, dict[str, Any]]]:
    baseline = None
    for kind in sorted(GENERATORS, key=lambda kind: kind != BASELINE):
        out = scratch / f"{kind}__{name}.parquet"
        try:
            seconds = _generate(kind, train, out)
        except SynthError as error:  # an extra that is not installed
            print(f"{kind:<22}{error}")
            continue
        baseline = baseline or seconds
        yield kind, measured(train, holdout, out, name, folder) | {"cpu s": seconds, "cpu ratio": seconds / baseline}
    if folder is not None:
        yield "real rows (ceiling)", measured(train, holdout, folder / "splits" / f"{name}_spare.parquet", name, folder)
        for peer in sorted((folder / "peer_outputs").glob(f"*__{name}.parquet")):
            yield f"peer {peer.name.split('__')[0]}", measured(train, holdout, peer, name, folder)


def _generate(kind: str, train: Path, out: Path) -> float:
    """CPU seconds of fit and sample."""
    _, real = read_real({"train": train})
    table = real["train"]
    GENERATORS[kind]().fit(Train(table.take(table.frame.index.to_numpy()[:200])), Seed(0))  # imports are not the point
    start = time.process_time()
    with pinned():
        made = GENERATORS[kind]().fit(Train(table), Seed(0, ("fit",))).sample(len(table), Seed(0, ("sample",)))
    seconds = time.process_time() - start
    made.frame.to_parquet(out, index=False)
    return seconds


def measured(train: Path, holdout: Path, synthetic: Path, name: str, folder: Path | None) -> dict[str, Any]:
    if folder is None:
        return _by_own_checks(train, holdout, synthetic, name)
    command = [sys.executable, folder / "evaluate.py", train, holdout, synthetic, TARGETS[name]]
    printed = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
    keys = {"c2st": "c2st", "tstr/trtr": "util_ratio", "nearest p": "enrich_p"}
    return {column: printed[key] for column, key in keys.items()} | _copies(train, holdout, synthetic)


def _evidence(train: Path, holdout: Path, synthetic: Path, target: str | None) -> Evidence:
    schema, real = read_real({"train": train, "holdout": holdout})
    made = Table.conform(pd.read_parquet(synthetic)[schema.names], schema, synthetic.name)
    return Evidence(Train(real["train"]), Holdout(real["holdout"]), made, target)


def _copies(train: Path, holdout: Path, synthetic: Path) -> dict[str, Any]:
    found = next(iter(ExactCopies().measure(_evidence(train, holdout, synthetic, None))))
    return {"copies p": found.p_value}


def _by_own_checks(train: Path, holdout: Path, synthetic: Path, name: str) -> dict[str, Any]:
    evidence = _evidence(train, holdout, synthetic, TARGETS[name])
    with pinned():
        return {
            "c2st": next(iter(Classifier().measure(evidence))).value,
            "tstr/trtr": next(iter(Utility().measure(evidence))).value,
            "nearest p": next(iter(NearestRecords().measure(evidence))).p_value,
            "copies p": next(iter(ExactCopies().measure(evidence))).p_value,
        }


if __name__ == "__main__":
    main()
