"""A good endpoint and bad ones, through every gate: which are let through, and which gate blocks the others.

The good one draws from the half of BANKING77 (CC BY 4.0, PolyAI) that the pipeline does not see; the others repeat the
examples of their prompts with a tenth of the words replaced, know few texts, or answer with texts of another label.

    SYNTH_DATA=<folder of banking77_train.csv.gz> python -m benchmarks.language_model_endpoints [ROWS]
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from synth_pipeline import stages
from synth_pipeline.adapters.storage import Store
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import plan_of, running
from synth_pipeline.preview import preview_of
from synth_pipeline.stages import Run

MODES = {"pool": {}, "memorising": {"edits": 0.1}, "low-diversity": {}, "mislabelling": {}}
AUDITS = ("memorisation", "fidelity", "utility", "diversity")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_500
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        split(folder)
        for mode, more in MODES.items():
            print(f"{mode:<15}{through(mode, more, folder, rows)}", flush=True)


def split(folder: Path) -> None:
    """One half is the source of the data set, the other what the endpoints know."""
    table = pd.read_csv(Path(os.environ["SYNTH_DATA"]) / "banking77_train.csv.gz")
    table = table.rename(columns={"category": "label"}).sample(frac=1, random_state=1)
    table.iloc[: len(table) // 2].to_parquet(folder / "real.parquet", index=False)
    table.iloc[len(table) // 2 :].to_csv(folder / "spare.csv", index=False)


def through(mode: str, more: dict[str, object], folder: Path, rows: int) -> str:
    """The verdict of each gate, and what the rows took."""
    store = Store(folder / mode)
    with running(plan_of({"answers": {"mode": mode, "file": str(folder / "spare.csv"), **more}})) as server:
        spec = declared(folder, server.base_url, rows)
        projected = preview_of(spec, store, 20).cost
        run, start = Run(spec, store, "one"), time.perf_counter()
        for stage in (stages.fit_generator, stages.draw_candidates, stages.remove_repeats):
            stage(run)
        seconds = time.perf_counter() - start
        said = server.stats(totals=True)
    verdicts = []
    for gate in AUDITS:
        stages.audit(run, gate)
        verdicts.append(f"{gate} {stages.judge(run, gate).verdict.value}")
    cost = (said["prompt_tokens"] + 2 * said["completion_tokens"]) / 1e6
    ahead = "-" if projected is None else f"{projected.expected / cost - 1:+.0%}"
    facts = run.get("deduplicated").facts
    return (f"{'  '.join(verdicts)}\n{'':<15}{facts['rows']:,} rows by {said['billed']:,} requests in {seconds:.1f} s; "
            f"preview off by {ahead}; left out: {facts['left_out']}")  # fmt: skip


def declared(folder: Path, base_url: str, rows: int) -> DatasetSpec:
    endpoint = {"name": "mock", "base_url": base_url, "model": "mock", "price": {"input": 1, "output": 2}}
    mode = {"kind": "labelled_text", "label": "label"}
    return DatasetSpec.model_validate({
        "name": "bank", "rows": rows, "target": "label",
        "source": {"kind": "file", "path": str(folder / "real.parquet")},
        "columns": {"text": {"kind": "text"}, "label": {"kind": "category"}},
        "generator": {"kind": "language_model", "endpoint": endpoint, "mode": mode, "when_short": "keep"},
    })  # fmt: skip


if __name__ == "__main__":
    main()
