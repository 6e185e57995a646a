"""Columns that no longer go together as they did."""

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind


def permuted(scene: Scene, _: float) -> pd.DataFrame:
    """One column, the one that goes most with the others, is permuted."""
    frame, stream, name = scene.frame(), scene.stream("permuted"), _most_related(scene)
    frame[name] = frame[name].iloc[stream.permutation(len(frame))].to_numpy()
    return frame


def labels_swapped(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows take the target of another row."""
    frame, stream, target = scene.frame(), scene.stream("labels", share), _target(scene)
    places = np.flatnonzero(stream.random(len(frame)) < 2 * share)
    frame.loc[places, target] = frame[target].iloc[stream.permutation(places)].to_numpy()
    return frame


def labels_imbalanced(scene: Scene, factor: float) -> pd.DataFrame:
    """The rarest class of the target is thinned out by this factor."""
    frame, stream, target = scene.frame(), scene.stream("imbalance", factor), _target(scene)
    rarest = frame[target].value_counts().index[-1]
    thinned = ((frame[target] == rarest) & (stream.random(len(frame)) < 1 - factor)).to_numpy()
    frame.loc[thinned] = frame.iloc[stream.choice(np.flatnonzero(~thinned), int(thinned.sum()))].to_numpy()
    return frame.astype(scene.clean.frame.dtypes)


def bias_amplified(scene: Scene, factor: float) -> pd.DataFrame:
    """In one group, half of the rows with the target's rarest class lose it; the rate over all is kept."""
    frame, stream, target = scene.frame(), scene.stream("bias", factor), _target(scene)
    group = next((name for name in scene.sensitive if name in scene.nominal), None)
    if group is None:
        raise NotApplicable("no nominal column is declared sensitive")
    counts = frame[group].value_counts()
    level = counts.index[min(1, len(counts) - 1)]
    classes = frame[target].value_counts()
    inside, rare = (frame[group] == level).to_numpy(), (frame[target] == classes.index[-1]).to_numpy()
    losing = np.flatnonzero(inside & rare & (stream.random(len(frame)) < factor))
    gaining = stream.permutation(np.flatnonzero(~inside & ~rare))[: len(losing)]
    frame.loc[losing, target], frame.loc[gaining, target] = classes.index[0], classes.index[-1]
    return frame


def nulls_independent(scene: Scene, _: float) -> pd.DataFrame:
    """Which values are missing no longer depends on the row."""
    frame, stream = scene.frame(), scene.stream("nulls")
    gaps = [name for name in scene.compared if scene.train.frame[name].isna().any()]
    if len(gaps) < 2:
        raise NotApplicable("fewer than two columns have missing values")
    for name in gaps:
        missing = frame[name].isna().to_numpy()[stream.permutation(len(frame))]
        known = frame[name].dropna()
        filled = frame[name].where(
            frame[name].notna(), known.iloc[stream.integers(len(known), size=len(frame))].to_numpy()
        )
        frame[name] = filled.mask(missing)
    return frame


def time_order_broken(scene: Scene, _: float) -> pd.DataFrame:
    """Moments are permuted, so that nothing goes with time any more."""
    frame, stream = scene.frame(), scene.stream("time")
    for name in scene.of(Kind.DATETIME):
        frame[name] = frame[name].iloc[stream.permutation(len(frame))].to_numpy()
    return frame


def _target(scene: Scene) -> str:
    if scene.target is None or scene.target not in scene.nominal:
        raise NotApplicable("no target of classes is declared")
    return scene.target


def _most_related(scene: Scene) -> str:
    """By the sum of squared rank correlations with all other columns."""
    codes = pd.DataFrame({name: scene.train.frame[name] if name in scene.numeric
                          else pd.factorize(scene.train.frame[name])[0] for name in scene.compared})  # fmt: skip
    strength = (codes.corr("spearman", numeric_only=False) ** 2).sum()
    return str(strength.idxmax())
