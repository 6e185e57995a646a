"""A column of the forest that is an amount: its donors know whether they repeat or nearly repeat an earlier column."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synth_pipeline.generators.amounts import SMOOTHED, Amounts, reflect, relative_rank, smooth_order
from synth_pipeline.generators.leaves import Leaves, Pruning, grow, single_leaf
from synth_pipeline.generators.matrix import Matrix
from synth_pipeline.generators.settling import settle
from synth_pipeline.spec.columns import Column

if TYPE_CHECKING:
    from synth_pipeline.generators.forest import Forest

NEAR = 2  # the donor lies within a factor of an earlier column
TIED = 3  # TIED + i: the donor equals earlier column i

_NEAR_LIMIT = 0.35  # in logarithms of the ratio
_NEAR_BLUR = 0.03  # in ranks of the ratio
_LENIENCE = 2.0  # nats: tenths of a column see less than a split foretells
_FAR = 0.1  # in ranks: farther than this a tie or ratio has lost its donor


@dataclass(frozen=True, slots=True, eq=False)
class AmountModel:
    """Trees whose leaves hold donors (see ``amounts.DONOR``)."""

    amounts: Amounts
    trees: list[Leaves]
    spread: list[np.ndarray]  # per tree and node: width of the blur, in ranks
    reference: int | None  # the earlier column that ratios refer to
    ratios: np.ndarray  # smoothed order statistics of their logarithms
    everything: np.ndarray  # smoothed order statistics of all values but spikes

    @classmethod
    def fit(
        cls, forest: "Forest", numbers: np.ndarray, column: Column, matrix: Matrix, stream: np.random.Generator
    ) -> "AmountModel":
        """Learn the column from the earlier ones in the matrix, then add it there."""
        amounts = Amounts.learn(numbers, column)
        everything = amounts.scale
        donors = amounts.donors(stream)
        ranks = np.where(np.isnan(numbers), 0.5, 0.0)
        ranks[~np.isnan(numbers)] = relative_rank(numbers[~np.isnan(numbers)])
        tied = _ties(numbers, amounts, matrix, donors)
        reference, ratios = _ratios(numbers, ranks, matrix, donors)
        amounts.rank(donors, donors["state"] == SMOOTHED, stream)
        amounts.forget()

        if not matrix.columns:
            trees = [single_leaf(np.sort(donors, order="value"))]
            spread = [_spread(donors, np.zeros(1, int), np.array([len(donors)]), forest.blur, amounts.least_width)]
        else:
            outcome = _outcome(numbers, ranks, amounts, donors, tied)
            pruning = Pruning(_labels(numbers, donors), forest.gain - _LENIENCE)
            leaf = forest.leaf(matrix.rows)
            shapes = [
                grow(matrix, ranks[:, None], outcome, leaf, forest.donors, stream, pruning) for _ in range(forest.trees)
            ]
            trees = [settle(shape, donors, None, 0, stream) for shape in shapes]
            spread = [
                _spread(donors[shape.rows], shape.start, shape.end, forest.blur, amounts.least_width)
                for shape in shapes
            ]
        matrix.add_amounts(numbers, amounts.spikes)
        return cls(amounts, trees, spread, reference, ratios, everything)

    def draw(self, matrix: Matrix, stream: np.random.Generator) -> pd.Series:
        """One value per row of the matrix, which gains the column."""
        out = np.zeros(matrix.rows)
        chosen = stream.integers(len(self.trees), size=matrix.rows)
        for number, leaves in enumerate(self.trees):
            rows = np.flatnonzero(chosen == number)
            nodes = leaves.route(matrix, rows)
            out[rows] = self._draw(leaves, self.spread[number], nodes, rows, matrix, stream)
        matrix.add_amounts(out, self.amounts.spikes)
        return self.amounts.restore(out)

    def _draw(self, leaves: Leaves, spread: np.ndarray, nodes: np.ndarray, rows: np.ndarray, matrix: Matrix,
              stream: np.random.Generator, attempts: int = 3) -> np.ndarray:  # fmt: skip
        """Values for the rows that fell into these nodes of one tree."""
        donors = leaves.donors[leaves.pick(nodes, stream)]
        out = self.amounts.smooth(donors, spread[nodes], stream)
        if self.reference is not None:
            self._scale(out, donors, matrix.columns[self.reference][rows], stream)
        for index in np.unique(donors["state"][donors["state"] >= TIED]) - TIED:
            mine = np.flatnonzero(donors["state"] == TIED + index)
            copied = self._on_grid(matrix.columns[index][rows[mine]])
            fits = self._near_donor(copied, donors["value"][mine]) & ~np.isin(copied, self.amounts.spikes)
            out[mine[fits]] = copied[fits]
            lost = mine[~fits]
            if not len(lost):
                continue
            if attempts:
                out[lost] = self._draw(leaves, spread, nodes[lost], rows[lost], matrix, stream, attempts - 1)
            else:
                out[lost] = self._jitter(donors[lost], 40, stream)
        return out

    def _scale(self, out: np.ndarray, donors: np.ndarray, base: np.ndarray, stream: np.random.Generator) -> None:
        """Where the donor is near the reference column, draw a ratio to it; in place."""
        mine = np.flatnonzero(donors["state"] == NEAR)
        if not len(mine):
            return
        ranks = reflect(donors["near"][mine] + _NEAR_BLUR * stream.standard_normal(len(mine)))
        size = len(self.ratios)
        scaled = base[mine] * np.exp(np.interp(ranks, (np.arange(size) + 0.5) / size, self.ratios))
        own = donors["value"][mine]
        fits = (base[mine] * own > 0) & self._near_donor(scaled, own)
        settled = self.amounts.settle(np.where(fits, scaled, own), donors["step"][mine], stream)
        jittered = self._jitter(donors[mine], max(20, len(self.everything) // 100), stream)
        out[mine] = np.where(fits, settled, jittered)

    def _on_grid(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers of a finer column on the grid of this one."""
        grid = self.amounts.column.grid
        return np.round(np.round(numbers / grid) * grid, 12) if grid else numbers

    def _near_donor(self, numbers: np.ndarray, own: np.ndarray) -> np.ndarray:
        """Whether numbers lie inside the range and close to their donors, in ranks."""
        inside = (numbers >= self.amounts.low) & (numbers <= self.amounts.high)
        apart = np.abs(np.searchsorted(self.everything, numbers) - np.searchsorted(self.everything, own))
        return inside & (apart < max(1, _FAR * len(self.everything)))

    def _jitter(self, donors: np.ndarray, width: int, stream: np.random.Generator) -> np.ndarray:
        """A value between the donor's and that of one of its neighbours."""
        own = donors["value"]
        places = np.searchsorted(self.everything, own) + stream.integers(-width, width + 1, len(own))
        other = self.everything[np.clip(places, 0, len(self.everything) - 1)]
        return self.amounts.settle(own + (other - own) * stream.random(len(own)), donors["step"], stream)


def _ties(numbers: np.ndarray, amounts: Amounts, matrix: Matrix, donors: np.ndarray) -> list[int]:
    """Mark the donors that equal an earlier continuous column more often than chance has it."""
    free, rows, found = amounts.is_smoothed, len(numbers), []
    shuffled = np.random.default_rng(0).permutation(rows)
    for index in reversed(range(len(matrix.columns))):
        if not matrix.continuous[index]:
            continue
        other = matrix.columns[index]
        equal = (numbers == other) & free & ~np.isin(other, matrix.spikes[index])
        by_chance = float(((numbers == other[shuffled]) & free).sum()) / max(1, int(free.sum()))
        if equal.sum() > max(0.004 * rows, 20) and equal.mean() > 4 * by_chance:
            donors["state"][equal] = TIED + index
            free = free & ~equal
            found.append(index)
    return found


def _ratios(
    numbers: np.ndarray, ranks: np.ndarray, matrix: Matrix, donors: np.ndarray
) -> tuple[int | None, np.ndarray]:
    """Mark the donors that lie within a factor of the continuous column they follow most closely."""
    reference = _closest(ranks, matrix)
    if reference is None:
        return None, np.empty(0)
    base = matrix.columns[reference]
    usable = (donors["state"] == SMOOTHED) & (base * numbers > 0)
    logs = np.zeros(len(numbers))
    logs[usable] = np.log(numbers[usable] / base[usable])
    near = usable & (np.abs(logs) < _NEAR_LIMIT) & (logs != 0)
    if near.mean() < 0.05:
        return None, np.empty(0)
    donors["state"][near] = NEAR
    donors["near"] = 0.5
    donors["near"][near] = relative_rank(logs[near])
    return reference, smooth_order(logs[near])


def _closest(ranks: np.ndarray, matrix: Matrix) -> int | None:
    """The earlier continuous column with the highest rank correlation, if that is above .6."""
    best, strongest = None, 0.6
    for index, column in enumerate(matrix.columns):
        if not matrix.continuous[index]:
            continue
        known = ~np.isnan(column)
        other = np.full(len(column), 0.5)
        other[known] = relative_rank(column[known])
        strength = abs(float(np.corrcoef(other, ranks)[0, 1]))
        if strength > strongest:
            best, strongest = index, strength
    return best


def _outcome(
    numbers: np.ndarray, ranks: np.ndarray, amounts: Amounts, donors: np.ndarray, tied: list[int]
) -> np.ndarray:
    """What the trees predict: the rank, and in which state a value is."""
    parts = [ranks]
    counts = [(numbers == spike).sum() for spike in amounts.spikes[:400]]
    common = np.argsort(-np.array(counts), kind="stable")[:3] if counts else []
    parts += [(numbers == amounts.spikes[place]) * 0.7 for place in common]
    if (missing := np.isnan(numbers)).any():
        parts.append(missing * 0.7)
    if (near := donors["state"] == NEAR).any():
        parts += [near * 0.5, np.where(near, donors["near"], 0.5) * 0.7]
    parts += [(donors["state"] == TIED + index) * 0.7 for index in tied]
    return np.column_stack(parts)


def _labels(numbers: np.ndarray, donors: np.ndarray) -> np.ndarray:
    """What a split is to foretell: the tenth of the column in which a value lies, or of the ratios, or its tie."""
    known = ~np.isnan(numbers)
    out = np.zeros(len(numbers), int)
    out[known] = 1 + (relative_rank(numbers[known]) * 10).astype(int)
    near = donors["state"] == NEAR
    out[near] = 12 + (donors["near"][near] * 5).astype(int)
    tied = donors["state"] >= TIED
    out[tied] = 20 + donors["state"][tied]
    return np.unique(out, return_inverse=True)[1]


def _spread(donors: np.ndarray, start: np.ndarray, end: np.ndarray, blur: float, least: float) -> np.ndarray:
    """Per node, the width of the blur: Scott's rule on the ranks of its smoothed donors."""
    smoothed = (donors["state"] == SMOOTHED).astype(float)
    total, first, second = (
        np.r_[0, np.cumsum(smoothed * donors["rank"] ** power)][end]
        - np.r_[0, np.cumsum(smoothed * donors["rank"] ** power)][start]
        for power in range(3)
    )
    count = np.maximum(total, 1)
    deviation = np.sqrt(np.maximum(second / count - (first / count) ** 2, 0))
    return np.maximum(blur * deviation * count**-0.2, least)
