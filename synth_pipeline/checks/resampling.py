"""How far a distance between synthetic and real exceeds the same distance between real and real.

All distances here are functions of weighted counts, so that a bootstrap is a matrix product.  The two
distances are taken at equal size: synthetic and train are cut to the same number of rows, and both are
compared with the same holdout.  What is drawn is units: rows, or all rows of an entity where one is
declared, since rows of one entity say less than as many independent ones.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.core.errors import Unmeasurable

Z = 2.576  # two-sided 99 %
LARGEST = 20_000  # rows of a side that a bootstrap looks at
SMALLEST = 50
SIDES = Three("train", "holdout", "synthetic")


@dataclass(frozen=True, slots=True, eq=False)
class Resample:
    """Rows of the three sides, and bootstrap weights for them: shape (1 + replicates, rows), the first all ones.

    ``key`` names the rows and weights of the real sides: what is computed from them alone may be kept under it.
    """

    rows: Three[np.ndarray]
    weights: Three[np.ndarray]
    key: Hashable

    @property
    def size(self) -> int:
        """Rows of the smallest side."""
        return min(map(len, self.rows))

    def counts(self, codes: Three[np.ndarray], count: int) -> Three[np.ndarray]:
        """Share of each code in every replicate, shape (1 + replicates, count) per side."""
        return Three(*(self.shares(side, codes[side], count) for side in range(3)))

    def shares(self, side: int, codes: np.ndarray, count: int) -> np.ndarray:
        """The same for one side (0 train, 1 holdout, 2 synthetic), of the codes of all its rows."""
        from scipy.sparse import csr_array

        taken, weights = codes[self.rows[side]], self.weights[side]
        size = len(taken)
        indicator = csr_array((np.ones(size, np.float32), taken, np.arange(size + 1)), shape=(size, count))
        total = (indicator.T @ weights.T).T.astype(float)  # whole numbers, and exact
        return total / np.maximum(total.sum(1, keepdims=True), 1)


@dataclass(frozen=True, slots=True)
class Excess:
    """A distance with its interval at 99 % and the real-versus-real distance it is to be compared with."""

    value: float
    low: float
    high: float
    baseline: float


def require_rows(evidence: Evidence, least: int = SMALLEST) -> None:
    """Raises Unmeasurable where a table has fewer rows."""
    if (rows := min(map(len, evidence.tables))) < least:
        raise Unmeasurable(f"The smallest table has {rows} rows.", f"use at least {least} of each.")


def resample(evidence: Evidence, largest: int = LARGEST) -> Resample:
    """Draw rows at equal size and their bootstrap weights.

    Raises Unmeasurable where a side has fewer than ``SMALLEST`` rows, or a real one fewer entities.
    """
    require_rows(evidence)
    equal = min(len(evidence.synthetic), len(evidence.train.table), largest)
    sizes = Three(equal, min(len(evidence.holdout.table), largest), equal)
    key = ("resample", evidence.seed, evidence.entity, evidence.effort.replicates, *sizes)
    real = [evidence.real.recall((*key, side), lambda side=side: _draw(evidence, side, sizes[side]))
            for side in (0, 1)]  # fmt: skip
    drawn = [*real, evidence.own.recall(key, lambda: _draw(evidence, 2, equal))]
    return Resample(Three(*(rows for rows, _ in drawn)), Three(*(weights for _, weights in drawn)), key)


def excess(distance: Callable[[np.ndarray, np.ndarray], np.ndarray], shares: Three[np.ndarray]) -> Excess:
    """Compare synthetic and train with holdout by a distance that works along the last axis."""
    return of_replicates(distance(shares.synthetic, shares.holdout), distance(shares.train, shares.holdout))


def of_replicates(synthetic: np.ndarray, real: np.ndarray) -> Excess:
    """From the distances of all replicates, the observed ones first."""
    error = float(np.std(synthetic[1:] - real[1:], ddof=1))
    value = float(synthetic[0])
    return Excess(value, value - Z * error, value + Z * error, float(real[0]))


def units(evidence: Evidence, side: int, rows: np.ndarray) -> np.ndarray:
    """The number, from 0, of the unit of each of these rows: that of its entity, or its own.

    A synthetic table whose entities are too few to be drawn from is taken row by row: that gives
    narrower intervals, and blocks the sooner.
    """
    if evidence.entities is None:
        return np.arange(len(rows))
    known, places = np.unique(evidence.entities[side][rows], return_inverse=True)
    if len(known) >= SMALLEST:
        return places
    if side == 2:
        return np.arange(len(rows))
    raise Unmeasurable(f"The {SIDES[side]} rows belong to {len(known)} entities.", f"use at least {SMALLEST}.")


def _draw(evidence: Evidence, side: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of one side and their weights: how often the unit of each was drawn."""
    stream = evidence.seed.child("resample", SIDES[side]).stream()
    rows = np.sort(stream.permutation(len(evidence.tables[side]))[:size])
    unit = units(evidence, side, rows)
    count = int(unit.max()) + 1
    drawn = stream.multinomial(count, np.full(count, 1 / count), size=evidence.effort.replicates)
    return rows, np.vstack([np.ones(size), drawn[:, unit]]).astype(np.float32)
