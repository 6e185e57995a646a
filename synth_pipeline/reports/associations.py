"""How strongly columns go together, as a matrix."""

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence

WIDTH = 20  # bins of a column: between deciles and upon them, and one for missing
LARGEST = 20_000  # rows of a side
FEWEST = 30  # rows with both values known


def associations(evidence: Evidence, side: int, names: list[str]) -> np.ndarray:
    """Symmetric matrix over names, NaN where it cannot be told (a constant column) and on the diagonal.

    Spearman's rank correlation for two numeric columns (-1 to 1), else Cramer's V on bins,
    bias-corrected (0 to 1).
    """
    rows = np.sort(evidence.seed.child("associations").stream().permutation(len(evidence.tables[side]))[:LARGEST])
    out = np.full((len(names), len(names)), np.nan)
    numeric = [place for place, name in enumerate(names) if name in evidence.numbers]
    if numeric:
        numbers = pd.DataFrame({place: evidence.numbers[names[place]][side][rows] for place in numeric})
        out[np.ix_(numeric, numeric)] = numbers.corr("spearman", min_periods=FEWEST).to_numpy()
    bins = [_bins(evidence, name, side)[rows] for name in names]
    for a in range(len(names)):
        for b in range(a):
            if a not in numeric or b not in numeric:
                out[a, b] = out[b, a] = cramer(bins[a], bins[b])
    np.fill_diagonal(out, np.nan)
    return out


def _bins(evidence: Evidence, name: str, side: int) -> np.ndarray:
    """Of one side; a number upon a decile is apart from those beside it, so that a column of mostly zeros has bins."""
    if name in evidence.codes:
        return evidence.bins[name][side]
    numbers = evidence.numbers[name]
    real = np.concatenate(numbers[:2])
    real = real[~np.isnan(real)]
    edges = np.unique(np.quantile(real, np.linspace(0.1, 0.9, 9))) if len(real) else np.empty(0)
    places = np.searchsorted(edges, numbers[side], "left") + np.searchsorted(edges, numbers[side], "right")
    return np.where(np.isnan(numbers[side]), WIDTH - 1, places)


def cramer(first: np.ndarray, second: np.ndarray) -> float:
    """Cramer's V of two columns of bins with the correction of Bergsma (2013), doi:10.1016/j.jkss.2012.10.002."""
    rows = len(first)
    table = np.bincount(first * WIDTH + second, minlength=WIDTH * WIDTH).reshape(WIDTH, WIDTH).astype(float)
    table = table[table.any(1)][:, table.any(0)]
    if rows < FEWEST or min(table.shape) < 2:
        return float("nan")
    expected = np.outer(table.sum(1), table.sum(0)) / rows
    spare = (table.shape[0] - 1) * (table.shape[1] - 1) / (rows - 1)
    phi = max(0.0, float(((table - expected) ** 2 / expected).sum()) / rows - spare)
    sides = (size - (size - 1) ** 2 / (rows - 1) for size in table.shape)
    return float(min(1.0, np.sqrt(phi / (min(sides) - 1))))
