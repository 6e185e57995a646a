"""How far a judge agrees with people, beyond chance."""

from dataclasses import dataclass

import numpy as np

from synth_pipeline.core.seeds import Seed

RESAMPLES = 2_000
LEVEL = 0.95
RULE_OF_THREE = 3  # rows of full disagreement that may be there at 95 % where none was seen


@dataclass(frozen=True, slots=True)
class Agreement:
    """Kappa (1: always alike, 0: as by chance, below: less), its interval at 95 %, and the share of equal scores."""

    kappa: float
    low: float
    high: float
    exact: float
    by_chance: float


def agreement(judge: np.ndarray, people: np.ndarray, scale: tuple[int, int], seed: Seed) -> Agreement:
    """Of two scores of each row, whole numbers of a scale.

    Kappa after Cohen (1968), doi:10.1037/h0026256, disagreements weighing by their square; on a scale of two that of
    Cohen (1960), doi:10.1177/001316446002000104.  Its interval is a bootstrap over rows, whose lower end is no higher
    than what three more rows of full disagreement would give: few rows without any disagreement prove little.
    Kappa is NaN where both gave every row one and the same score.
    """
    rows = len(judge)
    pairs, counts = np.unique(np.column_stack([judge, people]).astype(float), axis=0, return_counts=True)
    cells = _moments(pairs)  # rows of equal scores are one cell, so that a resample does not grow with the rows
    kappa = float(_kappa(counts[None] / rows @ cells)[0])
    weights = seed.stream().multinomial(rows, counts / rows, RESAMPLES) / rows
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(np.nan_to_num(_kappa(weights @ cells)), [tail, 1 - tail])
    worst, best = scale
    against = np.array([(worst, best), (best, worst), (worst, best)][:RULE_OF_THREE], float)
    humble = float(_kappa((counts @ cells + _moments(against).sum(axis=0))[None] / (rows + len(against)))[0])
    shares = [[(side == score).mean() for score in range(worst, best + 1)] for side in (judge, people)]
    return Agreement(kappa, float(min(low, humble, kappa)), float(max(high, kappa)), float((judge == people).mean()),
                     float(np.dot(*shares)))  # fmt: skip


def _moments(pairs: np.ndarray) -> np.ndarray:
    """Of pairs of scores: both, their squares and their product."""
    return np.column_stack([pairs, pairs**2, pairs.prod(axis=1)])


def _kappa(moments: np.ndarray) -> np.ndarray:
    """From the means of x, y, their squares and their product, shape (n, 5): one less the squares by those of chance.

    Between rows that are paired at random the mean square of x - y is var x + var y + (mean x - mean y)^2.
    """
    x, y, xx, yy, xy = moments.T
    apart, by_chance = xx + yy - 2 * xy, xx + yy - 2 * x * y
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(by_chance > 1e-12, 1 - apart / by_chance, np.nan)
