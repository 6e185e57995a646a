"""The value layer of a continuous column: what is a value of its own and what is only a place on a scale.

A training value is either *kept* (missing, or a spike that many records share), or *smoothed*: only its
rank is used, blurred over several order statistics.  Where the blurred rank falls on a value that 20 records
share, it is that value; else a place between order statistics, each the mean of up to 41, on the grid of its donor.
No value of a single record is emitted more often than its neighbours on the grid.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from synth_pipeline.core.table import from_numbers
from synth_pipeline.spec.columns import Column, Kind

# Steps that people round to.
ROUND_STEPS = np.array([d * 10.0**e for e in range(-4, 6) for d in (1, 5)])[:-1]

SHARED = 20  # records that make a value nobody's own
SPIKE = 50, 0.005  # records, and share of the records, that make a value a state of its own

KEPT, SMOOTHED = 0, 1  # states of a donor; models of several columns add their own from 2 on

DONOR = np.dtype([("value", "f8"), ("state", "i2"), ("rank", "f8"), ("step", "f8"), ("near", "f8")])


def step_of(values: np.ndarray) -> np.ndarray:
    """The coarsest of ``ROUND_STEPS`` that each value is a multiple of; 0 for none."""
    steps = np.zeros(len(values))
    for step in ROUND_STEPS:
        ratio = values / step
        whole = np.abs(ratio - np.round(ratio)) < 1e-9 * np.maximum(1, np.abs(ratio))
        steps[whole & ((np.abs(ratio) > 0.5) | (values == 0))] = step  # what is tiny is no multiple of what is large
    return steps


def smooth_order(values: np.ndarray) -> np.ndarray:
    """Order statistics, each the mean of itself and up to twenty on either side, so that none is a real value.

    A record has a share of about one in 41 in the density around it; towards the ends fewer are averaged, so
    that the shape of a tail is kept.
    """
    ordered = np.sort(values)
    size = len(ordered)
    if size < 3:
        return np.full(size, ordered.mean()) if size else ordered
    places = np.arange(size)
    widest = int(np.clip(np.sqrt(size) / 4, 2, 20))
    half = np.clip(np.minimum(places, size - 1 - places) // 2, 1, widest)
    left, right = np.maximum(places - half, 0), np.minimum(places + half, size - 1)
    middle = ordered[size // 2]  # sums of what is left are small, and lose no digits
    total = np.r_[0, np.cumsum(ordered - middle)]
    out = (total[right + 1] - total[left]) / (right + 1 - left) + middle
    out[0], out[-1] = ordered[:3].mean(), ordered[-3:].mean()
    return np.maximum.accumulate(np.clip(out, out[0], out[-1]))


def shared(values: np.ndarray) -> np.ndarray:
    """The values in order, NaN where fewer than ``SHARED`` records have one."""
    distinct, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.sort(values) if not len(values) else np.where(counts >= SHARED, distinct, np.nan)[np.sort(places)]


def spread_rank(values: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Ranks between 0 and 1, no two of them equal: equal values stand in random order."""
    out = np.empty(len(values))
    order = np.lexsort((stream.random(len(values)), values))
    out[order] = (np.arange(len(values)) + 0.5) / max(1, len(values))
    return out


def relative_rank(values: np.ndarray) -> np.ndarray:
    """Mid-ranks between 0 and 1."""
    return (rankdata(values) - 0.5) / max(1, len(values))


def reflect(ranks: np.ndarray) -> np.ndarray:
    """Fold what a blur pushed out of 0 to 1 back in."""
    return 1 - np.abs(1 - np.abs(ranks))


@dataclass(slots=True, eq=False)
class Amounts:
    """A continuous column: its spikes, its grid and its smoothed quantile function."""

    column: Column
    low: float
    high: float
    spikes: np.ndarray
    unit: float  # the finest step of the column
    rounding: bool  # people round in this column, so the step of each donor matters
    scale: np.ndarray  # smoothed order statistics of what is neither missing nor a spike
    lattice: np.ndarray  # the same places: the values that many records share, NaN elsewhere
    _values: np.ndarray
    _kept: np.ndarray
    _steps: np.ndarray

    @classmethod
    def learn(cls, values: np.ndarray, column: Column) -> "Amounts":
        """From training numbers, NaN where missing."""
        missing = np.isnan(values)
        known = values[~missing]
        distinct, places, counts = np.unique(known, return_inverse=True, return_counts=True)
        unit, steps, rounding = _grid(known, distinct, column)
        if rounding:
            steps = _soften_rare(steps, distinct, places, counts, unit)
        spikes = distinct[counts >= max(SPIKE[0], SPIKE[1] * len(values))]
        kept = np.ones(len(values), bool)
        kept[~missing] = np.isin(known, spikes)
        all_steps = np.zeros(len(values))
        all_steps[~missing] = steps
        return cls(
            column, float(distinct[0]), float(distinct[-1]), spikes, unit, rounding,
            smooth_order(values[~kept]), shared(values[~kept]), values, kept, all_steps,
        )  # fmt: skip

    @property
    def least_width(self) -> float:
        """The narrowest blur, in ranks: three order statistics."""
        return 3 / max(1, len(self.scale))

    @property
    def is_smoothed(self) -> np.ndarray:
        """Mask of the training rows whose value is only a place on the scale."""
        return ~self._kept

    def donors(self, stream: np.random.Generator) -> np.ndarray:
        """One donor per training row: a structured array of type ``DONOR``."""
        out = np.zeros(len(self._values), DONOR)
        out["value"], out["state"], out["step"] = self._values, np.where(self._kept, KEPT, SMOOTHED), self._steps
        self.rank(out, self.is_smoothed, stream)
        return out

    def rank(self, donors: np.ndarray, mask: np.ndarray, stream: np.random.Generator) -> None:
        """Give the donors under the mask their rank among themselves, and make them the scale."""
        donors["rank"] = 0.5
        values = donors["value"][mask]
        donors["rank"][mask] = spread_rank(values, stream)
        self.scale, self.lattice = smooth_order(values), shared(values)

    def forget(self) -> None:
        """Drop what is aligned with training rows, once the donors are in their leaves."""
        self._values = self._kept = self._steps = np.empty(0)

    def smooth(self, donors: np.ndarray, width: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """New numbers from donors: kept ones as they are, the others blurred by ``width`` in rank."""
        out = donors["value"].copy()
        moving = donors["state"] == SMOOTHED
        blurred = donors["rank"][moving] + width[moving] * stream.standard_normal(int(moving.sum()))
        ranks = np.clip(reflect(blurred), 0, 1)
        size = len(self.scale)
        if size:
            numbers = np.interp(ranks, (np.arange(size) + 0.5) / size, self.scale)
            recurring = self.lattice[np.minimum((ranks * size).astype(int), size - 1)]
            settled = self.settle(numbers, donors["step"][moving], stream)
            out[moving] = np.where(np.isnan(recurring), settled, recurring)
        return out

    def settle(self, numbers: np.ndarray, steps: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """Put numbers on the grids of their donors and inside the range seen in training."""
        numbers = np.clip(np.abs(numbers) if self.low >= 0 else numbers, self.low, self.high)
        on_grid = steps > 0
        safe = np.where(on_grid, steps, 1.0)
        out = np.where(on_grid, np.round(numbers / safe) * safe, numbers)
        if self.column.kind is Kind.INTEGER and self.rounding:
            # What comes from a donor that was not round must not come out round.
            odd = (steps == 1) & (np.mod(out, 5) == 0)
            out[odd] += stream.choice([-2, -1, 1, 2], int(odd.sum()))
        digits = max(0, 2 - int(np.floor(np.log10(self.unit))))  # enough for the finest step: no 0.30000000000000004
        return np.clip(np.where(on_grid, np.round(out, min(digits, 15)), out), self.low, self.high)

    def restore(self, numbers: np.ndarray) -> pd.Series:
        """Numbers back to values of the column's type."""
        return from_numbers(numbers, self.column)


def _grid(known: np.ndarray, distinct: np.ndarray, column: Column) -> tuple[float, np.ndarray, bool]:
    """The unit of the column, the step of each value, and whether people round in it."""
    if column.kind is Kind.DATETIME:
        unit = column.grid or 1e-6
        return unit, np.full(len(known), unit), False
    steps = step_of(known)
    if column.grid:
        steps = np.maximum(steps, column.grid)
    positive = steps[steps > 0]
    gridded = len(positive) > 0.98 * len(known)
    unit = float(positive.min()) if gridded else float(np.quantile(np.diff(distinct), 0.05))
    if (steps >= 5 * unit - 1e-12).mean() < 0.3:
        return unit, np.full(len(known), unit if gridded else 0.0), False
    return unit, steps, True


def _soften_rare(
    steps: np.ndarray, distinct: np.ndarray, places: np.ndarray, counts: np.ndarray, unit: float
) -> np.ndarray:
    """A rare round value keeps a grid no coarser than a third of the spread of its 12 nearest distinct values.

    On its own coarse grid it would come out exactly, again and again.
    """
    last = len(distinct) - 1
    spread = (distinct[np.minimum(places + 6, last)] - distinct[np.maximum(places - 6, 0)]) / 3
    index = np.searchsorted(ROUND_STEPS, spread, side="right") - 1
    cap = np.maximum(np.where(index >= 0, ROUND_STEPS[np.maximum(index, 0)], unit), unit)
    return np.where((counts[places] < 5) & (steps > cap), cap, steps)


def outstanding(known: np.ndarray, unit: float, factor: float = 3) -> np.ndarray:
    """Values that ``SHARED`` records have, and ``factor`` times as many as their surroundings predict."""
    distinct, counts = np.unique(known, return_counts=True)
    last = len(distinct) - 1
    left = np.maximum(np.arange(last + 1) - 8, 0)
    right = np.minimum(np.arange(last + 1) + 8, last)
    total = np.r_[0, np.cumsum(counts)]
    width = np.maximum((distinct[right] - distinct[left]) / max(unit, 1e-12), 1)
    expected = (total[right + 1] - total[left] - counts) / width
    return distinct[(counts >= SHARED) & (counts > factor * expected)]
