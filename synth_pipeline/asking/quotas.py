"""Shares of labels as whole numbers of rows."""

from collections.abc import Mapping

import numpy as np


def apportioned(rows: int, shares: Mapping[str, float]) -> dict[str, int]:
    """So many rows by shares, which need not add up to 1: the largest remainders get what rounding leaves."""
    names, weights = list(shares), np.array(list(shares.values()), float)
    exact = rows * weights / weights.sum()
    counts = np.floor(exact + 1e-9).astype(int)
    for place in np.argsort(-(exact - counts), kind="stable")[: rows - int(counts.sum())]:
        counts[place] += 1
    return dict(zip(names, counts.tolist(), strict=True))
