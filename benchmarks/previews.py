"""How far a preview is off: its projection of the cost against what the whole then costs, seed by seed.

The endpoint draws from the half of BANKING77 (CC BY 4.0, PolyAI) that the pipeline does not see.

    SYNTH_DATA=<folder of banking77_train.csv.gz> python -m benchmarks.previews [ROWS] [SEEDS]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.language_model_endpoints import declared, split
from synth_pipeline import stages
from synth_pipeline.adapters.storage import Store
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.preview import preview_of
from synth_pipeline.stages import Run


def main() -> None:
    rows, seeds = (int(given) for given in (*sys.argv[1:], 1_500, 12)[:2])
    off = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        split(folder)
        for seed in range(seeds):
            with running(plan_of({"answers": {"mode": "pool", "file": str(folder / "spare.csv")}})) as server:
                off.append(projected(folder, server, rows, seed))
    print(f"off by {np.mean(off):+.1%} in the mean, {np.std(off):.1%} in standard deviation, {min(off):+.1%} to "
          f"{max(off):+.1%}; within 15 % in {np.mean(np.abs(off) <= 0.15):.0%}")  # fmt: skip


def projected(folder: Path, server: Running, rows: int, seed: int) -> float:
    """The relative error of one preview."""
    store = Store(folder / f"seed {seed}")
    spec = declared(folder, server.base_url, rows).model_copy(update={"seed": seed})
    found = preview_of(spec, store, 20).cost
    asked = server.stats(totals=True)["billed"]
    run = Run(spec, store, "one")
    stages.fit_generator(run)
    stages.draw_candidates(run)
    said = server.stats(totals=True)
    cost = (said["prompt_tokens"] + 2 * said["completion_tokens"]) / 1e6
    assert found is not None
    ends = f"{found.low / cost - 1:+.0%} to {found.high / cost - 1:+.0%}"
    print(f"seed {seed}: {asked} of {said['billed']:,} requests before; off by {found.expected / cost - 1:+.1%} "
          f"({ends}{'' if found.low <= cost <= found.high else ', beside it'})", flush=True)  # fmt: skip
    return found.expected / cost - 1


if __name__ == "__main__":
    main()
