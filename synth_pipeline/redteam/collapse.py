"""Generators that narrow down: modes lost, rows repeated, models fed on themselves."""

import numpy as np
import pandas as pd

from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.redteam.scene import Scene
from synth_pipeline.spec.columns import Schema


def modes_lost(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows repeat the 1 % of rows that are nearest to the commonest values."""
    frame, stream = scene.frame(), scene.stream("modes", share)
    typical = np.zeros(len(frame))
    for name in scene.compared:
        values = frame[name].astype("str")
        typical += values.map(values.value_counts()).to_numpy(dtype=float)
    core = np.argsort(-typical, kind="stable")[: max(1, len(frame) // 100)]
    places = stream.permutation(len(frame))[: round(share * len(frame))]
    frame.loc[places] = frame.iloc[stream.choice(core, len(places))].to_numpy()
    return frame.astype(scene.clean.frame.dtypes)


def duplicated(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows repeat other rows, drawn at random."""
    frame, stream = scene.frame(), scene.stream("duplicated", share)
    order = stream.permutation(len(frame))
    gone, left = np.split(order, [round(share * len(frame))])
    frame.loc[gone] = frame.iloc[stream.choice(left, len(gone))].to_numpy()
    return frame.astype(scene.clean.frame.dtypes)


def recursive(scene: Scene, generations: float) -> pd.DataFrame:
    """The default generator, fitted on its own output so many times; text and identifiers stay as they are."""
    from synth_pipeline.generators import Forest

    compared = Schema(columns=tuple(scene.clean.schema[name] for name in scene.compared))
    table = Table(scene.train.frame[compared.names], compared)
    for number in range(int(generations)):
        seed = scene.seed.child("recursive", number)
        table = Forest().fit(Train(table), seed).sample(len(scene.clean), seed)
    frame = scene.frame()
    frame[compared.names] = table.frame
    return frame
