"""The most unusual records of train in the synthetic table: those whose subjects are easiest to recognise."""

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.redteam.copies import blurred
from synth_pipeline.redteam.scene import Scene


def copied(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are the most unusual train records, as they are."""
    stream = scene.stream("outliers", share)
    return scene.replaced(_unusual(scene, share), stream)


def jittered(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are the most unusual train records, their numbers moved by 2 % of a standard deviation."""
    stream = scene.stream("jittered outliers", share)
    return scene.replaced(blurred(scene, _unusual(scene, share), stream), stream)


def canary(scene: Scene, times: float) -> pd.DataFrame:
    """The most unusual train record occurs so many times."""
    stream = scene.stream("canary")
    odd = _unusual(scene, 1 / len(scene.clean)).iloc[[0] * int(times)].reset_index(drop=True)
    return scene.replaced(odd, stream)


def oddness(scene: Scene, table: Table) -> np.ndarray:
    """How unusual each row is among train records, in nats.

    The sum over columns of the surprise at a level that train has, or of the distance of a number from the median in
    standard deviations; missing values count nothing.
    """
    total = np.zeros(len(table))
    for name in scene.compared:
        values, real = table.frame[name], scene.train.frame[name]
        if not scene.clean.schema[name].kind.is_numeric:
            shares = commonness(values, real)
            total -= np.log(np.where(shares > 0, shares, 1))
        elif spread := scene.spread(name):
            middle = np.nanmedian(scene.train.numbers(name))
            total += np.nan_to_num(np.abs(table.numbers(name) - middle) / spread)
    return total


def commonness(values: pd.Series, among: pd.Series) -> np.ndarray:
    """The share of rows of ``among`` that hold each of these values; 0 for missing ones."""
    codes = pd.factorize(pd.concat([among, values], ignore_index=True))[0] + 1
    counts = np.bincount(codes[: len(among)], minlength=codes.max(initial=0) + 1)
    counts[0] = 0  # the code of missing values
    return counts[codes[len(among) :]] / max(1, len(among))


def _unusual(scene: Scene, share: float) -> pd.DataFrame:
    """The most unusual train records, as many as this share of the synthetic rows."""
    count = min(max(1, round(share * len(scene.clean))), len(scene.train))
    order = np.argsort(-oddness(scene, scene.train), kind="stable")
    return scene.train.frame.iloc[order[:count]].reset_index(drop=True)
