"""Quantile functions of the declared laws, cut off at declared bounds.

A number is drawn by putting an even one through the quantile function, so that any law can take part in
a Gaussian copula.
"""

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.rules import MOST_COUNTED, DecimalRule, IntegerRule, Numbers

_LEAST_MASS = 1e-12


def quantiles(rule: Numbers, even: np.ndarray, called: str) -> np.ndarray:
    """Numbers of the law at these shares (above 0 and below 1), float64, within the bounds and rounded as declared.

    Raises SynthError naming the column where the law has nothing between its bounds.
    """
    if rule.law in ("poisson", "zipf"):
        return _counted(rule, even, called)
    low, high = _bounds(rule)
    if rule.law == "uniform":
        out = low + even * (high - low)
    else:
        first, last = (_shares(rule, np.array(bound)) for bound in (low, high))
        if not last - first > _LEAST_MASS:
            raise SynthError(f"{called}: the law {rule.law!r} has nothing between min and max.", "widen the bounds.")
        out = _inverse(rule, first + even * (last - first))
    return _rounded(rule, out)


def _bounds(rule: Numbers) -> tuple[float, float]:
    """Of what is drawn; whole numbers have half a number on either side, so that the outer ones are as likely."""
    least = {"exponential": 0.0, "lognormal": 0.0, "gamma": 0.0, "pareto": rule.scale}.get(rule.law)
    low = rule.min if least is None else max(least or 0.0, -np.inf if rule.min is None else rule.min)
    low, high = -np.inf if low is None else low, np.inf if rule.max is None else rule.max
    if isinstance(rule, IntegerRule):
        return np.ceil(low) - 0.5 * (rule.min is not None), np.floor(high) + 0.5
    return low, high


def _rounded(rule: Numbers, numbers: np.ndarray) -> np.ndarray:
    places = 0 if isinstance(rule, IntegerRule) else rule.decimals if isinstance(rule, DecimalRule) else None
    if places is None:
        return numbers
    step = 10.0**-places
    low = -np.inf if rule.min is None else np.ceil(rule.min / step - 1e-9) * step
    high = np.inf if rule.max is None else np.floor(rule.max / step + 1e-9) * step
    if isinstance(rule, IntegerRule):
        low, high = max(low, -(2.0**62)), min(high, 2.0**62)
    return np.round(np.clip(np.round(numbers, places), low, high), places)


def _shares(rule: Numbers, numbers: np.ndarray) -> float:
    """Distribution function."""
    from scipy.special import gammainc, ndtr

    mean, sd, shape, scale = _parameters(rule)
    with np.errstate(divide="ignore"):
        if rule.law == "normal":
            out = ndtr((numbers - mean) / sd)
        elif rule.law == "lognormal":
            out = ndtr((np.log(np.maximum(numbers, 0)) - mean) / sd)
        elif rule.law == "exponential":
            out = -np.expm1(-np.maximum(numbers, 0) / mean)
        elif rule.law == "gamma":
            out = gammainc(shape, np.maximum(numbers, 0) / scale)
        else:
            out = 1 - (scale / np.maximum(numbers, scale)) ** shape
    return float(out)


def _inverse(rule: Numbers, shares: np.ndarray) -> np.ndarray:
    from scipy.special import gammaincinv, ndtri

    mean, sd, shape, scale = _parameters(rule)
    if rule.law == "normal":
        return mean + sd * ndtri(shares)
    if rule.law == "lognormal":
        return np.exp(mean + sd * ndtri(shares))
    if rule.law == "exponential":
        return -mean * np.log1p(-shares)
    if rule.law == "gamma":
        return gammaincinv(shape, shares) * scale
    return scale * (1 - shares) ** (-1 / shape)


def _parameters(rule: Numbers) -> tuple[float, float, float, float]:
    return rule.mean or 0.0, rule.sd or 1.0, rule.shape or 1.0, rule.scale or 1.0


def _counted(rule: Numbers, even: np.ndarray, called: str) -> np.ndarray:
    """Laws of whole numbers, by a table of all that have any weight."""
    from scipy.special import gammaln

    if rule.law == "zipf":
        support = np.arange(1, int(rule.max or MOST_COUNTED) + 1, dtype=float)
        logs = -(rule.shape or 1.0) * np.log(support)
    else:
        mean = rule.mean or 1.0
        reach = 12 * np.sqrt(mean) + 40
        support = np.arange(max(0, int(mean - reach)), int(mean + reach) + 1, dtype=float)
        logs = support * np.log(mean) - mean - gammaln(support + 1)
    inside = (support >= (-np.inf if rule.min is None else rule.min)) & (
        support <= (np.inf if rule.max is None else rule.max)
    )
    if not inside.any():
        raise SynthError(f"{called}: the law {rule.law!r} has nothing between min and max.", "widen the bounds.")
    support, weights = support[inside], np.exp(logs[inside] - logs[inside].max())
    ends = np.cumsum(weights)
    return support[np.searchsorted(ends / ends[-1], even, side="right").clip(0, len(support) - 1)]
