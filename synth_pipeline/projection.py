"""What all rows will take, from what some of them took: how much a request costs, and how many it needs for a row.

Answers that repeat earlier ones become commoner as rows grow.  How common is told by labels that were asked to their
full number, or, where these are too large, by the repeats among fewer: texts of a label are taken to be drawn from as
many equally likely ones as explain the repeats (the occupancy problem: Feller 1968, An Introduction to Probability
Theory and Its Applications I, IV.2), and richer labels to have more texts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

CONFIDENCE = 0.95
_SEVERAL = 5  # labels, from which on their differences are looked at
_FULL = 0.999999  # of the texts that a label has, beyond which it cannot give more


@dataclass(frozen=True, slots=True)
class Projection:
    """An amount, with an interval at 95 %."""

    expected: float
    low: float
    high: float

    def __mul__(self, other: "Projection") -> "Projection":
        """The product of independent amounts; squares of relative widths add up."""
        product = self.expected * other.expected
        below, above = (
            math.hypot(*(abs(end(one) - one.expected) / one.expected for one in (self, other) if one.expected))
            for end in (lambda one: one.low, lambda one: one.high)
        )
        return Projection(product, max(0.0, product * (1 - below)), product * (1 + above))


@dataclass(frozen=True, slots=True)
class Depth:
    """How far a label was asked: ``items`` answers that can be used gave ``got`` different rows, of ``wanted``.

    ``surplus`` of these rows came with the last answers, beyond what had been asked for.
    """

    wanted: int
    got: int
    items: int
    surplus: int = 0


def items_per_row(depths: Sequence[Depth], most: float) -> Projection:
    """Answers that can be used for each row, when every label is asked for all that is wanted of it; at most ``most``.

    The interval is that of the number of repeats, taken as a Poisson variable (Garwood 1936, doi:10.2307/2333958) and
    widened by how much more they vary: as waiting times do, or as labels are seen to differ.
    """
    from scipy.stats import chi2

    got = sum(one.got for one in depths)
    repeats = sum(one.items for one in depths) - got
    tail = (1 - CONFIDENCE) / 2
    low = chi2.ppf(tail, 2 * repeats) / 2 if repeats else 0.0
    high = chi2.ppf(1 - tail, 2 * repeats + 2) / 2
    wider = math.sqrt(_dispersion(depths, repeats / max(1, got)))
    low, high = max(0.0, repeats - wider * (repeats - low)), repeats + wider * (high - repeats)
    surplus = sum(one.surplus for one in depths) / max(1, sum(one.wanted for one in depths))
    return Projection(*(_needed(depths, got + one, most) + surplus for one in (repeats, low, high)))


def mean_cost(costs: Sequence[float], lengths: Sequence[float], length: float | None) -> Projection:
    """Of a request to come, whose prompt has a known mean length: the regression estimator of survey sampling.

    Cochran (1977), Sampling Techniques, chapter 7.  Without a length it is the mean; the interval is by Student's t.
    """
    from scipy.stats import t

    each, x = np.array(costs, float), np.array(lengths, float)
    count, slope = len(each), 0.0
    spread = float(((x - x.mean()) ** 2).sum())
    if length is not None and count > 3 and spread > 0:
        slope = float(((x - x.mean()) * (each - each.mean())).sum() / spread)
    expected = float(each.mean()) + (slope * (length - float(x.mean())) if length is not None and slope else 0.0)
    free = count - 1 - bool(slope)
    if free < 1:
        return Projection(expected, expected, expected)
    rest = each - each.mean() - slope * (x - x.mean())
    half = float(t.ppf((1 + CONFIDENCE) / 2, free) * math.sqrt((rest**2).sum() / free / count))
    return Projection(expected, max(0.0, expected - half), expected + half)


def _dispersion(depths: Sequence[Depth], rate: float) -> float:
    """Variance of repeats over their mean: 1 + rate for waiting times, by Pearson more where labels differ."""
    expected = np.array([one.got * rate for one in depths])
    if len(depths) < _SEVERAL or not expected.all():
        return 1 + rate
    repeats = np.array([one.items - one.got for one in depths])
    return max(1 + rate, float(((repeats - expected) ** 2 / expected).sum() / (len(depths) - 1)))


def _needed(depths: Sequence[Depth], items: float, most: float) -> float:
    """Answers per row at full depth, if these labels took so many for what they gave."""
    rate = _fill(depths, items)
    if rate >= 1:
        return most
    return min(most, -math.log1p(-rate) / rate) if rate > 1e-9 else 1.0


def _fill(depths: Sequence[Depth], items: float) -> float:
    """Rows wanted of a label as a share of its texts, by which the labels would take so many answers; by bisection."""
    known = [one for one in depths if one.got]
    if not known or items <= sum(one.got for one in known):
        return 0.0
    low, high = 0.0, _FULL * min(max(one.wanted / one.got, 1) for one in known)
    for _ in range(60):
        middle = (low + high) / 2
        taken = sum(-one.wanted / middle * math.log1p(-middle * one.got / max(one.wanted, one.got)) for one in known)
        low, high = (middle, high) if taken < items else (low, middle)
    return low
