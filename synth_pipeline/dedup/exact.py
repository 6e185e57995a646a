"""Exact repeats among synthetic rows: dropped only beyond what real data has at that size.

Real tables of few columns repeat themselves, and dropping all repeats would thin out their commonest
rows.  What counts is how many rows occur at least 2, 3, 4, ... times; the content of the repeated rows
is never compared with real ones, since a filter of near copies would hide a leak from the audit.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table

CONFIDENCE = 0.999


@dataclass(frozen=True, slots=True, eq=False)
class Deduplicated:
    """What is left, and the counts of all that happened."""

    table: Table
    repeated: int  # rows beyond the first of their kind, before
    dropped_beyond_real: int
    dropped_by_key: int

    @property
    def kept_repeats(self) -> int:
        """Rows that repeat another one and stay, since real data does so too."""
        return self.repeated - self.dropped_beyond_real


def repeats(table: Table, rows: int, seed: Seed) -> list[float]:
    """How many distinct rows may occur at least 2, 3, ... times among ``rows`` synthetic ones.

    From a real table: it is cut to ``rows`` where it is larger, and where it is smaller the counts grow
    with the power that they would grow with.  Each is the upper bound at 99.9 % of a Poisson mean.
    """
    keys = _keys(table)
    if len(keys) > rows:
        keys = keys[seed.stream().permutation(len(keys))[:rows]]
    multiplicities = np.unique(keys, return_counts=True)[1]
    growth = rows / max(1, len(keys))
    highest = int(multiplicities.max(initial=1))
    return [
        float(chi2.ppf(CONFIDENCE, 2 * ((multiplicities >= times).sum() + 1)) / 2 * growth**times)
        for times in range(2, highest + 3)
    ]


def deduplicate(candidates: Table, allowed: list[float], key: str | None = None) -> Deduplicated:
    """Drop repeats beyond the allowed counts, the last occurrences first, and repeated keys."""
    keys = _keys(candidates)
    first, places, counts = _groups(keys)
    keep_times = _capped(counts, allowed)
    keep = _occurrence(places) < keep_times[places]
    beyond = int((~keep).sum())
    by_key = 0
    if key is not None:
        again = candidates.frame[key].duplicated().to_numpy() & keep
        by_key, keep = int(again.sum()), keep & ~again
    return Deduplicated(candidates.take(keep), len(keys) - len(first), beyond, by_key)


def _keys(table: Table) -> np.ndarray:
    """A 64-bit number per row, identifiers aside."""
    return pd.util.hash_pandas_object(table.frame[table.schema.modelled], index=False).to_numpy()


def _groups(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _, first, places, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    return first, places, counts


def _occurrence(places: np.ndarray) -> np.ndarray:
    """For each row, how many equal rows come before it."""
    order = np.argsort(places, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(places[order])) + 1]
    out = np.empty(len(places), int)
    out[order] = np.arange(len(places)) - np.repeat(starts, np.diff(np.r_[starts, len(places)]))
    return out


def _capped(counts: np.ndarray, allowed: list[float]) -> np.ndarray:
    """Multiplicities cut so that for every level no more rows reach it than allowed."""
    capped = counts.copy()
    ceiling = len(allowed) + 1
    order = np.argsort(-counts, kind="stable")
    capped[order] = np.minimum(capped[order], ceiling)
    for times in range(ceiling, 1, -1):
        reach = order[capped[order] >= times]
        capped[reach[int(allowed[times - 2]) :]] = times - 1
    return capped
