"""The cases of the board: clean tables and planted faults, each a folder of Parquet files."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tables import TARGETS, load

from synth_pipeline.core.seeds import Seed
from synth_pipeline.redteam import FAULTS, NotApplicable, Scene

CLEAN = "clean"
FEW = 10  # a number with fewer values than this is taken for levels, as SynthEval infers it


@dataclass(frozen=True, slots=True)
class Case:
    """A synthetic table with or without fault; ``digest`` names the contents of all three tables."""

    table: str
    fault: str
    seed: int
    folder: Path
    digest: str


def scene(table: str, rows: int, seed: int) -> Scene:
    """Three disjoint random parts of a real table, of equal size."""
    real = load(table)
    parts = np.split(Seed(seed, ("scoreboard",)).stream().permutation(len(real))[: 3 * rows], 3)
    train, holdout, clean = (real.take(part) for part in parts)
    return Scene(train, holdout, clean, _target(table), seed=Seed(seed, ("scoreboard", "faults")))


def planted(table: str, rows: int, seed: int, names: Sequence[str], scratch: Path) -> Iterator[Case]:
    """The clean table of a seed and those of these faults that the table has columns for, written to folders."""
    clean = scene(table, rows, seed)
    yield _written(clean, clean.frame(), table, CLEAN, seed, scratch)
    for fault in (fault for name in names for fault in FAULTS if fault.name == name):
        try:
            yield _written(clean, fault.planted(clean), table, fault.name, seed, scratch)
        except NotApplicable:
            continue


def _target(table: str) -> str:
    return ({"randhie": "hlthg"} | TARGETS)[table]


def _written(scene: Scene, synthetic: pd.DataFrame, table: str, fault: str, seed: int, scratch: Path) -> Case:
    folder = scratch / table / str(seed) / "".join(letter if letter.isalnum() else "_" for letter in fault)
    folder.mkdir(parents=True)
    frames = {"train": scene.train.frame, "holdout": scene.holdout.frame, "synthetic": synthetic}
    for part, frame in frames.items():
        frame.to_parquet(folder / f"{part}.parquet", index=False)
    few = scene.train.frame.nunique() < FEW
    nominal = [one.name for one in scene.train.schema.columns if one.kind.is_nominal or few[one.name]]
    numeric = [name for name in scene.train.schema.names if name not in nominal]
    (folder / "meta.json").write_text(json.dumps({"target": scene.target, "nominal": nominal, "numeric": numeric}))
    rows = [pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes() for frame in frames.values()]
    return Case(table, fault, seed, folder, hashlib.sha256(b"".join(rows)).hexdigest()[:16])
