"""Moments that cannot be."""

import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind


def out_of_range(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows lie as far beyond the last real moment as the real ones span."""
    name = scene.of(Kind.DATETIME)[0]
    frame, stream = scene.frame(), scene.stream("range", share)
    real = scene.train.frame[name].dropna()
    late = stream.random(len(frame)) < share
    frame[name] = frame[name].mask(late, frame[name] + (real.max() - real.min()))
    return frame


def end_before_start(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows have the two ends of a span swapped."""
    first, second = _span(scene)
    frame, stream = scene.frame(), scene.stream("order", share)
    swapped = stream.random(len(frame)) < share
    start, end = frame[first].copy(), frame[second].copy()
    frame[first], frame[second] = start.mask(swapped, end), end.mask(swapped, start)
    return frame


def _span(scene: Scene) -> tuple[str, str]:
    names = scene.of(Kind.DATETIME)
    for first in names:
        for second in names:
            both = scene.train.frame[[first, second]].dropna() if first != second else pd.DataFrame()
            if len(both) and (both[first] <= both[second]).mean() > 0.99:
                return first, second
    raise NotApplicable("no moment always comes before another")
