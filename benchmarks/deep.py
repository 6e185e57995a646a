"""The generators on neural networks: with and without their parts, and their training curves.

    python benchmarks/deep.py [--steps N] [TABLE ...]

Needs the extra 'deep'.  Tables and referee as in ``generators.py``.  CPU time is of fit and sample together, on one
thread, and is shown as a ratio to ``marginals`` too; one seed (0), as many synthetic rows as train rows.  ``--steps``
bounds the training of all.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from generators import MEASURES, Split, splits

from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.threads import pinned
from synth_pipeline.generators.diffusion import Diffusion
from synth_pipeline.generators.gan import Gan
from synth_pipeline.generators.marginals import Marginals
from synth_pipeline.generators.protocol import Generator

BASELINE = "marginals"
COLUMNS = (*MEASURES, "cpu s", "cpu ratio")
SHOWN = 8  # points of a curve


def variants(bound: dict[str, int]) -> dict[str, Generator]:
    """What is compared, by name."""
    return {
        BASELINE: Marginals(),
        "gan": Gan.model_validate(bound),
        "gan, no condition": Gan.model_validate({"conditional": False, **bound}),
        "gan, no candidates": Gan.model_validate({"candidates": 1, **bound}),
        "diffusion": Diffusion.model_validate(bound),
    }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("tables", nargs="*")
    asked.add_argument("--steps", type=int)
    options = asked.parse_args()
    folder = Path(os.environ["SYNTH_BENCH"]) if os.environ.get("SYNTH_BENCH") else None
    with tempfile.TemporaryDirectory() as scratch:
        for split in splits(folder, Path(scratch)):
            if not options.tables or split.name in options.tables:
                _compare(split, Path(scratch), {"steps": options.steps} if options.steps else {})


def _compare(split: Split, scratch: Path, bound: dict[str, int]) -> None:
    _, real = read_real({"train": split.train})
    table, base, curves = real["train"], None, {}
    print(f"\n{split.name}: {len(table):,} train rows, seed 0")
    print(f"{'generator':<22}" + "".join(f"{column:>11}" for column in COLUMNS))
    for label, spec in variants(bound).items():
        out = scratch / f"deep_{split.name}.parquet"
        start = time.process_time()
        with pinned():
            sampler: Any = spec.fit(Train(table), Seed(0, ("fit",)))
            made = sampler.sample(len(table), Seed(0, ("sample",)))
        seconds = time.process_time() - start
        made.frame.to_parquet(out, index=False)
        base, curves[label] = base or seconds, getattr(sampler, "curve", np.empty(0))
        row = split.measure(out) | {"cpu s": seconds, "cpu ratio": seconds / base}
        shown = (f"{row[column]:>11.4g}" if column in row else f"{'-':>11}" for column in COLUMNS)
        print(f"{label:<22}" + "".join(shown), flush=True)
    for label, curve in curves.items():
        _print_curve(label, curve)


def _print_curve(label: str, curve: np.ndarray) -> None:
    """A few points of it, and the best."""
    if not len(curve):
        return
    places = np.unique(np.r_[np.linspace(0, len(curve) - 1, SHOWN).astype(int), curve["validation"].argmin()])
    print(f"\n{label}: {'step':>8}{'epoch':>9}{'train':>10}{'validation':>12}")
    for point in curve[places]:
        best = " best" if point["validation"] == curve["validation"].min() else ""
        shown = f"{point['step']:>8}{point['epoch']:>9.1f}{point['train']:>10.4f}{point['validation']:>12.4f}"
        print(f"{'':<{len(label) + 2}}{shown}{best}")


if __name__ == "__main__":
    main()
