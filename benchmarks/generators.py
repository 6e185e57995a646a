"""Generators against a baseline and, where their outputs are at hand, against peers.

    python benchmarks/generators.py [KIND[:NAME=VALUE,...] ...] [--table NAME] [--no-peers] [--audit]

All generators that need no parameters if none is named; one whose extra is not installed says so.  SYNTH_BENCH names
a folder with ``splits/<table>_{train,holdout}.parquet``, ``peer_outputs/<peer>__<table>.parquet`` and a referee
``evaluate.py TRAIN HOLDOUT SYNTHETIC TARGET`` that prints one line of JSON.  Without it the generators are measured on
Fair's survey, by this project's own checks.

Every generator runs in a process of its own: CPU seconds are of fit and sample together, its children included,
and the peak is of the largest process, with all that it imports.  One seed (0); as many synthetic rows as train rows.
With --audit the verdicts of memorisation and of the whole audit stand at the end of each line.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.classifier import Classifier
from synth_pipeline.checks.exact_copies import ExactCopies
from synth_pipeline.checks.nearest_records import NearestRecords
from synth_pipeline.checks.unique_tuples import UniqueTuples
from synth_pipeline.checks.utility import Utility
from synth_pipeline.comparison import NEEDS_MORE, generator_of
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.generators import GENERATORS
from synth_pipeline.library import audit

TARGETS = {"census": "income", "shoppers": "Revenue", "fair": "had_affair"}
OF_REFEREE = {"c2st": "c2st", "tstr/trtr": "util_ratio", "dcr share": "dcr_share", "enrich p": "enrich_p",
              "tuple p": "tuple_p"}  # fmt: skip
MEASURES = (*OF_REFEREE, "copies p")
COLUMNS = (*MEASURES, "cpu s", "peak MiB")


@dataclass(frozen=True, slots=True)
class Split:
    """One table, and the folder of the referee if there is one."""

    name: str
    train: Path
    holdout: Path
    folder: Path | None

    def measure(self, synthetic: Path) -> dict[str, Any]:
        """By the referee, or else by this project's own checks; copies by the latter."""
        if self.folder is None:
            return self._by_own_checks(synthetic)
        copies = next(iter(ExactCopies().measure(self._evidence(synthetic, None)))).p_value
        command = [sys.executable, self.folder / "evaluate.py", self.train, self.holdout, synthetic, TARGETS[self.name]]
        printed = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
        return {column: printed[key] for column, key in OF_REFEREE.items()} | {"copies p": copies}

    def audited(self, synthetic: Path) -> str:
        """The verdicts of this project's own audit."""
        result = audit(self.train, self.holdout, synthetic, target=TARGETS[self.name])
        return f"memorisation {result.judgements[0].verdict}, whole {result.verdict}"

    def _evidence(self, synthetic: Path, target: str | None) -> Evidence:
        schema, real = read_real({"train": self.train, "holdout": self.holdout})
        made = Table.conform(pd.read_parquet(synthetic)[schema.names], schema, synthetic.name)
        return Evidence(Train(real["train"]), Holdout(real["holdout"]), made, target)

    def _by_own_checks(self, synthetic: Path) -> dict[str, Any]:
        evidence = self._evidence(synthetic, TARGETS[self.name])
        with pinned():
            return {
                "c2st": next(iter(Classifier().measure(evidence))).value,
                "tstr/trtr": next(iter(Utility().measure(evidence))).value,
                "enrich p": next(iter(NearestRecords().measure(evidence))).p_value,
                "tuple p": next(iter(UniqueTuples().measure(evidence))).p_value,
                "copies p": next(iter(ExactCopies().measure(evidence))).p_value,
            }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the generators.")
    parser.add_argument("generators", nargs="*", help="KIND or KIND:NAME=VALUE,NAME=VALUE")
    parser.add_argument("--table", help="only this one")
    parser.add_argument("--no-peers", action="store_true", help="leave peers and the ceiling out")
    parser.add_argument("--audit", action="store_true", help="audit what comes out, too")
    parser.add_argument("--child", nargs=2, metavar=("TRAIN", "OUT"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(_told(chosen.generators[0], *map(Path, chosen.child))))
        return
    folder = Path(os.environ["SYNTH_BENCH"]) if os.environ.get("SYNTH_BENCH") else None
    with tempfile.TemporaryDirectory() as scratch:
        for split in splits(folder, Path(scratch)):
            if chosen.table in (None, split.name):
                rows = _rows(split, chosen.generators or _usual(), Path(scratch), peers=not chosen.no_peers)
                _print(split, rows, with_audit=chosen.audit)


def _print(split: Split, rows: Iterator[tuple[str, Path, dict[str, Any]]], *, with_audit: bool) -> None:
    print(f"\n{split.name}: {len(pd.read_parquet(split.train)):,} train rows, target {TARGETS[split.name]}, seed 0")
    print(f"{'generator':<26}" + "".join(f"{column:>11}" for column in COLUMNS))
    for label, made, row in rows:
        if "error" in row:
            print(f"{label:<26}{row['error']}", flush=True)
            continue
        shown = (f"{row[column]:>11.4g}" if column in row else f"{'-':>11}" for column in COLUMNS)
        print(f"{label:<26}" + "".join(shown) + (f"  {split.audited(made)}" if with_audit else ""), flush=True)


def _usual() -> list[str]:
    return [kind for kind, generator in GENERATORS.items()
            if not any(field.is_required() for field in generator.model_fields.values())]  # fmt: skip


def splits(folder: Path | None, scratch: Path) -> Iterator[Split]:
    if folder is not None:
        for train in sorted((folder / "splits").glob("*_train.parquet")):
            name = train.name.removesuffix("_train.parquet")
            yield Split(name, train, train.with_name(f"{name}_holdout.parquet"), folder)
        return
    from synth_pipeline.defs.fair.survey import women

    rows = women().sample(frac=1, random_state=0)
    train, holdout = scratch / "fair_train.parquet", scratch / "fair_holdout.parquet"
    rows.iloc[: len(rows) // 2].to_parquet(train, index=False)
    rows.iloc[len(rows) // 2 :].to_parquet(holdout, index=False)
    yield Split("fair", train, holdout, None)


def _rows(split: Split, labels: list[str], scratch: Path, *, peers: bool) -> Iterator[tuple[str, Path, dict[str, Any]]]:
    for place, label in enumerate(labels):
        out = scratch / f"{place}__{split.name}.parquet"
        command = [sys.executable, "-W", "ignore", __file__, label, "--child", split.train, out]
        done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, text=True)
        row = json.loads(done.stdout)
        yield label, out, row if "error" in row else split.measure(out) | row
    if split.folder is not None and peers:
        spare = split.train.with_name(f"{split.name}_spare.parquet")
        yield "real rows (ceiling)", spare, split.measure(spare)
        for peer in sorted((split.folder / "peer_outputs").glob(f"*__{split.name}.parquet")):
            yield f"peer {peer.name.split('__')[0]}", peer, split.measure(peer)


def _told(label: str, train: Path, out: Path) -> dict[str, Any]:
    """What was measured, or why that cannot be: an extra that is not installed."""
    try:
        return _generate(label, train, out)
    except SynthError as error:
        return {"error": str(error)}


def _generate(label: str, train: Path, out: Path) -> dict[str, float]:
    """CPU seconds of fit and sample, and the peak of memory; in a process of its own."""
    table = read_real({"train": train})[1]["train"]
    generator = generator_of(label)
    if not label.startswith(NEEDS_MORE):  # imports are not the point
        generator.fit(Train(table.take(table.frame.index.to_numpy()[:200])), Seed(0))
    start = sum(os.times()[:4])
    with pinned():
        made = generator.fit(Train(table), Seed(0, ("fit",))).sample(len(table), Seed(0, ("sample",)))
    seconds = sum(os.times()[:4]) - start
    made.frame.to_parquet(out, index=False)
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(who).ru_maxrss for who in whose)  # KiB on Linux, bytes on macOS
    return {"cpu s": seconds, "peak MiB": peak / (2**20 if sys.platform == "darwin" else 2**10)}


if __name__ == "__main__":
    main()
