"""Diversity: does the synthetic table keep the breadth of the real one?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import BINS, Evidence, Three
from synth_pipeline.checks.resampling import Excess, Resample, Z, of_replicates, resample
from synth_pipeline.core.finding import Family, Finding

LARGEST = 10_000


class Diversity:
    """Breadth of the synthetic table against the real one; every number is a shortfall (0: none, 1: all lost).

    ``entropy`` of each column and of pairs of columns on bins, as a share of the largest
    entropy that so many bins can have;
    ``distinct`` rows relative to the holdout at equal size; ``levels``: share of real rows whose category
    never occurs in the synthetic table; ``range``: share of the real range, all but ten
    values at either end, that synthetic values leave out.  Train against holdout is the baseline.
    """

    name = "diversity"
    family = Family.DIVERSITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        sample = resample(evidence, LARGEST)
        for name in evidence.names:
            yield self._finding(name, "entropy", _entropy_loss(evidence.bins[name], sample), sample.size)
        yield from self._pairs(evidence, sample)
        yield self._finding("rows", "distinct", _distinct_loss(evidence.row_keys, sample), sample.size)
        for name in evidence.nominal:
            yield self._finding(name, "levels", _level_loss(evidence.codes[name], sample), sample.size)
        for name in evidence.numeric:
            numbers = evidence.numbers[name]
            lost = [_range_loss(numbers.holdout, side) for side in (numbers.synthetic, numbers.train)]
            yield Finding(self.name, self.family, name, "range", lost[0], baseline=lost[1], n=len(numbers.holdout))

    def _pairs(self, evidence: Evidence, sample: Resample) -> Iterator[Finding]:
        """Joint entropy of each column with the next one in a ring: as many pairs as columns."""
        names = evidence.names
        if len(names) < 3:
            return
        for first, second in zip(names, [*names[1:], names[0]], strict=True):
            joint = Three(*(a * BINS + b for a, b in zip(evidence.bins[first], evidence.bins[second], strict=True)))
            yield self._finding(f"{first} × {second}", "entropy", _entropy_loss(joint, sample), sample.size)

    def _finding(self, subject: str, metric: str, measured: Excess, size: int) -> Finding:
        return Finding(self.name, self.family, subject, metric, measured.value, measured.low, measured.high,
                       measured.baseline, n=size)  # fmt: skip


def _entropy(shares: np.ndarray) -> np.ndarray:
    """In bits, along the last axis."""
    return -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(-1)


def _entropy_loss(codes: Three[np.ndarray], sample: Resample) -> Excess:
    count = max(int(side.max(initial=0)) for side in codes) + 1
    bits = Three(*map(_entropy, sample.counts(codes, count)))
    occupied = np.unique(np.concatenate(codes[:2])).size
    whole = np.log2(max(2, occupied))
    return of_replicates(*((bits.holdout - side) / whole for side in (bits.synthetic, bits.train)))


def _distinct_loss(keys: Three[np.ndarray], sample: Resample) -> Excess:
    """Distinct rows at the size of the smallest side; the error is that of a share of distinct rows."""
    taken = [side[rows][: sample.size] for side, rows in zip(keys, sample.rows, strict=True)]
    train, holdout, synthetic = (len(np.unique(side)) for side in taken)
    error = float(np.sqrt(2 * max(holdout * (1 - holdout / sample.size), 1))) / holdout * Z
    value = 1 - synthetic / holdout
    return Excess(value, value - error, value + error, 1 - train / holdout)


def _level_loss(codes: Three[np.ndarray], sample: Resample) -> Excess:
    """Both shares are of the same holdout rows, so the error is that of a paired difference."""
    taken = Three(*(side[rows] for side, rows in zip(codes, sample.rows, strict=True)))
    lost = [~np.isin(taken.holdout, side) for side in (taken.synthetic, taken.train)]
    value, baseline = (float(side.mean()) for side in lost)
    spread = float(np.std(lost[0].astype(float) - lost[1].astype(float)))
    error = Z * max(spread, 1 / np.sqrt(len(lost[0]))) / np.sqrt(len(lost[0]))
    return Excess(value, value - error, value + error, baseline)


def _range_loss(real: np.ndarray, other: np.ndarray) -> float:
    """Between quantiles so far inside that the extremes of a fresh real sample lie beyond them."""
    real, other = real[~np.isnan(real)], other[~np.isnan(other)]
    if not len(real) or not len(other):
        return float(len(real) > 0)
    tail = min(0.25, 10 / min(len(real), len(other)))
    low, high = np.quantile(real, [tail, 1 - tail])
    if low == high:
        return 0.0
    covered = max(0.0, min(high, other.max()) - max(low, other.min()))
    return float(1 - covered / (high - low))
