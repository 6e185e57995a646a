"""Marginals: does each column have the distribution that it has in the real table?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import BINS, Evidence, Three
from synth_pipeline.checks.resampling import Excess, Resample, excess, resample
from synth_pipeline.core.finding import Family, Finding

FINE = 1024  # a numeric column with more distinct values is compared on so many quantiles
ENDS = (0.005, 0.995)  # quantiles of the real values between which Wasserstein's distance looks


class Marginals:
    """Distributions of single columns.

    For numbers the Kolmogorov-Smirnov distance ``ks`` (0: alike, 1: disjoint) and the Wasserstein-1 distance
    in standard deviations of the real values (0: alike, no upper bound); for categories the total variation
    distance ``tv`` (0: alike, 1: disjoint), a missing value being a category.  For all of them the
    Jensen-Shannon distance ``js``, the root of the divergence in bits (0: alike, 1: disjoint), on levels or,
    for numbers, on deciles, missing included: it is the one that feels small categories most.  Lin (1991),
    doi:10.1109/18.61115.  Where a numeric column has missing values, the difference of their shares as well.
    Each between synthetic and holdout, with the same distance between train and holdout as its baseline.
    """

    name = "marginals"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        sample = resample(evidence)
        for name in evidence.numeric:
            yield from self._numeric(evidence, name, sample)
            shares = _shares(evidence, ("bins", name), evidence.bins[name], BINS, sample)
            yield self._finding(name, "js", excess(jensen_shannon, shares), sample)
        for name in evidence.nominal:
            codes = evidence.codes[name]
            shares = _shares(evidence, ("levels", name), codes, 1 + _last(codes), sample)
            yield self._finding(name, "tv", excess(total_variation, shares), sample)
            yield self._finding(name, "js", excess(jensen_shannon, shares), sample)

    def _numeric(self, evidence: Evidence, name: str, sample: Resample) -> Iterator[Finding]:
        numbers = evidence.numbers[name]
        missing = Three(*(np.isnan(side).astype(int) for side in numbers))
        if any(side.any() for side in missing):
            shares = _shares(evidence, ("missing", name), missing, 2, sample)
            yield self._finding(name, "missing", excess(total_variation, shares), sample)
        empty = [np.isnan(side).all() for side in (np.concatenate(numbers[:2]), numbers.synthetic)]
        if all(empty):
            return  # there is nothing to be alike but the missing ones
        if any(empty):
            yield Finding(self.name, self.family, name, "ks", np.nan, note="all values of one side are missing")
            return
        real = evidence.real.recall((self.name, "values", name, sample.key), lambda: _Ladder.of(numbers, sample))
        points, heights = real.beside(numbers.synthetic, sample)
        yield self._finding(name, "ks", excess(_highest_gap, heights), sample)
        gaps = np.diff(np.clip(points, *real.ends)) / real.spread
        yield self._finding(
            name, "wasserstein", excess(lambda a, b: (np.abs(a - b)[:, :-1] * gaps).sum(1), heights), sample
        )

    def _finding(self, subject: str, metric: str, measured: Excess, sample: Resample) -> Finding:
        return Finding(
            self.name, self.family, subject, metric, measured.value, measured.low, measured.high, measured.baseline,
            n=sample.size,
        )  # fmt: skip


def total_variation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Half the sum of differences of shares, along the last axis: 0 alike, 1 disjoint."""
    return np.abs(first - second).sum(-1) / 2


def jensen_shannon(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Root of the mean divergence from the middle, in bits, along the last axis: 0 alike, 1 disjoint."""
    middle = (first + second) / 2
    parts = (side * np.log2(np.where(side > 0, side, 1) / np.where(side > 0, middle, 1)) for side in (first, second))
    return np.sqrt(np.maximum(sum(part.sum(-1) for part in parts) / 2, 0))


def _highest_gap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.abs(first - second).max(-1)


def _last(codes: Three[np.ndarray]) -> int:
    return max(int(side.max(initial=0)) for side in codes)


def _shares(
    evidence: Evidence, what: tuple[str, str], codes: Three[np.ndarray], count: int, sample: Resample
) -> Three[np.ndarray]:
    """Shares of all codes; those of the real sides are computed once for all synthetic tables."""
    known = 1 + max(int(side.max(initial=0)) for side in codes[:2])
    real = evidence.real.recall(
        ("marginals", *what, sample.key), lambda: [sample.shares(side, codes[side], known) for side in (0, 1)]
    )
    train, holdout = (np.pad(side, ((0, 0), (0, count - known))) for side in real)
    return Three(train, holdout, sample.shares(2, codes.synthetic, count))


@dataclass(frozen=True, slots=True, eq=False)
class _Ladder:
    """Distribution functions of the real sides in every replicate, at all their values or at quantiles.

    ``heights`` begin with a 0, for what lies below all ``points``.
    """

    points: np.ndarray
    heights: tuple[np.ndarray, np.ndarray]
    ends: tuple[float, float]
    spread: float  # standard deviation of values between the ends

    @classmethod
    def of(cls, numbers: Three[np.ndarray], sample: Resample) -> "_Ladder":
        real = np.concatenate(numbers[:2])
        real = real[~np.isnan(real)]
        points = np.unique(real)
        if len(points) > FINE:
            points = np.unique(np.quantile(real, np.linspace(0, 1, FINE), method="nearest"))
        train, holdout = (_heights(side, numbers[side], points, sample) for side in (0, 1))
        low, high = np.quantile(real, ENDS, method="nearest")
        return cls(points, (train, holdout), (low, high), float(np.std(np.clip(real, low, high))) or 1.0)

    def beside(self, made: np.ndarray, sample: Resample) -> tuple[np.ndarray, Three[np.ndarray]]:
        """Values of all three sides, and the three distribution functions at them."""
        new = np.unique(made[~np.isnan(made)])
        if len(new) + len(self.points) > FINE:
            new = new[[0, -1]]  # in between, numbers count with the next real one
        points = np.union1d(self.points, new)
        steps = np.searchsorted(self.points, points, "right")
        train, holdout = (side[:, steps] for side in self.heights)
        return points, Three(train, holdout, _heights(2, made, points, sample)[:, 1:])


def _heights(side: int, numbers: np.ndarray, points: np.ndarray, sample: Resample) -> np.ndarray:
    """Share of known numbers of a side up to each point, after a 0."""
    missing = np.isnan(numbers)
    places = np.minimum(np.searchsorted(points, numbers), len(points) - 1)
    # The last code collects missing values and does not count.
    shares = sample.shares(side, np.where(missing, len(points), places), len(points) + 1)[:, :-1]
    shares = shares / np.maximum(shares.sum(1, keepdims=True), 1e-12)
    return np.pad(np.cumsum(shares, 1), ((0, 0), (1, 0)))
