"""Whole records of train in the synthetic table: verbatim, blurred, or the most unusual ones."""

from dataclasses import replace

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table, from_numbers
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
    rows = scene.records(share, stream)
    for name in scene.numeric:
        column = scene.clean.schema[name]
        if column.kind is not Kind.DATETIME:
            numbers = Table(rows, scene.clean.schema).numbers(name)
            digits = 10.0 ** (np.floor(np.log10(np.maximum(np.abs(numbers), 1e-300))) - 1)
            rows[name] = from_numbers(np.where(numbers == 0, 0, np.round(numbers / digits) * digits), column)
    return scene.replaced(rows, stream)


def outliers(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are the most unusual train records, as they are."""
    stream = scene.stream("outliers", share)
    return scene.replaced(_unusual(scene, share), stream)


def jittered_outliers(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are the most unusual train records, their numbers moved by 2 % of a standard deviation."""
    stream = scene.stream("jittered outliers", share)
    return scene.replaced(blurred(scene, _unusual(scene, share), stream), stream)


def all_of_train(scene: Scene, _: float) -> pd.DataFrame:
    """The synthetic table is train."""
    return scene.train.frame.copy()


def of_both_sides(scene: Scene, share: float) -> pd.DataFrame:
    """The generator saw the holdout too: records of both sides, which only rows that it never saw can show."""
    stream = scene.stream("both sides", share)
    both = pd.concat([scene.records(share / 2, stream), scene.holdout.frame.sample(
        max(1, min(round(share / 2 * len(scene.clean)), len(scene.holdout))), random_state=stream)])  # fmt: skip
    return scene.replaced(both.reset_index(drop=True), stream)


def canary(scene: Scene, times: float) -> pd.DataFrame:
    """One odd record of train occurs many times."""
    stream = scene.stream("canary")
    odd = _unusual(scene, 1 / len(scene.clean)).iloc[[0] * int(times)].reset_index(drop=True)
    return scene.replaced(odd, stream)


def blurred(scene: Scene, rows: pd.DataFrame, stream: np.random.Generator) -> pd.DataFrame:
    """Rows whose numbers moved a little."""
    out = rows.copy()
    for name in scene.numeric:
        column = scene.clean.schema[name]
        numbers = Table(rows, scene.clean.schema).numbers(name)
        spread = float(np.nanstd(scene.train.numbers(name)))
        moved = numbers + NOISE * spread * stream.standard_normal(len(numbers))
        out[name] = from_numbers(np.round(moved / column.grid) * column.grid if column.grid else moved, column)
    return out


def plant_copies(candidates: Table, train: Train, share: float, seed: Seed) -> Table:
    """Replace a share of the candidates, 0 to 1, by training rows drawn at random without replacement."""
    stream = seed.stream()
    count = min(round(share * len(candidates)), len(train.table))
    scene = Scene(train.table, train.table, candidates, seed=seed)
    rows = train.table.frame.iloc[stream.permutation(len(train.table))[:count]]
    return replace(candidates, frame=scene.replaced(rows, stream))


def _unusual(scene: Scene, share: float) -> pd.DataFrame:
    """Train records with the rarest levels and the most extreme numbers, a standard deviation counting one nat."""
    oddness = np.zeros(len(scene.train))
    for name in scene.compared:
        values = scene.train.frame[name]
        if scene.clean.schema[name].kind.is_numeric:
            numbers = scene.train.numbers(name)
            centred = np.abs(numbers - np.nanmedian(numbers)) / (np.nanstd(numbers) or 1.0)
            oddness += np.nan_to_num(centred)
        else:
            oddness += -np.log(values.map(values.value_counts(normalize=True)).fillna(1).to_numpy(dtype=float))
    count = min(max(1, round(share * len(scene.clean))), len(scene.train))
    return scene.train.frame.iloc[np.argsort(-oddness, kind="stable")[:count]].reset_index(drop=True)
