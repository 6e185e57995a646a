"""Parts of train records in the synthetic table, which no distance between whole rows sees."""

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

SHARE = 0.01  # of the rows


def redrawn(scene: Scene, columns: float) -> pd.DataFrame:
    """1 % of the rows are train records of which so many columns, others in each row, come from other rows."""
    stream = scene.stream("redrawn", columns)
    names = scene.compared
    if len(names) <= columns:
        raise NotApplicable(f"the table has no more than {columns:g} columns")
    rows = scene.records(SHARE, stream)
    changed = stream.random((len(rows), len(names))).argsort(1) < columns
    for place, name in enumerate(names):
        other = scene.clean.frame[name].iloc[stream.integers(len(scene.clean), size=len(rows))].reset_index(drop=True)
        rows[name] = rows[name].where(~changed[:, place], other)
    return scene.replaced(rows, stream)


def under_new_ids(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are train records under identifiers of their own."""
    stream = scene.stream("new ids", share)
    names = scene.of(Kind.IDENTIFIER)
    frame = scene.replaced(scene.records(share, stream), stream)
    for name in names:
        frame[name] = [f"new-{number}" for number in stream.permutation(10 * len(frame))[: len(frame)]]
    return frame


def secret_on_others(scene: Scene, share: float) -> pd.DataFrame:
    """The unusual half of one train record is copied onto a share of the rows, which keep their other half."""
    stream = scene.stream("secret", share)
    frame, names = scene.frame(), np.array(scene.compared, object)
    victim = scene.train.frame.iloc[int(stream.integers(len(scene.train)))]
    secret = stream.permutation(names)[: max(1, len(names) // 2)]
    places = stream.permutation(len(frame))[: max(1, round(share * len(frame)))]
    for name in secret:
        frame.loc[places, name] = victim[name]
    return frame


def reused_keys(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows carry identifiers of train records."""
    stream = scene.stream("keys", share)
    frame = scene.frame()
    for name in scene.of(Kind.IDENTIFIER):
        count = min(round(share * len(frame)), len(scene.train))
        places = stream.permutation(len(frame))[:count]
        frame.loc[places, name] = scene.train.frame[name].iloc[stream.permutation(len(scene.train))[:count]].to_numpy()
    return frame
