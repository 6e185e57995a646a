"""The units of membership: real rows, or the entities that rows belong to."""

from dataclasses import dataclass, replace

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.errors import Unmeasurable

SMALLEST = 100  # units, on each side, below which nothing can be said


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """All real units, train before holdout.

    ``unit`` is the number of the unit of each real row, ``member`` says for each unit whether it was in
    train, and ``considered`` which units a test looks at.  The choice of units must not look at sides.
    """

    unit: np.ndarray
    member: np.ndarray
    considered: np.ndarray

    @property
    def smaller_side(self) -> int:
        """Considered units of the side that has fewer."""
        return int(np.bincount(self.member[self.considered], minlength=2).min())

    def any(self, rows: np.ndarray) -> np.ndarray:
        """Per unit, whether any of its rows is marked."""
        out = np.zeros(len(self.member), bool)
        out[self.unit[rows]] = True
        return out

    def most(self, scores: np.ndarray) -> np.ndarray:
        """Per unit, the highest score of its rows."""
        out = np.full(len(self.member), -np.inf)
        np.maximum.at(out, self.unit, scores)
        return out

    def among(self, rows: np.ndarray) -> "Pool":
        """Only units with a marked row."""
        return replace(self, considered=self.considered & self.any(rows))


def real_pool(evidence: Evidence) -> Pool:
    """The pool of train and holdout."""
    train, holdout, _ = map(len, evidence.tables)
    member = np.repeat([True, False], [train, holdout])
    unit = np.arange(train + holdout)
    if evidence.entities is not None:
        _, unit = np.unique(np.concatenate(evidence.entities[:2]), return_inverse=True)
    members = np.zeros(int(unit.max(initial=-1)) + 1, bool)
    members[unit[member]] = True
    return Pool(unit, members, np.ones(len(members), bool))


def holders(evidence: Evidence, codes: np.ndarray, count: int) -> np.ndarray:
    """How many real rows, or entities where they are declared, have each of so many codes.

    ``codes`` has one for each row of train, then of holdout.
    """
    if evidence.entities is None:
        return np.bincount(codes, minlength=count)
    pairs = np.unique(np.concatenate(evidence.entities[:2]).astype(np.int64) * count + codes)
    return np.bincount(pairs % count, minlength=count)


def require_enough(pool: Pool, evidence: Evidence) -> None:
    """Raises Unmeasurable where a side has too few units, or there is no synthetic row."""
    if pool.smaller_side < SMALLEST or not len(evidence.synthetic):
        raise Unmeasurable(
            f"train and holdout have {int(pool.member.sum())} and {int((~pool.member).sum())} records, "
            f"and there are {len(evidence.synthetic)} synthetic rows.",
            f"use at least {SMALLEST} records on each side.",
        )
