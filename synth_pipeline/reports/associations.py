"""How strongly columns go together, as a matrix."""

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.pairs import WIDTH

LARGEST = 20_000  # rows of a side
FEWEST = 30  # rows with both values known


def associations(evidence: Evidence, side: int, names: list[str]) -> np.ndarray:
    """Symmetric matrix over names, NaN where it cannot be told (a constant column) and on the diagonal.

    Spearman's rank correlation for two numeric columns (-1 to 1), else Cramer's V on at most eleven bins,
    bias-corrected (0 to 1).
    """
    rows = np.sort(evidence.seed.child("associations").stream().permutation(len(evidence.tables[side]))[:LARGEST])
    out = np.full((len(names), len(names)), np.nan)
    numeric = [place for place, name in enumerate(names) if name in evidence.numbers]
    if numeric:
        numbers = pd.DataFrame({place: evidence.numbers[names[place]][side][rows] for place in numeric})
        out[np.ix_(numeric, numeric)] = numbers.corr("spearman", min_periods=FEWEST).to_numpy()
    for a in range(len(names)):
        for b in range(a):
            if a not in numeric or b not in numeric:
                bins = (evidence.bins[names[place]][side][rows] for place in (a, b))
                out[a, b] = out[b, a] = cramer(*bins)
    np.fill_diagonal(out, np.nan)
    return out


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
