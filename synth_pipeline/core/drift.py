"""Drift: how far the distribution of each column has moved, and how far chance alone moves it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table

ALPHA = 0.001  # chance of a false alarm over all columns of a table


@dataclass(frozen=True, slots=True)
class Moved:
    """One column: its distance (0: alike, 1: disjoint) and what chance allows at these sizes."""

    column: str
    distance: float
    by_chance: float

    def exceeds(self, tolerance: float) -> bool:
        """Drift: larger than tolerated, and larger than chance."""
        return self.distance > max(tolerance, self.by_chance)


def drift(before: Table, now: Table) -> list[Moved]:
    """Compare every column but identifiers and text; the largest excess over chance comes first.

    Kolmogorov-Smirnov for numbers, bounded after Massart (1990), doi:10.1214/aop/1176990746, and total
    variation for categories, bounded by its mean and McDiarmid's inequality; missing is a category.
    """
    columns = [column for column in before.schema.columns if column.kind.is_numeric or column.kind.is_nominal]
    level = ALPHA / max(1, len(columns))
    moved = [(_numeric if column.kind.is_numeric else _nominal)(column.name, before, now, level) for column in columns]
    return sorted(moved, key=lambda one: one.by_chance - one.distance)


def _numeric(name: str, before: Table, now: Table, level: float) -> Moved:
    first, second = before.numbers(name), now.numbers(name)
    gaps = abs(float(np.isnan(first).mean() - np.isnan(second).mean()))
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not len(first) or not len(second):
        return Moved(name, gaps, 0.0)
    bound = float(np.sqrt(-np.log(level / 2) / 2 * (1 / len(first) + 1 / len(second))))
    return Moved(name, max(gaps, _distance(first, second)), bound)


def _distance(first: np.ndarray, second: np.ndarray) -> float:
    """Kolmogorov-Smirnov distance of two samples."""
    points = np.concatenate([first, second])
    gaps = [np.searchsorted(np.sort(side), points, "right") / len(side) for side in (first, second)]
    return float(np.abs(gaps[0] - gaps[1]).max())


def _nominal(name: str, before: Table, now: Table, level: float) -> Moved:
    columns = (table.frame[name].astype("str") for table in (before, now))
    first, second = (column.value_counts(dropna=False, normalize=True) for column in columns)
    both = pd.concat([first, second], axis=1).fillna(0.0).to_numpy()
    inverse = 1 / len(before) + 1 / len(now)
    pooled = both.mean(1)
    mean = float(np.sqrt(2 / np.pi * pooled * (1 - pooled) * inverse).sum() / 2)
    by_chance = mean + float(np.sqrt(-np.log(level) * inverse / 2))
    return Moved(name, float(np.abs(both[:, 0] - both[:, 1]).sum() / 2), by_chance)
