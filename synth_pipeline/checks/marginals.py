"""Marginals: does each column have the distribution that it has in the real table?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.resampling import Excess, Resample, excess, resample
from synth_pipeline.core.finding import Family, Finding

FINE = 1024  # a numeric column with more distinct values is compared on so many quantiles


class Marginals:
    """Distributions of single columns.

    For numbers the Kolmogorov-Smirnov distance (0: alike, 1: disjoint) and the Wasserstein-1 distance in
    standard deviations of the real values (0: alike, no upper bound); for categories the total variation distance (0:
    alike, 1: disjoint), a missing value being a category.  Where a numeric column has missing values, the
    difference of their shares as well.  Each between synthetic and holdout, with the same distance
    between train and holdout as its baseline.
    """

    name = "marginals"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        sample = resample(evidence)
        for name in evidence.numeric:
            yield from self._numeric(name, evidence.numbers[name], sample)
        for name in evidence.nominal:
            codes = evidence.codes[name]
            count = max(int(side.max(initial=0)) for side in codes) + 1
            yield self._finding(name, "tv", excess(total_variation, sample.counts(codes, count)), sample)

    def _numeric(self, name: str, numbers: Three[np.ndarray], sample: Resample) -> Iterator[Finding]:
        missing = Three(*(np.isnan(side).astype(int) for side in numbers))
        if any(side.any() for side in missing):
            yield self._finding(name, "missing", excess(total_variation, sample.counts(missing, 2)), sample)
        real = np.concatenate(numbers[:2])
        real = real[~np.isnan(real)]
        if not len(real) or np.isnan(numbers.synthetic).all():
            yield Finding(self.name, self.family, name, "ks", np.nan, note="all values of one side are missing")
            return
        places, points = _places(numbers, real)
        # The last code collects missing values and does not count.
        shares = Three(*(side[:, :-1] / np.maximum(side[:, :-1].sum(1, keepdims=True), 1e-12)
                         for side in sample.counts(places, len(points) + 1)))  # fmt: skip
        yield self._finding(name, "ks", excess(kolmogorov_smirnov, shares), sample)
        spread = float(np.std(real)) or 1.0
        gaps = np.diff(points) / spread
        yield self._finding(
            name,
            "wasserstein",
            excess(lambda a, b: (np.abs(np.cumsum(a - b, 1))[:, :-1] * gaps).sum(1), shares),
            sample,
        )

    def _finding(self, subject: str, metric: str, measured: Excess, sample: Resample) -> Finding:
        return Finding(
            self.name, self.family, subject, metric, measured.value, measured.low, measured.high, measured.baseline,
            n=sample.size,
        )  # fmt: skip


def total_variation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Half the sum of differences of shares, along the last axis: 0 alike, 1 disjoint."""
    return np.abs(first - second).sum(-1) / 2


def kolmogorov_smirnov(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Largest difference of cumulated shares, along the last axis: 0 alike, 1 disjoint."""
    return np.abs(np.cumsum(first - second, -1)).max(-1)


def _places(numbers: Three[np.ndarray], real: np.ndarray) -> tuple[Three[np.ndarray], np.ndarray]:
    """Each number as the place of its value among all values, or among quantiles where values are many."""
    everything = np.concatenate(numbers)
    points = np.unique(everything[~np.isnan(everything)])
    if len(points) > FINE:
        ends = [points[0], points[-1]]
        points = np.unique(np.r_[ends, np.quantile(real, np.linspace(0, 1, FINE), method="nearest")])
    places = (np.minimum(np.searchsorted(points, side), len(points) - 1) for side in numbers)
    return Three(*(np.where(np.isnan(side), len(points), place)
                   for side, place in zip(numbers, places, strict=True))), points  # fmt: skip
