"""Columns that no longer go together as they did."""

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene

TOGETHER = 0.1  # correlation from which gaps go together


def permuted(scene: Scene, _: float) -> pd.DataFrame:
    """One column, the one that goes most with the others, is permuted."""
    frame, stream, name = scene.frame(), scene.stream("permuted"), _most_related(scene)
    frame[name] = shuffled(frame[name], stream)
    return frame


def nulls_independent(scene: Scene, _: float) -> pd.DataFrame:
    """Which values are missing no longer depends on the row: as many as before in each column, at random places."""
    frame, stream = scene.frame(), scene.stream("nulls")
    for name in _gaps_that_go_together(scene):
        known = frame[name].dropna()
        if len(known):
            missing = frame[name].isna().to_numpy()
            drawn = known.iloc[stream.integers(len(known), size=len(frame))].reset_index(drop=True)
            frame[name] = frame[name].where(~missing, drawn).mask(stream.permutation(missing))
    return frame


def shuffled(values: pd.Series, stream: np.random.Generator) -> pd.Series:
    """The same values in another order."""
    return values.iloc[stream.permutation(len(values))].reset_index(drop=True)


def ranks(scene: Scene) -> pd.DataFrame:
    """Columns of train that vary, as ranks; a level has the rank of its first appearance."""
    codes = {name: scene.train.numbers(name) if scene.clean.schema[name].kind.is_numeric
             else pd.factorize(scene.train.frame[name])[0] for name in scene.compared}  # fmt: skip
    varied = pd.DataFrame(codes).loc[:, [name for name in codes if scene.distinct(name) > 1]]
    if varied.shape[1] < 2:
        raise NotApplicable("fewer than two columns vary")
    return varied.rank()


def _most_related(scene: Scene) -> str:
    """By the sum of squared rank correlations with all other columns."""
    return str((ranks(scene).corr() ** 2).sum().idxmax())


def _gaps_that_go_together(scene: Scene) -> list[str]:
    """Columns in which values are missing; raises NotApplicable where no two of them go together."""
    gaps = scene.train.frame[scene.clean.schema.modelled].isna()
    gaps = gaps.loc[:, gaps.any() & ~gaps.all()]
    apart = np.abs(gaps.astype(float).corr().to_numpy() - np.eye(gaps.shape[1]))
    by_chance = 4 / np.sqrt(len(gaps))
    if gaps.shape[1] < 2 or apart.max() < max(TOGETHER, by_chance):
        raise NotApplicable("no two columns have gaps that go together")
    return list(gaps)
