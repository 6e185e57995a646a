"""Rules for columns that have none, from what is robust of a training column.

Of numbers: means of at least 20 neighbouring order statistics.  Of levels: their names, and shares rounded to
two digits, where at least 20 rows have a level; rarer ones share one weight.  Shares of missing values are
rounded to hundredths.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.generators.columns import Levels, is_continuous, levels
from synth_pipeline.spec.columns import Column, Kind

PLACES = np.r_[0.01, np.arange(0.05, 0.96, 0.05), 0.99]
_COVERED = 0.9  # share of rows with common numbers, from which on a column of few numbers is drawn number by number


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """A column of numbers: its smoothed quantiles at ``PLACES``, and the share of missing values."""

    column: Column
    knots: np.ndarray
    missing: float

    def draw(self, even: np.ndarray, stream: np.random.Generator) -> pd.Series:
        """Values at these shares, from the first knot to the last, on the column's grid."""
        out = np.interp(PLACES[0] + even * (PLACES[-1] - PLACES[0]), PLACES, self.knots)
        if self.column.grid is not None and self.column.grid > 1e-6:
            out = np.round(out / self.column.grid) * self.column.grid
        if self.column.kind is Kind.DECIMAL and self.column.grid:
            out = np.round(out, round(-np.log10(self.column.grid)))
        return from_numbers(np.where(stream.random(len(out)) < self.missing, np.nan, out), self.column)


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of levels, and the share of each, missing being the last where it occurs."""

    levels: Levels
    shares: np.ndarray

    def draw(self, even: np.ndarray, stream: np.random.Generator) -> pd.Series:
        return self.levels.restore(stream.choice(len(self.shares), size=len(even), p=self.shares))


Learned = Scale | Names


def learn(table: Table, name: str, least: int, rare: str) -> Learned:
    """Raises SynthError where rare levels are to be dropped and all are rare."""
    column = table.schema[name]
    missing = _hundredths(float(table.frame[name].isna().mean()))
    if is_continuous(table, name):
        return _scale(table, name, least, missing)
    known, codes = levels(table, name)
    counts = np.bincount(codes, minlength=known.count)[: len(known.labels)]
    common = counts >= least
    if known.scale is not None and missing < 1:
        if counts[common].sum() < _COVERED * counts.sum():
            return _scale(table, name, least, missing)
        return _names(known, common, _digits(counts / counts.sum())[common], missing)
    if rare == "dropped" and len(counts):
        if not common.any():
            fix = "declare a rule for it under the generator's 'columns', or write 'rare: equal'."
            raise SynthError(f"Column {name!r} has no level in {least} rows or more.", fix)
        return _names(known, common, _digits(counts / counts.sum())[common], missing)
    shares = _digits(counts / max(1, counts.sum()))
    if not common.all():
        shares[~common] = _digits(np.array([(counts[~common] / counts.sum()).mean()]))[0]
    return _names(
        Levels(column, known.labels, known.scale, known.has_missing), np.ones(len(counts), bool), shares, missing
    )


def _scale(table: Table, name: str, least: int, missing: float) -> Scale:
    ordered = np.sort(table.numbers(name))
    ordered = ordered[~np.isnan(ordered)]
    size = min(least, len(ordered))
    starts = np.clip(np.round(PLACES * (len(ordered) - 1)).astype(int) - size // 2, 0, len(ordered) - size)
    knots = np.array([ordered[start : start + size].mean() for start in starts])
    return Scale(table.schema[name], np.clip(knots, ordered[0], ordered[-1]), missing)


def _names(known: Levels, kept: np.ndarray, shares: np.ndarray, missing: float) -> Names:
    scale = None if known.scale is None else np.append(known.scale[: len(kept)][kept], np.nan)
    held = np.append(shares / max(shares.sum(), 1e-300) * (1 - missing), missing)
    return Names(Levels(known.column, known.labels[kept], scale, True), held / held.sum())


def _digits(shares: np.ndarray) -> np.ndarray:
    """Rounded to two digits."""
    return np.array([float(f"{share:.1e}") for share in shares])


def _hundredths(share: float) -> float:
    """All or nothing stays so."""
    return share if share in (0.0, 1.0) else min(0.99, max(0.01, round(share, 2)))
