"""Verbatim copies: the plainest leak."""

from dataclasses import replace

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table


def plant_copies(candidates: Table, train: Train, share: float, seed: Seed) -> Table:
    """Replace a share of the candidates, 0 to 1, by training rows drawn at random without replacement."""
    stream = seed.stream()
    count = min(round(share * len(candidates)), len(train.table))
    places = stream.permutation(len(candidates))[:count]
    rows = stream.permutation(len(train.table))[:count]
    columns = candidates.schema.modelled
    frame = candidates.frame.copy()
    stays = np.ones(len(frame), bool)
    stays[places] = False
    planted = train.table.frame[columns].iloc[rows].set_axis(places)
    modelled = pd.concat([frame.loc[stays, columns], planted]).sort_index()
    frame[columns] = modelled
    return replace(candidates, frame=frame)
