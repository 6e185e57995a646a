"""Coverage: do synthetic rows lie where real ones lie, and nowhere else?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.neighbours import NEAREST, TINY, search
from synth_pipeline.checks.resampling import SIDES, Z, require_rows, units
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

LARGEST = 5_000  # rows of each side
BLOCK = 1_000  # holdout rows at a time
SMALLEST = 200


class Coverage:
    """Neighbourhoods of real rows that no synthetic row reaches, and synthetic rows in none of them.

    Around each holdout row lies the ball that holds its five nearest holdout rows.  ``uncovered`` is the share
    of balls without a synthetic row (0: all are reached, 1: none), after the coverage of Naeem et al. (2020),
    arXiv:2002.09797; ``implausible`` the share of synthetic rows outside of all balls (0: none, 1: all), after
    the precision of Kynkaanniemi et al. (2019), arXiv:1904.06991.  Rows of all sides are equally many, and
    the same for train is the baseline.
    """

    name = "coverage"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.names and evidence.texts:
            return  # a corpus, whose texts have checks of their own
        require_rows(evidence, SMALLEST)
        size = min(*map(len, evidence.tables), LARGEST)
        if not evidence.names:
            raise Unmeasurable("There is no column to compare.", "keep more than identifiers and text.")
        # Where the synthetic table misses numbers that real rows never miss, all points have an axis more.
        axes = evidence.embed(2, slice(1)).shape[1]
        rows = [np.sort(evidence.seed.child(self.name, side).stream().permutation(len(table))[:size])
                for side, table in zip(SIDES, evidence.tables, strict=True)]  # fmt: skip
        points = [evidence.embed(side, taken) for side, taken in enumerate(rows)]
        key = (self.name, evidence.seed, size, axes)
        radii = evidence.real.recall(key, lambda: _radii(points[1]))
        real = evidence.real.recall((*key, "train"), lambda: _outside(points[1], radii, points[0]))
        made = _outside(points[1], radii, points[2])
        balls = units(evidence, 1, rows[1])
        yield self._finding("uncovered", made[0], real[0], _error(made[0], balls, real[0]), size)
        others = [_error(one, units(evidence, side, rows[side])) for one, side in ((made[1], 2), (real[1], 0))]
        yield self._finding("implausible", made[1], real[1], float(np.hypot(*others)), size)

    def _finding(self, metric: str, made: np.ndarray, real: np.ndarray, error: float, size: int) -> Finding:
        value, reach = float(made.mean()), Z * error
        return Finding(self.name, self.family, "all columns", metric, value, value - reach, value + reach,
                       float(real.mean()), n=size)  # fmt: skip


def _radii(holdout: np.ndarray) -> np.ndarray:
    """Distance of each row to the fifth nearest other one."""
    return search(holdout, holdout, NEAREST + 1).distances[:, -1]


def _outside(holdout: np.ndarray, radii: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Masks of the balls that hold none of the other rows, and of those rows that lie in no ball."""
    reach = (radii + TINY) ** 2
    squares = (others**2).sum(1)
    empty, inside = np.empty(len(holdout), bool), np.zeros(len(others), bool)
    for start in range(0, len(holdout), BLOCK):
        part = slice(start, start + BLOCK)
        gaps = (holdout[part] ** 2).sum(1)[:, None] + squares - 2 * (holdout[part] @ others.T)
        near = gaps <= reach[part, None]
        empty[part] = ~near.any(1)
        inside |= near.any(0)
    return empty, ~inside


def _error(marks: np.ndarray, unit: np.ndarray, other: np.ndarray | float = 0.0) -> float:
    """Standard error of the mean of marks, or of its difference to that of others on the same rows, by unit.

    Twice the variance of the rows looked at, as those that reach them are as many, and random too.
    """
    gaps = marks - np.asarray(other, float)
    sums = np.bincount(unit, gaps - gaps.mean())
    return float(np.sqrt(max(2 * (sums**2).sum(), len(gaps) ** 0.5)) / len(gaps))
