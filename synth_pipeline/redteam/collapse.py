"""Generators that narrow down: modes lost, rows repeated, models fed on themselves."""

import numpy as np
import pandas as pd

from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.redteam.distributions import without
from synth_pipeline.redteam.outliers import commonness, oddness
from synth_pipeline.redteam.scene import Scene
from synth_pipeline.spec.columns import Schema

CORE = 0.01  # share of the rows that the others collapse into


def modes_lost(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows repeat the 1 % of rows that have the commonest values."""
    stream, frame = scene.stream("modes", share), scene.clean.frame
    typical = np.sum([commonness(frame[name], frame[name]) for name in scene.compared], axis=0)
    core = np.argsort(-typical, kind="stable")[: max(1, round(CORE * len(typical)))]
    places = scene.places(share, stream)
    return scene.repeated(places, stream.choice(core, len(places)))


def rare_kinds_dropped(scene: Scene, share: float) -> pd.DataFrame:
    """The share of the rows that are most unusual is not there: others are repeated instead."""
    rank = np.argsort(np.argsort(-oddness(scene, scene.clean), kind="stable"))
    return without(scene, rank < max(1, round(share * len(rank))), scene.stream("rare kinds", share))


def duplicated(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows repeat other rows, drawn at random; identifiers stay their own."""
    stream, gone = scene.stream("duplicated", share), np.zeros(len(scene.clean), bool)
    gone[scene.places(share, stream)] = True
    return without(scene, gone, stream)


def recursive(scene: Scene, generations: float) -> pd.DataFrame:
    """The default generator, fitted on its own output so many times; text and identifiers stay as they are."""
    from synth_pipeline.generators import Forest

    compared = Schema(columns=tuple(scene.clean.schema[name] for name in scene.compared))
    table = Table(scene.train.frame[compared.names], compared)
    for number in range(int(generations)):
        seed = scene.seed.child("recursive", number)
        table = Forest().fit(Train(table), seed.child("fit")).sample(len(scene.clean), seed.child("sample"))
    frame = scene.frame()
    frame[compared.names] = table.frame
    return frame
