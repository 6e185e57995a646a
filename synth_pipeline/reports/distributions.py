"""Columns as shares of many rows: what may be drawn of real data in something that is published.

A level is named only where at least five real records hold it, bins are few, their edges lie on round
numbers, and the ends of the axis have at least five real values beyond them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.reports.words import distinct, printable
from synth_pipeline.spec.columns import Column, Kind

FEWEST = 5  # real records that hold a level that is named, or that lie beyond an end of an axis
BINS = 30
LEVELS = 12
TAIL = 0.005
OTHER, MISSING = "other levels", "missing"

_HOUR, _DAY = 3600.0, 86400.0
_SPANS = (1.0, 5.0, 15.0, 60.0, 300.0, 900.0, _HOUR, 6 * _HOUR, *(_DAY * days for days in (1, 2, 7, 14, 30, 91, 182)))


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Shares of all rows of holdout and synthetic in each bin; the first and last bin hold what lies beyond."""

    edges: np.ndarray
    real: np.ndarray
    synthetic: np.ndarray
    missing: tuple[float, float]
    dates: bool


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Shares of all rows of holdout and synthetic in each level, the commonest first."""

    labels: list[str]
    real: list[float]
    synthetic: list[float]


def histogram(evidence: Evidence, name: str) -> Histogram:
    """Of a numeric column."""
    column, sides = evidence.schema[name], evidence.numbers[name]
    edges = _edges(np.concatenate(sides[:2]), column)
    real, synthetic = (_shares(side, edges) for side in (sides.holdout, sides.synthetic))
    gaps = (float(np.isnan(side).mean()) if len(side) else 0.0 for side in (sides.holdout, sides.synthetic))
    return Histogram(edges, real, synthetic, (next(gaps), next(gaps)), column.kind is Kind.DATETIME)


def levels(evidence: Evidence, name: str) -> Levels:
    """Of a nominal column: the commonest levels, then all others together, then missing."""
    holdout, synthetic = (_level_shares(table.frame[name]) for table in (evidence.holdout.table, evidence.synthetic))
    nameable = _nameable(evidence, name)
    known = sorted(nameable, key=lambda level: (-holdout.get(level, 0.0), str(level)))[:LEVELS]
    rows = [(_apart(printable(level)), holdout.get(level, 0.0), synthetic.get(level, 0.0)) for level in known]
    rest = [max(0.0, float(side.sum()) - sum(side.get(level, 0.0) for level in known)) for side in (holdout, synthetic)]
    gaps = [max(0.0, 1 - float(side.sum())) for side in (holdout, synthetic)]
    extra = [(label, *shares) for label, shares in ((OTHER, rest), (MISSING, gaps)) if max(shares) > 1e-9]
    labels, first, second = (list(part) for part in zip(*rows, *extra, strict=True)) if rows or extra else ([], [], [])
    return Levels(distinct(labels), first, second)


def _level_shares(values: pd.Series) -> pd.Series:
    """Share of all rows, missing ones included in the whole."""
    return values.value_counts() / max(1, len(values))


def _nameable(evidence: Evidence, name: str) -> list[object]:
    """Levels that at least FEWEST real records hold; entities where they are declared."""
    values = pd.concat([table.frame[name] for table in evidence.tables[:2]], ignore_index=True)
    units = np.arange(len(values)) if evidence.entities is None else np.concatenate(evidence.entities[:2])
    held = pd.DataFrame({"level": values, "unit": units}).dropna().drop_duplicates()["level"].value_counts()
    return list(held.index[held >= FEWEST])


def _apart(label: str) -> str:
    """A level that is called like one of the rows that are not levels is put in quotes."""
    return f"“{label}”" if label in (OTHER, MISSING) else label


def _shares(side: np.ndarray, edges: np.ndarray) -> np.ndarray:
    known = side[~np.isnan(side)]
    if len(edges) < 2:
        return np.zeros(0)
    places = np.clip(np.searchsorted(edges, known, "right") - 1, 0, len(edges) - 2)
    return np.bincount(places, minlength=len(edges) - 1) / max(1, len(side))


def _edges(real: np.ndarray, column: Column) -> np.ndarray:
    """At most BINS bins of a round width, from multiples of that width; on whole grid points where these are few."""
    real = real[np.isfinite(real)]
    if len(real) < 2 * FEWEST:
        return np.empty(0)
    tail = max(TAIL, FEWEST / len(real))
    low, high = (float(np.quantile(real, share)) for share in (tail, 1 - tail))
    grid = column.grid or (1.0 if column.kind is Kind.INTEGER else 0.0)
    for step in _steps(low, high, column.kind is Kind.DATETIME, grid):
        # On single grid points a bin has its point in the middle.
        shift = step / 2 if math.isclose(step, grid) else 0.0
        first, last = (math.floor((end + shift) / step) for end in (low, high))
        if last - first < BINS:
            return np.arange(first, last + 2) * step - shift
    raise AssertionError("steps grow without end")


def _steps(low: float, high: float, dates: bool, grid: float) -> Iterator[float]:
    """Round widths in growing order, from about a thirtieth of the range; never below the grid."""
    finest = max((high - low) / BINS, grid, 0.0 if high > low else abs(low) / 10, 1e-12)
    if dates:
        yield from (span for span in _SPANS if span >= finest)
        finest = max(finest, 365.2425 * _DAY) / (365.2425 * _DAY)
    elif math.isclose(finest, grid):
        yield grid
    power = math.floor(math.log10(finest))
    while True:
        for digit in (1, 2, 5):
            step = digit * 10.0**power
            if step >= finest * (1 - 1e-9):
                yield step * (365.2425 * _DAY if dates else 1.0)
        power += 1
