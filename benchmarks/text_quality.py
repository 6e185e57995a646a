"""What the checks of text make of clean texts and of each planted fault, on BANKING77.

    SYNTH_DATA=folder python benchmarks/text_quality.py
    SYNTH_DATA=folder python benchmarks/text_quality.py --rows 4000 --seeds 10

``banking77_train.csv.gz`` and ``banking77_test.csv.gz`` are read from the folder SYNTH_DATA.  Of each split, train and
the clean synthetic table (real texts that are in neither other part) have so many rows and the holdout half as
many.  Shown is by how much each finding exceeds its baseline, on average over seeds, and how often it blocks.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.checks import Evidence
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.redteam import FAULTS, Scene
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import measure

SUITES = Suites(Path(__file__).resolve().parent.parent / "expectations")
SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT), Column(name="category", kind=Kind.CATEGORY)))
GATES = ("fidelity", "diversity", "utility")
FAMILY = "documents"  # of planted faults
ASKED = ("text_", "utility", "levels")  # how the checks begin that are shown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4_000)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    lines = [line for seed in range(given.seeds) for line in _measured(_read(), given.rows, seed)]
    _show(pd.DataFrame(lines))


def _read() -> Table:
    folder = Path(os.environ["SYNTH_DATA"])
    parts = [pd.read_csv(folder / f"banking77_{part}.csv.gz") for part in ("train", "test")]
    return Table.conform(pd.concat(parts, ignore_index=True), SCHEMA)


def _measured(table: Table, rows: int, seed: int) -> Iterator[dict[str, object]]:
    """A line for each check and metric, the worst of its findings, and one for each gate."""
    parts = np.split(
        np.random.default_rng(seed).permutation(len(table)), [rows, rows + rows // 2, 2 * rows + rows // 2]
    )
    train, holdout, clean = (table.take(part) for part in parts[:3])
    evidence = Evidence(Train(train), Holdout(holdout), clean, target="category", seed=Seed(seed))
    scene = Scene(train, holdout, clean, "category", seed=Seed(seed))
    for fault in [None, *(one for one in FAULTS if one.family == FAMILY)]:
        made = clean if fault is None else Table.conform(fault.planted(scene), SCHEMA)
        case = "clean" if fault is None else fault.name
        for gate in GATES:
            start = time.process_time()
            judged = judge_findings(SUITES.load(gate), measure(gate, evidence.of(made), workers=1))
            spent = time.process_time() - start
            yield {"case": case, "what": f"GATE {gate}", "excess": spent, "block": not judged.verdict.holds}
            assert judged.findings is not None
            for row in judged.findings.to_dict("records"):
                if row["check"].startswith(ASKED):
                    yield {"case": case, "what": f"{row['check']} {row['metric']}",
                           "excess": row["value"] - row["baseline"], "block": row["verdict"] == "block"}  # fmt: skip


def _show(lines: pd.DataFrame) -> None:
    """Excess on average over seeds, of the worst finding of its kind; and in how many runs in a hundred it blocks."""
    cases = lines["case"].unique()
    means = lines.pivot_table(["excess", "block"], "what", "case", sort=False)
    shown = means["excess"].map("{:+.3f}".format) + (100 * means["block"]).map(" {:3.0f} %".format)
    for number, case in enumerate(cases):
        print(f"({number}) {case}")
    print(shown[cases].set_axis([f"({number})" for number in range(len(cases))], axis=1).to_string())
    print("Of gates: CPU seconds, and how often they do not hold.")


if __name__ == "__main__":
    main()
