"""In which order a sequential generator draws its columns: those that hardly depend on the others come last.

As predictors they are noise, and every split on noise gives something away for nothing.
"""

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table

_WEAK = 0.15  # nats that all other columns tell of a column, one by one, for each nat of its entropy
_LEVELS = 12
_ROWS = 25_000  # that are looked at


def drawing_order(table: Table, seed: Seed) -> list[str]:
    """The modelled columns: those that depend on others as they stand, then the weak ones, weakest last."""
    names = table.schema.modelled
    if len(table) > _ROWS:
        table = table.take(np.sort(seed.stream().permutation(len(table))[:_ROWS]))
    if not names or not len(table):
        return names
    strength = _dependence([_coarse(table, name) for name in names])
    weak = [place for place in np.argsort(-strength, kind="stable") if strength[place] < _WEAK]
    return [name for place, name in enumerate(names) if place not in weak] + [names[place] for place in weak]


def _dependence(codes: list[np.ndarray]) -> np.ndarray:
    """Of each column the sum of its mutual information with each other one, over its entropy.

    Mutual information is corrected for its bias (Miller 1955, as in Paninski 2003, doi:10.1162/089976603321780272).
    """
    rows = len(codes[0])
    entropies = np.array([_entropy(column, rows) for column in codes])
    sizes = [len(np.unique(column)) for column in codes]
    total = np.zeros(len(codes))
    for one in range(len(codes)):
        for other in range(one):
            joint = _entropy(codes[one] * (_LEVELS + 1) + codes[other], rows)
            bias = (sizes[one] - 1) * (sizes[other] - 1) / (2 * rows)
            shared = max(0.0, entropies[one] + entropies[other] - joint - bias)
            total[one] += shared
            total[other] += shared
    return total / np.maximum(entropies, 0.05)


def _entropy(codes: np.ndarray, rows: int) -> float:
    """In nats."""
    share = np.bincount(codes) / rows
    share = share[share > 0]
    return float(-(share * np.log(share)).sum())


def _coarse(table: Table, name: str) -> np.ndarray:
    """A column in at most ``_LEVELS`` + 1 codes: twelfths of numbers, the commonest categories."""
    if table.schema[name].kind.is_numeric:
        ranks = pd.Series(table.numbers(name)).rank(method="average").to_numpy() / len(table)
        codes = np.where(np.isnan(ranks), _LEVELS, np.floor(ranks * (_LEVELS - 1e-9)))
        return np.unique(codes, return_inverse=True)[1]
    codes, levels = pd.factorize(table.frame[name], use_na_sentinel=False)
    place = np.full(len(levels), _LEVELS - 1)
    common = np.argsort(-np.bincount(codes, minlength=len(levels)), kind="stable")[: _LEVELS - 1]
    place[common] = np.arange(len(common))
    return place[codes]
