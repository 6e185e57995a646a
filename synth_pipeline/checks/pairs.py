"""Pairs: do columns go together as they do in the real table?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import BINS, MISSING, Evidence, Three
from synth_pipeline.checks.resampling import Excess, Resample, of_replicates, resample
from synth_pipeline.core.finding import Family, Finding

LARGEST = 10_000  # rows of a side: a table of all pairs is a matrix product over rows
FEWEST = 2_000  # rows of a side, of wide tables
WIDE = 60  # columns from which there are fewer rows, as the work grows with the square of columns
KEPT = 1_000  # codes of all columns together, up to which the tables of the holdout are kept
RARE = 0.02  # share of real rows below which levels count together in associations: few rows would decide them


class Pairs:
    """Associations and joint distributions of pairs of columns.

    Every column is binned: numbers by deciles, with bins of their own for numbers that many rows share and
    for missing ones, categories by their commonest levels.  ``association`` is the absolute difference of
    Spearman's rank correlation for two numeric columns, of the correlation ratio of ranks for a numeric and
    a nominal one (Pearson 1905, bias-corrected after Kelley 1935, doi:10.1073/pnas.21.9.554), and of
    Cramer's V for two nominal ones (bias-corrected after Bergsma 2013, doi:10.1016/j.jkss.2012.10.002); 0:
    alike, 1, or 2 for correlations: opposite.  Pairs with a missing number do not count in the first two,
    and levels with less than 2 % of the real rows count together.
    ``tv`` is the total variation distance of the two-way tables, missing numbers included (0: alike, 1:
    disjoint).  Each between synthetic and holdout, with train against holdout as its baseline.
    """

    name = "pairs"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        names = [*evidence.numeric, *evidence.nominal]
        if len(names) < 2 and evidence.texts:
            return  # a corpus, whose texts have checks of their own
        if len(names) < 2:
            yield Finding(self.name, self.family, "all", "tv", np.nan, note="the table has a single column")
            return
        sample = resample(evidence, max(FEWEST, int(LARGEST * min(1, WIDE / len(names)) ** 2)))
        codes = Three(*(np.column_stack([evidence.bins[name][side] for name in names])[rows]
                        for side, rows in enumerate(sample.rows)))  # fmt: skip
        grid = _Grid.over(names, len(evidence.numeric), codes)
        real = evidence.real.recall((self.name, sample.key), lambda: _Real.of(grid, codes, sample))
        association, distance = real.compare(grid, codes, sample)
        for metric, values in (("association", association), ("tv", distance)):
            for pair, subject in enumerate(grid.subjects):
                yield self._finding(subject, metric, of_replicates(*values[..., pair]), sample.size)
            yield self._finding("mean of all pairs", metric, of_replicates(*values.mean(2)), sample.size)

    def _finding(self, subject: str, metric: str, measured: Excess, size: int) -> Finding:
        return Finding(self.name, self.family, subject, metric, measured.value, measured.low, measured.high,
                       measured.baseline, n=size)  # fmt: skip


def _distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs(first - second).sum((1, 2)) / 2


@dataclass(frozen=True, slots=True, eq=False)
class _Grid:
    """All pairs of columns, the first ``numeric`` of which are numbers.

    ``place[column, code]`` is the position of an occupied code in the indicator matrix, those that real
    rows have before the others; what is not occupied points behind its end.
    """

    names: list[str]
    numeric: int
    place: np.ndarray
    known: int  # positions of codes that real rows have
    width: int  # all positions
    pool: np.ndarray  # shape (columns, BINS, BINS): 1 where a code counts as another

    @classmethod
    def over(cls, names: list[str], numeric: int, codes: Three[np.ndarray]) -> "_Grid":
        """The grid of all codes that occur, shape (rows, columns) per side."""
        train, holdout, synthetic = (
            np.array([np.bincount(column, minlength=BINS) > 0 for column in side.T]) for side in codes
        )
        real, new = train | holdout, synthetic & ~(train | holdout)
        known, width = int(real.sum()), int(real.sum() + new.sum())
        place = np.full(real.shape, width)
        place[real], place[new] = np.arange(known), np.arange(known, width)
        return cls(names, numeric, place, known, width, _pool_rare(np.vstack(codes[:2])))

    @property
    def _pairs(self) -> tuple[np.ndarray, np.ndarray]:
        return np.triu_indices(len(self.names), 1)

    @property
    def subjects(self) -> list[str]:
        return [f"{self.names[a]} × {self.names[b]}" for a, b in zip(*self._pairs, strict=True)]

    def products(self, codes: np.ndarray, weights: np.ndarray, width: int) -> Iterator[np.ndarray]:
        """Weight of each two codes together, for each replicate; float32 holds these whole numbers exactly."""
        columns = np.arange(codes.shape[1])
        indicator = np.zeros((len(codes), width), np.float32)
        indicator[np.arange(len(codes))[:, None], self.place[columns, codes]] = 1
        for replicate in weights:
            used = replicate > 0
            yield (indicator[used] * replicate[used][:, None]).T @ indicator[used]

    def tables(self, product: np.ndarray) -> np.ndarray:
        """Two-way tables of shares for all pairs, shape (pairs, BINS, BINS)."""
        wide = np.zeros((self.width + 1, self.width + 1))
        wide[: len(product), : len(product)] = product
        first, second = (self.place[side] for side in self._pairs)
        tables = wide[first[:, :, None], second[:, None, :]]
        return tables / np.maximum(tables.sum((1, 2), keepdims=True), 1)

    def association(self, tables: np.ndarray, rows: int) -> np.ndarray:
        """Strength of each pair."""
        first, second = self._pairs
        numbers, levels = second < self.numeric, first >= self.numeric
        mixed = ~numbers & ~levels
        out = np.empty(len(tables))
        out[numbers] = _rank_correlation(tables[numbers])
        out[mixed] = _correlation_ratio(tables[mixed] @ self.pool[second[mixed]], rows)
        pooled = self.pool[first[levels]].swapaxes(1, 2) @ tables[levels] @ self.pool[second[levels]]
        out[levels] = _cramer(pooled, rows)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class _Real:
    """What train and holdout alone determine: arrays of shape (1 + replicates, pairs)."""

    strength: np.ndarray  # of the holdout
    association: np.ndarray  # train against holdout
    distance: np.ndarray  # likewise
    holdout: list[np.ndarray]  # products; none where they would be too large to keep

    @classmethod
    def of(cls, grid: _Grid, codes: Three[np.ndarray], sample: Resample) -> "_Real":
        strength, association, distance, kept = [], [], [], []
        both = (grid.products(codes[side], sample.weights[side], grid.known) for side in (0, 1))
        for products in zip(*both, strict=True):
            train, holdout = map(grid.tables, products)
            strength.append(grid.association(holdout, len(codes.holdout)))
            association.append(np.abs(grid.association(train, len(codes.train)) - strength[-1]))
            distance.append(_distance(train, holdout))
            if grid.known <= KEPT:
                kept.append(products[1])
        return cls(np.array(strength), np.array(association), np.array(distance), kept)

    def compare(self, grid: _Grid, codes: Three[np.ndarray], sample: Resample) -> tuple[np.ndarray, np.ndarray]:
        """Difference of associations and distance, each of synthetic and of train from holdout."""
        made = grid.products(codes.synthetic, sample.weights.synthetic, grid.width)
        real = self.holdout or grid.products(codes.holdout, sample.weights.holdout, grid.known)
        strength, distance = [], []
        for product, other in zip(made, real, strict=True):
            tables = grid.tables(product)
            strength.append(grid.association(tables, len(codes.synthetic)))
            distance.append(_distance(tables, grid.tables(other)))
        gap = np.abs(np.array(strength) - self.strength)
        return np.array([gap, self.association]), np.array([distance, self.distance])


def _pool_rare(codes: np.ndarray) -> np.ndarray:
    """For each column of real codes, what each code counts as: the rare ones as one, or where they are few as 0."""
    pool = np.zeros((codes.shape[1], BINS, BINS))
    for column, values in enumerate(codes.T):
        share = np.bincount(values, minlength=BINS) / len(values)
        rare = share < RARE
        place = np.where(
            rare, np.argmax(share * rare) if share[rare].sum() >= RARE else np.argmax(share), np.arange(BINS)
        )
        pool[column, np.arange(BINS), place] = 1
    return pool


def _rank_correlation(tables: np.ndarray) -> np.ndarray:
    """Spearman's correlation from two-way tables of shares; pairs with a missing value do not count."""
    tables = _without_missing(_without_missing(tables).swapaxes(1, 2)).swapaxes(1, 2)
    total = np.maximum(tables.sum((1, 2)), 1e-12)
    rows, columns = tables.sum(2), tables.sum(1)
    first, second = (_centred_ranks(side, total) for side in (rows, columns))
    together = np.einsum("pij,pi,pj->p", tables, first, second)
    scale = np.sqrt((rows * first**2).sum(1) * (columns * second**2).sum(1))
    return together / np.maximum(scale, 1e-12)


def _correlation_ratio(tables: np.ndarray, rows: int) -> np.ndarray:
    """How much of the variance of ranks of the first column lies between levels of the second, as a root."""
    tables = _without_missing(tables)
    total = np.maximum(tables.sum((1, 2)), 1e-12)
    levels = tables.sum(1)
    ranks = _centred_ranks(tables.sum(2), total)
    between = (np.einsum("pij,pi->pj", tables, ranks) ** 2 / np.maximum(levels, 1e-12)).sum(1)
    whole = (tables.sum(2) * ranks**2).sum(1)
    size, groups = total * rows, (levels > 0).sum(1)
    within = (1 - between / np.maximum(whole, 1e-12)) * (size - 1) / np.maximum(size - groups, 1)
    return np.sqrt(np.maximum(0, 1 - within)) * (whole > 1e-12)


def _centred_ranks(shares: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Middle rank of each bin, shape (pairs, bins), less the mean of all ranks."""
    ranks = np.cumsum(shares, 1) - shares / 2
    return ranks - ((shares * ranks).sum(1) / total)[:, None]


def _without_missing(tables: np.ndarray) -> np.ndarray:
    """Without the rows of missing numbers in the first column."""
    out = tables.copy()
    out[:, MISSING, :] = 0
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
