"""Whole records of train in the synthetic table: verbatim, blurred or rounded."""

from dataclasses import replace

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.redteam.grid import snapped
from synth_pipeline.redteam.scene import Scene
from synth_pipeline.spec.columns import Kind

NOISE = 0.02  # standard deviations


def verbatim(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are train records as they are."""
    stream = scene.stream("verbatim", share)
    return scene.replaced(scene.records(share, stream), stream)


def jittered(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are train records whose numbers moved by 2 % of a standard deviation, on their grid."""
    stream = scene.stream("jittered", share)
    return scene.replaced(blurred(scene, scene.records(share, stream), stream), stream)


def rounded(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are train records whose numbers are rounded to two significant digits."""
    stream = scene.stream("rounded", share)
    rows = Table(scene.records(share, stream), scene.clean.schema)
    frame = rows.frame.copy()
    for name in scene.of(Kind.INTEGER, Kind.DECIMAL):
        column = scene.clean.schema[name]
        frame[name] = from_numbers(snapped(_two_digits(rows.numbers(name)), column), column)
    return scene.replaced(frame, stream)


def all_of_train(scene: Scene, _: float) -> pd.DataFrame:
    """The synthetic table is train: as many rows, and under the same identifiers."""
    return scene.train.frame.copy()


def of_both_sides(scene: Scene, share: float) -> pd.DataFrame:
    """The generator saw the holdout too: records of both sides, which only rows that it never saw can show."""
    stream = scene.stream("both sides", share)
    both = pd.concat([scene.records(share / 2, stream), scene.holdout.frame.sample(
        max(1, min(round(share / 2 * len(scene.clean)), len(scene.holdout))), random_state=stream)])  # fmt: skip
    return scene.replaced(both.reset_index(drop=True), stream)


def blurred(scene: Scene, rows: pd.DataFrame, stream: np.random.Generator) -> pd.DataFrame:
    """Rows whose numbers moved by ``NOISE``, on their grid."""
    table, out = Table(rows, scene.clean.schema), rows.copy()
    for name in scene.numeric:
        column, numbers = scene.clean.schema[name], table.numbers(name)
        moved = numbers + NOISE * scene.spread(name) * stream.standard_normal(len(numbers))
        out[name] = from_numbers(snapped(moved, column), column)
    return out


def plant_copies(candidates: Table, train: Train, share: float, seed: Seed) -> Table:
    """Replace a share of the candidates, 0 to 1, by training rows drawn at random without replacement."""
    stream = seed.stream()
    count = min(round(share * len(candidates)), len(train.table))
    scene = Scene(train.table, train.table, candidates, seed=seed)
    rows = train.table.frame.iloc[stream.permutation(len(train.table))[:count]]
    return replace(candidates, frame=scene.replaced(rows, stream))


def _two_digits(numbers: np.ndarray) -> np.ndarray:
    """Numbers rounded to two significant digits."""
    size = np.floor(np.log10(np.where(numbers == 0, 1, np.abs(numbers))))
    step = 10.0 ** np.abs(size - 1)  # dividing by whole powers of ten gives the floats that people write
    return np.where(size < 1, np.round(numbers * step) / step, np.round(numbers / step) * step)
