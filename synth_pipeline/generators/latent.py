"""Columns as places on normal axes: what a value says of its axes, and the value that axes stand for.

A number is a place on one axis, and what many records share (a spike, a level, a boolean) an interval of it;
whether it is missing is an axis of its own.  A category has one axis per level, and is the level whose axis is
the highest: Zhao, Townsend and Udell (2022), arXiv:2210.06673, after Albert and Chib (1993),
doi:10.1080/01621459.1993.10476321.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from synth_pipeline.core.table import Table
from synth_pipeline.generators.amounts import SMOOTHED, Amounts
from synth_pipeline.generators.columns import Levels, is_continuous, levels

MOST_AXES = 24  # levels of a category with an axis of their own; the others share one
FEWEST = 40  # rows from which a level has one
_POINT = 1 / 500  # share of the rows up to which a value is taken for a point of its axis
_BLUR = 0.005  # in ranks: the least by which a number moves
_NEIGHBOURS = 30  # on either side, whose grids a number may take


@dataclass(frozen=True, slots=True, eq=False)
class Within:
    """An axis on which each row lies between two bounds; equal bounds are a point."""

    low: np.ndarray
    high: np.ndarray
    axes: int = 1

    def of(self, rows: np.ndarray) -> "Within":
        return Within(self.low[rows], self.high[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Highest:
    """Axes of which the chosen one is the highest in each row."""

    chosen: np.ndarray
    axes: int

    def of(self, rows: np.ndarray) -> "Highest":
        return Highest(self.chosen[rows], self.axes)


Observed = Within | Highest


@dataclass(slots=True, eq=False)
class OrderedMargin:
    """A numeric column: ``law`` are its donors in order, or the cumulative shares of its known levels."""

    column: Amounts | Levels
    law: np.ndarray
    missing: float  # share of missing rows
    axes: int = field(init=False)

    def __post_init__(self) -> None:
        self.axes = int(self.missing < 1) + int(0 < self.missing < 1)

    @classmethod
    def learn(cls, table: Table, name: str) -> tuple["OrderedMargin", list[Observed]]:
        """The law of a column of the table, and where its rows lie on its axes."""
        numbers = table.numbers(name)
        known = ~np.isnan(numbers)
        missing = float(1 - known.mean())
        if is_continuous(table, name):
            amounts = Amounts.learn(numbers, table.schema[name])
            margin = cls(amounts, np.sort(amounts.donors(np.random.default_rng(0))[known], order="value"), missing)
            amounts.forget()
            amounts.scale = _smoothed(amounts.scale)
        else:
            column, codes = levels(table, name)
            counts = np.bincount(codes[known], minlength=len(column.labels))
            margin = cls(column, np.cumsum(counts) / max(1, known.sum()), missing)
        seen: list[Observed] = [_places(numbers, known)] if known.any() else []
        return margin, seen + ([_binary(known, missing)] if 0 < missing < 1 else [])

    def draw(self, axes: np.ndarray, stream: np.random.Generator) -> pd.Series:
        """Values for places on the axes, shape (rows, axes)."""
        place = ndtr(axes[:, 0]) if self.missing < 1 else np.zeros(len(axes))
        gone = ndtr(axes[:, 1]) < self.missing if axes.shape[1] > 1 else np.full(len(axes), self.missing == 1)
        if isinstance(self.column, Levels):
            codes = np.searchsorted(self.law[:-1], place, side="right")
            return self.column.restore(np.where(gone, len(self.column.labels), codes))
        donors = self._donors(place, stream)
        width = np.full(len(axes), max(_BLUR, self.column.least_width))
        return self.column.restore(np.where(gone, np.nan, self.column.smooth(donors, width, stream)))

    def _donors(self, place: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """The donors at these shares of the column, each on the grid of one of its neighbours.

        On its own grid a rare round number would come out exactly more often than chance has it.
        """
        donors = self.law[np.minimum((place * len(self.law)).astype(int), len(self.law) - 1)]
        moving = np.flatnonzero(self.law["state"] == SMOOTHED)
        mine = donors["state"] == SMOOTHED
        if mine.any():
            around = np.searchsorted(self.law["value"][moving], donors["value"][mine])
            around += stream.integers(-_NEIGHBOURS, _NEIGHBOURS + 1, int(mine.sum()))
            donors["step"][mine] = self.law["step"][moving[np.clip(around, 0, len(moving) - 1)]]
        return donors


@dataclass(slots=True, eq=False)
class NominalMargin:
    """A category or boolean: the axis of each level, and the share of each level among those of its axis."""

    column: Levels
    axis: np.ndarray
    share: np.ndarray  # of all rows, by level
    axes: int

    @classmethod
    def learn(cls, table: Table, name: str) -> tuple["NominalMargin", list[Observed]]:
        """The law of a column of the table, and where its rows lie on its axes."""
        column, codes = levels(table, name)
        counts = np.bincount(codes, minlength=column.count)
        order = np.argsort(-counts, kind="stable")
        own = [level for level in order[:MOST_AXES] if counts[level] >= FEWEST]
        axis = np.full(column.count, len(own))
        axis[own] = np.arange(len(own))
        groups = int(axis.max(initial=0)) + 1
        margin = cls(column, axis, counts / max(1, len(codes)), {1: 0, 2: 1}.get(groups, groups))
        if groups == 1:
            return margin, []
        chosen = axis[codes]
        if groups == 2:
            return margin, [_binary(chosen == 1, float((chosen == 0).mean()))]
        return margin, [Highest(chosen, groups)]

    def draw(self, axes: np.ndarray, stream: np.random.Generator) -> pd.Series:
        """Values for places on the axes, shape (rows, axes)."""
        out = np.zeros(len(axes), int)
        if self.axes == 1:
            chosen = (ndtr(axes[:, 0]) >= self.share[self.axis == 0].sum()).astype(int)
        else:
            chosen = axes.argmax(1) if self.axes else out
        for group in np.unique(chosen):
            rows, members = np.flatnonzero(chosen == group), np.flatnonzero(self.axis == group)
            weight = self.share[members]
            out[rows] = members[0] if len(members) == 1 else stream.choice(members, len(rows), p=weight / weight.sum())
        return self.column.restore(out)

    @property
    def targets(self) -> np.ndarray:
        """Share of the rows on each axis."""
        return np.bincount(self.axis, weights=self.share)


Margin = OrderedMargin | NominalMargin


def margin(table: Table, name: str) -> tuple[Margin, list[Observed]]:
    """The law of one column, and where the table's rows lie on its axes."""
    kind = OrderedMargin if table.schema[name].kind.is_numeric else NominalMargin
    return kind.learn(table, name)


def _smoothed(ordered: np.ndarray) -> np.ndarray:
    """Order statistics as means of ``_NEIGHBOURS`` on either side, of fewer towards the ends.

    The lumps that a few records make on a grid are theirs, and would tell them from rows that were not seen.
    """
    place = np.arange(len(ordered))
    reach = np.minimum(np.minimum(place, place[::-1]), _NEIGHBOURS)
    total = np.r_[0, np.cumsum(ordered)]
    return (total[place + reach + 1] - total[place - reach]) / (2 * reach + 1)


def _places(numbers: np.ndarray, known: np.ndarray) -> Within:
    """Each number between the normal scores of its cumulative shares; rare ones at the middle, missing anywhere."""
    _, codes, counts = np.unique(numbers[known], return_inverse=True, return_counts=True)
    above = np.cumsum(counts) / known.sum()
    below = above - counts / known.sum()
    point = counts <= max(1, _POINT * known.sum())
    middle = ndtri((above + below) / 2)
    low, high = np.full(len(numbers), -np.inf), np.full(len(numbers), np.inf)
    low[known] = np.where(point, middle, ndtri(below))[codes]
    high[known] = np.where(point, middle, ndtri(np.minimum(above, 1)))[codes]
    return Within(low, high)


def _binary(high: np.ndarray, share: float) -> Within:
    """Rows above or below the place that leaves this share below it."""
    bound = ndtri(share)
    return Within(np.where(high, bound, -np.inf), np.where(high, np.inf, bound))
