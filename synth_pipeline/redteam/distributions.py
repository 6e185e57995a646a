"""Columns whose distributions are off."""

import numpy as np
import pandas as pd

from synth_pipeline.core.table import from_numbers
from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

RARE = (0.005, 0.05)  # shares of a level that counts as rare


def shifted(scene: Scene, deviations: float) -> pd.DataFrame:
    """The numeric column with most values has moved by so many standard deviations."""
    name = _widest(scene)
    frame, numbers = scene.frame(), scene.clean.numbers(name)
    frame[name] = from_numbers(numbers + deviations * np.nanstd(scene.train.numbers(name)), scene.clean.schema[name])
    return frame


def tail_dropped(scene: Scene, share: float) -> pd.DataFrame:
    """Rows in the upper tail of any of the three widest numeric columns are redrawn from the other rows."""
    frame, stream = scene.frame(), scene.stream("tail", share)
    beyond = np.zeros(len(frame), bool)
    for name in _by_width(scene)[:3]:
        beyond |= scene.clean.numbers(name) > np.nanquantile(scene.train.numbers(name), 1 - share)
    inside = np.flatnonzero(~beyond)
    frame.loc[beyond] = frame.iloc[stream.choice(inside, int(beyond.sum()))].to_numpy()
    return frame.astype(scene.clean.frame.dtypes)


def rare_category_dropped(scene: Scene, _: float) -> pd.DataFrame:
    """The commonest of the rare levels of a column never occurs: its rows are redrawn from the others."""
    name, level = _rare_level(scene)
    frame, stream = scene.frame(), scene.stream("rare")
    gone = (frame[name].astype("str") == level).to_numpy()
    frame.loc[gone] = frame.iloc[stream.choice(np.flatnonzero(~gone), int(gone.sum()))].to_numpy()
    return frame.astype(scene.clean.frame.dtypes)


def constant(scene: Scene, _: float) -> pd.DataFrame:
    """The numeric column with most values has a single one."""
    frame, name = scene.frame(), _widest(scene)
    frame[name] = frame[name].dropna().sort_values().iloc[len(frame[name].dropna()) // 2]
    return frame


def noise(scene: Scene, _: float) -> pd.DataFrame:
    """Every column is drawn evenly over its range or its levels, on its own."""
    frame, stream = scene.frame(), scene.stream("noise")
    for name in scene.compared:
        column, real = scene.clean.schema[name], scene.train.frame[name].dropna()
        if column.kind.is_numeric and len(real):
            numbers = scene.train.numbers(name)
            drawn = stream.uniform(np.nanmin(numbers), np.nanmax(numbers), len(frame))
            frame[name] = from_numbers(np.round(drawn / column.grid) * column.grid if column.grid else drawn, column)
        elif len(real):
            frame[name] = pd.Series(stream.choice(np.sort(real.unique()), len(frame))).astype(frame[name].dtype)
    return frame


def unseen_category(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows have a level that no real row has."""
    name = scene.of(Kind.CATEGORY)[0]
    frame, stream = scene.frame(), scene.stream("unseen", share)
    frame.loc[stream.random(len(frame)) < share, name] = "a level that nobody has"
    return frame


def wrong_type(scene: Scene, share: float) -> pd.DataFrame:
    """Some values of a numeric column are text."""
    name = scene.numeric[0]
    frame, stream = scene.frame(), scene.stream("type", share)
    frame[name] = frame[name].astype("object").mask(stream.random(len(frame)) < share, "unknown")
    return frame


def _by_width(scene: Scene) -> list[str]:
    return sorted(scene.numeric, key=lambda name: -scene.train.frame[name].nunique())


def _widest(scene: Scene) -> str:
    return _by_width(scene)[0]


def _rare_level(scene: Scene) -> tuple[str, str]:
    """The commonest level that is rare, of all columns."""
    found = [(share, name, str(level)) for name in scene.nominal
             for level, share in scene.train.frame[name].astype("str").value_counts(normalize=True).items()
             if RARE[0] <= share <= RARE[1]]  # fmt: skip
    if not found:
        raise NotApplicable(f"no level has a share between {RARE[0]:.1%} and {RARE[1]:.0%}")
    return max(found)[1:]
