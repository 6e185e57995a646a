"""Moments that cannot be, or that no longer go with anything."""

import pandas as pd

from synth_pipeline.core.table import from_numbers
from synth_pipeline.redteam.associations import ranks, shuffled
from synth_pipeline.redteam.grid import snapped
from synth_pipeline.redteam.scene import NotApplicable, Scene
from synth_pipeline.spec.columns import Kind

ORDERED = 0.99  # share of train records from which one moment comes before another by rule
RELATED = 0.2  # rank correlation from which a moment goes with a number


def out_of_range(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows have a moment that has moved on by all that train spans, and lies beyond its last one."""
    name = next((name for name in scene.of(Kind.DATETIME) if scene.distinct(name) > 1), None)
    if name is None:
        raise NotApplicable("no moment varies")
    frame, stream, real = scene.frame(), scene.stream("range", share), scene.train.frame[name]
    places = scene.places(share, stream, frame[name].notna().to_numpy())
    frame.loc[places, name] += real.max() - min(real.min(), frame[name].min()) + pd.Timedelta(days=1)
    return frame


def end_before_start(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows have start and end of a span swapped."""
    start, end = _span(scene)
    frame, stream = scene.frame(), scene.stream("order", share)
    places = scene.places(share, stream, (frame[start] < frame[end]).to_numpy())
    for name, other in ((start, end), (end, start)):
        column, numbers = scene.clean.schema[name], scene.clean.numbers(name)
        numbers[places] = snapped(scene.clean.numbers(other)[places], column)
        frame[name] = from_numbers(numbers, column)
    return frame


def order_broken(scene: Scene, _: float) -> pd.DataFrame:
    """The moment that goes most with a number or another moment is permuted, so that nothing goes with it any more."""
    names = scene.of(Kind.DATETIME)
    found = ranks(scene)
    others = found[[name for name in found if name in scene.numeric]].corr().abs()
    strength = {name: others[name].drop(name).max() for name in others if name in names}
    related = {name: value for name, value in strength.items() if value > RELATED}
    if not related:
        raise NotApplicable("no moment goes with a number or another moment")
    frame, name = scene.frame(), max(related, key=related.__getitem__)
    frame[name] = shuffled(frame[name], scene.stream("time"))
    return frame


def _span(scene: Scene) -> tuple[str, str]:
    """Two moments of which the first comes before the second in nearly all train records."""
    names = scene.of(Kind.DATETIME)
    for start in names:
        for end in names:
            both = scene.train.frame[[start, end]].dropna() if start != end else pd.DataFrame()
            if len(both) and (both[start] <= both[end]).mean() > ORDERED and (both[start] < both[end]).any():
                return start, end
    raise NotApplicable("no moment always comes before another")
