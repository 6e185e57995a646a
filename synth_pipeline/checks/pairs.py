"""Pairs: do columns go together as they do in the real table?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import BINS, MISSING, Evidence, Three
from synth_pipeline.checks.resampling import Excess, of_replicates, resample
from synth_pipeline.core.finding import Family, Finding

LARGEST = 10_000  # rows of a side: a table of all pairs is a matrix product over rows


class Pairs:
    """Associations and joint distributions of pairs of columns.

    Every column is binned: numbers by deciles, with bins of their own for numbers that many rows share and
    for missing ones, categories by their commonest levels.  ``association`` is the absolute difference of
    Cramer's V, bias-corrected after Bergsma (2013), doi:10.1016/j.jkss.2012.10.002, or for two numeric
    columns of Spearman's rank correlation of the bins (0: alike, 1 or 2: opposite); ``tv`` is the total
    variation distance of the two-way tables (0: alike, 1: disjoint).  Each between synthetic and holdout,
    with train against holdout as its baseline.
    """

    name = "pairs"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        names = [*evidence.numeric, *evidence.nominal]
        if len(names) < 2:
            yield Finding(self.name, self.family, "all", "tv", np.nan, note="the table has a single column")
            return
        sample = resample(evidence, LARGEST)
        codes = Three(*(np.column_stack([evidence.bins[name][side] for name in names])[rows]
                        for side, rows in enumerate(sample.rows)))  # fmt: skip
        grid = _Grid.over(names, len(evidence.numeric), np.vstack(codes))
        replicates = len(sample.weights.train)
        association, distance = [], []
        for replicate in range(replicates):
            tables = Three(*(grid.tables(side, weights[replicate])
                             for side, weights in zip(codes, sample.weights, strict=True)))  # fmt: skip
            strength = Three(*map(grid.association, tables, map(len, codes)))
            association.append(
                [np.abs(strength.synthetic - strength.holdout), np.abs(strength.train - strength.holdout)]
            )
            distance.append([_distance(tables.synthetic, tables.holdout), _distance(tables.train, tables.holdout)])
        for metric, values in (("association", np.array(association)), ("tv", np.array(distance))):
            for pair, subject in enumerate(grid.subjects):
                measured = of_replicates(values[:, 0, pair], values[:, 1, pair])
                yield self._finding(subject, metric, measured, sample.size)
            yield self._finding("mean of all pairs", metric, of_replicates(*values.mean(2).T), sample.size)

    def _finding(self, subject: str, metric: str, measured: Excess, size: int) -> Finding:
        return Finding(self.name, self.family, subject, metric, measured.value, measured.low, measured.high,
                       measured.baseline, n=size)  # fmt: skip


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs(first - second).sum((1, 2)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """All pairs of columns, the first ``numeric`` of which are numbers.

    ``place[column, code]`` is the position of an occupied code in the indicator matrix; what is not
    occupied points behind its end.
    """

    names: list[str]
    numeric: int
    place: np.ndarray
    width: int

    @classmethod
    def over(cls, names: list[str], numeric: int, codes: np.ndarray) -> "_Grid":
        """The grid of all codes that occur, shape (rows, columns)."""
        occupied = np.array([np.bincount(column, minlength=BINS) > 0 for column in codes.T])
        width = int(occupied.sum())
        place = np.full(occupied.shape, width)
        place[occupied] = np.arange(width)
        return cls(names, numeric, place, width)

    @property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return np.triu_indices(len(self.names), 1)

    @property
    def subjects(self) -> list[str]:
        return [f"{self.names[a]} × {self.names[b]}" for a, b in zip(*self._pairs, strict=True)]

    def tables(self, codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Two-way tables of shares for all pairs, shape (pairs, BINS, BINS), by one matrix product."""
        rows, columns = codes.shape
        used = weights > 0
        indicator = np.zeros((int(used.sum()), self.width), np.float32)
        indicator[np.arange(len(indicator))[:, None], self.place[np.arange(columns), codes[used]]] = 1
        product = np.zeros((self.width + 1, self.width + 1))
        product[:-1, :-1] = (indicator * weights[used][:, None]).T @ indicator / rows
        first, second = (self.place[side] for side in self._pairs)
        return product[first[:, :, None], second[:, None, :]]

    def association(self, tables: np.ndarray, rows: int) -> np.ndarray:
        """Strength of each pair: rank correlation for two numbers, else Cramer's V."""
        both = self._pairs[1] < self.numeric
        out = np.empty(len(tables))
        out[both] = _rank_correlation(tables[both])
        out[~both] = _cramer(tables[~both], rows)
        return out


def _rank_correlation(tables: np.ndarray) -> np.ndarray:
    """Spearman's correlation from two-way tables of shares; pairs with a missing value do not count."""
    tables = _without_missing(tables)
    total = np.maximum(tables.sum((1, 2)), 1e-12)
    rows, columns = tables.sum(2), tables.sum(1)
    first, second = (np.cumsum(side, 1) - side / 2 for side in (rows, columns))
    first = first - ((rows * first).sum(1) / total)[:, None]
    second = second - ((columns * second).sum(1) / total)[:, None]
    together = np.einsum("pij,pi,pj->p", tables, first, second)
    scale = np.sqrt((rows * first**2).sum(1) * (columns * second**2).sum(1))
    return together / np.maximum(scale, 1e-12)


def _without_missing(tables: np.ndarray) -> np.ndarray:
    out = tables.copy()
    out[:, MISSING, :] = 0
    out[:, :, MISSING] = 0
    return out


def _cramer(tables: np.ndarray, rows: int) -> np.ndarray:
    """Cramer's V with Bergsma's correction, from two-way tables of shares of so many rows."""
    first, second = tables.sum(2), tables.sum(1)
    expected = first[:, :, None] * second[:, None, :]
    phi = np.where(expected > 0, (tables - expected) ** 2 / np.maximum(expected, 1e-12), 0).sum((1, 2))
    height, width = (first > 0).sum(1), (second > 0).sum(1)
    phi = np.maximum(0, phi - (height - 1) * (width - 1) / (rows - 1))
    height = height - (height - 1) ** 2 / (rows - 1)
    width = width - (width - 1) ** 2 / (rows - 1)
    return np.sqrt(phi / np.maximum(np.minimum(height, width) - 1, 1e-12)) * (np.minimum(height, width) > 1)
