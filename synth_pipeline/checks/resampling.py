"""How far a distance between synthetic and real exceeds the same distance between real and real.

All distances here are functions of weighted counts, so that a bootstrap is a matrix product.  The two
distances are taken at equal size: synthetic and train are cut to the same number of rows, and both are
compared with the same holdout.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.core.errors import Unmeasurable

REPLICATES = 40
Z = 2.576  # two-sided 99 %
LARGEST = 20_000  # rows of a side that a bootstrap looks at
SMALLEST = 50


@dataclass(frozen=True, slots=True, eq=False)
class Resample:
    """Rows of the three sides, and bootstrap weights for them: shape (1 + replicates, rows), the first all ones."""

    rows: Three[np.ndarray]
    weights: Three[np.ndarray]

    @property
    def size(self) -> int:
        """Rows of the smallest side."""
        return min(map(len, self.rows))

    def counts(self, codes: Three[np.ndarray], count: int) -> Three[np.ndarray]:
        """Share of each code in every replicate, shape (1 + replicates, count) per side."""
        from scipy.sparse import csr_array

        def shares(side: np.ndarray, weights: np.ndarray) -> np.ndarray:
            size = len(side)
            indicator = csr_array((np.ones(size, np.float32), side, np.arange(size + 1)), shape=(size, count))
            total = (indicator.T @ weights.T).T
            return total / np.maximum(total.sum(1, keepdims=True), 1)

        taken = (side[rows] for side, rows in zip(codes, self.rows, strict=True))
        return Three(*(shares(side, weights) for side, weights in zip(taken, self.weights, strict=True)))


@dataclass(frozen=True, slots=True)
class Excess:
    """A distance with its interval at 99 % and the real-versus-real distance it is to be compared with."""

    value: float
    low: float
    high: float
    baseline: float


def resample(evidence: Evidence, largest: int = LARGEST) -> Resample:
    """Draw rows at equal size and their bootstrap weights.

    Raises Unmeasurable where a side has fewer than ``SMALLEST`` rows.
    """
    if (least := min(map(len, evidence.tables))) < SMALLEST:
        raise Unmeasurable(f"The smallest table has {least} rows.", f"use at least {SMALLEST} of each.")
    stream = evidence.seed.child("resample").stream()
    equal = min(len(evidence.synthetic), len(evidence.train.table), largest)
    sizes = Three(equal, min(len(evidence.holdout.table), largest), equal)
    rows = Three(*(np.sort(stream.permutation(len(table))[:size])
                   for table, size in zip(evidence.tables, sizes, strict=True)))  # fmt: skip

    def weights(size: int) -> np.ndarray:
        drawn = stream.multinomial(size, np.full(size, 1 / size), size=REPLICATES)
        return np.vstack([np.ones(size), drawn]).astype(np.float32)

    return Resample(rows, Three(*map(weights, sizes)))


def excess(distance: Callable[[np.ndarray, np.ndarray], np.ndarray], shares: Three[np.ndarray]) -> Excess:
    """Compare synthetic and train with holdout by a distance that works along the last axis."""
    return of_replicates(distance(shares.synthetic, shares.holdout), distance(shares.train, shares.holdout))


def of_replicates(synthetic: np.ndarray, real: np.ndarray) -> Excess:
    """From the distances of all replicates, the observed ones first."""
    error = float(np.std(synthetic[1:] - real[1:], ddof=1))
    value = float(synthetic[0])
    return Excess(value, value - Z * error, value + Z * error, float(real[0]))
