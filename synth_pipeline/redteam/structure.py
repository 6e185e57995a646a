"""Columns that hold what cannot be in them."""

import pandas as pd

from synth_pipeline.redteam.distributions import widest
from synth_pipeline.redteam.scene import Scene
from synth_pipeline.spec.columns import Kind

UNSEEN = "a level that nobody has"


def constant(scene: Scene, _: float) -> pd.DataFrame:
    """The numeric column with most values has a single one, the median of train."""
    frame, name = scene.frame(), widest(scene)[0]
    known = scene.train.frame[name].dropna().sort_values()
    frame[name] = pd.Series([known.iloc[len(known) // 2]] * len(frame), dtype=frame[name].dtype)
    return frame


def unseen_category(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows have a level that no real row has."""
    name = scene.of(Kind.CATEGORY)[0]
    frame, stream = scene.frame(), scene.stream("unseen", share)
    frame.loc[scene.places(share, stream), name] = UNSEEN
    return frame


def wrong_type(scene: Scene, share: float) -> pd.DataFrame:
    """Some values of a numeric column are words."""
    name = scene.of(Kind.INTEGER, Kind.DECIMAL)[0]
    frame, stream = scene.frame(), scene.stream("type", share)
    frame[name] = frame[name].astype("object")
    frame.loc[scene.places(share, stream), name] = "unknown"
    return frame
