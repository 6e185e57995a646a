"""Columns whose distributions are off."""

import numpy as np
import pandas as pd

from synth_pipeline.core.table import from_numbers
from synth_pipeline.redteam.grid import dithered, snapped
from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

RARE = (0.005, 0.05)  # shares of a level that counts as rare
WIDEST = 3  # numeric columns whose tails are cut


def shifted(scene: Scene, deviations: float) -> pd.DataFrame:
    """The numeric column with most values has moved by so many standard deviations, on its grid.

    A column of few values moves from one to the next in some of the rows, as far as its largest value lets it.
    """
    name, stream = widest(scene)[0], scene.stream("shifted", deviations)
    moved = scene.clean.numbers(name) + deviations * scene.spread(name)
    frame = scene.frame()
    frame[name] = from_numbers(dithered(moved, scene.train, name, stream), scene.clean.schema[name])
    return frame


def tail_dropped(scene: Scene, share: float) -> pd.DataFrame:
    """Rows in the upper tail of any of the three numeric columns with most values repeat rows of the others."""
    stream, beyond = scene.stream("tail", share), np.zeros(len(scene.clean), bool)
    for name in widest(scene)[:WIDEST]:
        beyond |= scene.clean.numbers(name) > np.nanquantile(scene.train.numbers(name), 1 - share)
    if not beyond.any():
        raise NotApplicable("no number lies in a tail")
    return without(scene, beyond, stream)


def rare_category_dropped(scene: Scene, _: float) -> pd.DataFrame:
    """The commonest of the rare levels never occurs: its rows repeat others."""
    name, level = _rare_level(scene)
    return without(scene, scene.clean.frame[name].isin([level]).to_numpy(), scene.stream("rare"))


def noise(scene: Scene, _: float) -> pd.DataFrame:
    """Every column is drawn evenly over its range or its levels, on its own."""
    frame, stream = scene.frame(), scene.stream("noise")
    for name in scene.compared:
        column, real = scene.clean.schema[name], scene.train.frame[name].dropna()
        if column.kind.is_numeric and len(real):
            numbers = scene.train.numbers(name)
            drawn = stream.uniform(np.nanmin(numbers), np.nanmax(numbers), len(frame))
            frame[name] = from_numbers(snapped(drawn, column), column)
        elif len(real):
            frame[name] = pd.Series(stream.choice(np.sort(real.unique()), len(frame))).astype(frame[name].dtype)
    return frame


def without(scene: Scene, gone: np.ndarray, stream: np.random.Generator) -> pd.DataFrame:
    """The clean rows, of which those under the mask repeat others, drawn at random."""
    places, left = np.flatnonzero(gone), np.flatnonzero(~gone)
    if not len(left):
        raise NotApplicable("no row would be left")
    return scene.repeated(places, stream.choice(left, len(places)))


def widest(scene: Scene) -> list[str]:
    """Numeric columns with two values or more, those with most values first, and dates last."""
    counts = {name: scene.distinct(name) for name in scene.numeric}
    names = [name for name, count in counts.items() if count > 1]
    if not names:
        raise NotApplicable("no number varies")
    return sorted(names, key=lambda name: (scene.clean.schema[name].kind is Kind.DATETIME, -counts[name]))


def _rare_level(scene: Scene) -> tuple[str, object]:
    """The commonest level that is rare, of all columns."""
    found = [(share, name, level) for name in scene.nominal
             for level, share in scene.train.frame[name].value_counts(normalize=True).items()
             if RARE[0] <= share <= RARE[1]]  # fmt: skip
    if not found:
        raise NotApplicable(f"no level has a share between {RARE[0]:.1%} and {RARE[1]:.0%}")
    _, name, level = max(found, key=lambda one: (one[0], one[1], str(one[2])))
    return name, level
