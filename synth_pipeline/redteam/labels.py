"""Targets that are wrong: for some rows, for one class, or for one group."""

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene

LEAST = 0.01  # share of train below which a class or group is too rare to be made rarer


def swapped(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows, as far as there are such pairs, have swapped their target with a row of another class."""
    frame, stream, target = scene.frame(), scene.stream("labels", share), _target(scene)
    pairs = stream.permutation(len(frame))[: len(frame) // 2 * 2].reshape(2, -1)
    classes = pd.factorize(frame[target], use_na_sentinel=False)[0]
    pairs = pairs[:, classes[pairs[0]] != classes[pairs[1]]][:, : max(1, round(share * len(frame) / 2))]
    if not pairs.size:
        raise NotApplicable("the target has one class")
    order = np.arange(len(frame))
    order[pairs] = order[pairs[::-1]]
    frame[target] = frame[target].iloc[order].reset_index(drop=True)
    return frame


def imbalanced(scene: Scene, factor: float) -> pd.DataFrame:
    """The rarest class of the target is thinned out by this factor: its rows repeat rows of other classes."""
    stream, target = scene.stream("imbalance", factor), _target(scene)
    rarest = scene.clean.frame[target].isin([_classes(scene, target)[-1]]).to_numpy()
    places = stream.permutation(np.flatnonzero(rarest))[: round((1 - factor) * rarest.sum())]
    others = np.flatnonzero(~rarest)
    return scene.repeated(places, stream.choice(others, len(places)))


def bias_amplified(scene: Scene, factor: float) -> pd.DataFrame:
    """In one group, a share of the rows of the target's rarest class become of the commonest class.

    As many rows outside of the group change the other way, so that the rate over all is kept.
    """
    frame, stream, target = scene.frame(), scene.stream("bias", factor), _target(scene)
    common, rare = _classes(scene, target)[[0, -1]]
    inside = _group(scene, target)
    losing = np.flatnonzero(inside & frame[target].isin([rare]).to_numpy())
    losing = stream.permutation(losing)[: round(factor * len(losing))]
    gaining = stream.permutation(np.flatnonzero(~inside & frame[target].isin([common]).to_numpy()))[: len(losing)]
    if not len(gaining):
        raise NotApplicable("no row of the group has the rarest class")
    frame.loc[losing[: len(gaining)], target], frame.loc[gaining, target] = common, rare
    return frame


def _target(scene: Scene) -> str:
    """The target, if it has classes: levels, or two numbers."""
    if scene.target not in scene.compared:
        raise NotApplicable("no target is declared")
    if scene.clean.schema[scene.target].kind.is_numeric and scene.distinct(scene.target) != 2:
        raise NotApplicable("the target has no classes")
    return scene.target


def _classes(scene: Scene, name: str) -> np.ndarray:
    """Levels that are not too rare, the commonest first; raises NotApplicable where there is only one."""
    shares = scene.train.frame[name].value_counts(normalize=True)
    levels = shares.index[shares >= LEAST].to_numpy(object)
    if len(levels) < 2:
        raise NotApplicable(f"column {name!r} has fewer than two levels that are not too rare")
    return levels


def _group(scene: Scene, target: str) -> np.ndarray:
    """Rows of the second commonest level of a sensitive column, or else of the first nominal one that has two."""
    names = [*(name for name in scene.sensitive if name in scene.nominal), *scene.nominal]
    for name in names:
        if name != target and (scene.train.frame[name].value_counts(normalize=True) >= LEAST).sum() > 1:
            return scene.clean.frame[name].isin([_classes(scene, name)[1]]).to_numpy()
    raise NotApplicable("no column has groups")
