"""Exact tests of membership: does what was found by looking at the synthetic table favour train over holdout?

Whatever an attack does, as long as it treats the real records of both sides alike, the split is random
given its outcome.  How many members are among the records that it picks is then hypergeometric, however
the records resemble one another.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import beta, hypergeom, norm, rankdata

from synth_pipeline.checks.enrichment import lottery
from synth_pipeline.core.seeds import Seed


@dataclass(frozen=True, slots=True)
class Found:
    """Records that an attack picked, of train and of holdout, and the chance of so many members without a leak."""

    members: int
    train: int
    others: int
    holdout: int
    p_value: float

    @property
    def share(self) -> float:
        """Of train records that were picked: 0 none, 1 all."""
        return self.members / self.train

    @property
    def control(self) -> float:
        """Of holdout records that were picked: what an attacker gets from records that were never seen."""
        return self.others / self.holdout

    @property
    def counted(self) -> str:
        """In words."""
        return f"{self.members} of {self.train} train and {self.others} of {self.holdout} holdout records"


def of_set(picked: np.ndarray, member: np.ndarray) -> Found:
    """Fisher's exact test, one-sided: are members picked more often than others?  Both are masks over records."""
    train, holdout = int(member.sum()), int((~member).sum())
    members, total = int((picked & member).sum()), int(picked.sum())
    p_value = float(hypergeom.sf(members - 1, len(member), train, total))
    return Found(members, train, total - members, holdout, p_value)


@dataclass(frozen=True, slots=True)
class Enrichment:
    """Members among the highest scores, ``size`` being the number of scores at which they stand out most."""

    members: int
    size: int
    p_value: float


def of_ranking(scores: np.ndarray, member: np.ndarray, seed: Seed) -> Enrichment:
    """Are members too many among the K highest scores, for any K from 12 to 768?  Exact; ties by lot."""
    lots = lottery(len(member), int(member.sum()))
    size, members, tail = lots.best(member[np.lexsort((seed.stream().random(len(scores)), -scores))])
    return Enrichment(members, size, lots.chance(tail))


def smallest_p(train: int, holdout: int) -> float:
    """The smallest p-value that ``of_ranking`` can give for so many records."""
    return lottery(train + holdout, train).smallest()


@dataclass(frozen=True, slots=True)
class Area:
    """Area under the ROC curve (0.5: no better than chance, 1: tells all members) with its interval at 99 %."""

    value: float
    low: float
    high: float
    p_value: float


def of_scores(scores: np.ndarray, member: np.ndarray) -> Area:
    """Mann-Whitney's test that members score higher, ties counting half.

    The interval is after Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    first, second = int(member.sum()), int((~member).sum())
    ranks = rankdata(scores)
    area = float((ranks[member].sum() - first * (first + 1) / 2) / (first * second))
    total = first + second
    ties = np.unique(ranks, return_counts=True)[1].astype(float)
    spread = (total + 1 - float((ties**3 - ties).sum()) / (total * (total - 1))) / (12 * first * second)
    p_value = float(norm.sf((area - 0.5) / np.sqrt(spread))) if spread > 0 else 1.0
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    error = np.sqrt((area * (1 - area) + (first - 1) * (one - area**2) + (second - 1) * (two - area**2))
                    / (first * second))  # fmt: skip
    return Area(area, max(0.0, area - 2.576 * error), min(1.0, area + 2.576 * error), p_value)


def clopper_pearson(hits: int, trials: int, level: float = 0.99) -> tuple[float, float]:
    """Exact interval of a share, after Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high
