"""Exact copies: training rows found in the synthetic table against holdout rows found there."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, of_set
from synth_pipeline.checks.units import SMALLEST, Pool, real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding


class ExactCopies:
    """Exact copies of training records.

    Under no leak, which of the real records found in the synthetic table are train members is decided by
    the random split alone, however often rows repeat by nature: the number of members among those found
    is hypergeometric (Fisher's exact test, one-sided).  Tested over all records, over those whose row
    is unique among the real ones, where a copy stands out most, and over the found records that were
    least likely to be found: those of which few synthetic rows differ in a single column.  Value and
    baseline are the shares of train and holdout records that are found (0: none, 1: all), for the least
    likely ones the share of train members among them and among all records.
    """

    name = "exact_copies"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        keys = evidence.row_keys
        real = np.concatenate(keys[:2])
        found = np.isin(real, keys.synthetic)
        alone = evidence.real.recall("rows alone", lambda: _alone(real))
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        yield self._finding("all records", pool.any(found), pool)
        unique = pool.among(alone)
        if unique.smaller_side >= SMALLEST:
            yield self._finding("records with a unique row", pool.any(found & alone), unique)
            yield self._least_likely(evidence, found & alone, unique)

    def _finding(self, subject: str, found: np.ndarray, pool: Pool) -> Finding:
        """``found`` marks the units of the pool of which a row is in the synthetic table."""
        result = of_set(found[pool.considered], pool.member[pool.considered])
        low, high = clopper_pearson(result.members, result.train)
        return Finding(
            self.name, self.family, subject, "found", result.share, low, high, result.control, result.p_value,
            result.train + result.holdout, result.counted,
        )  # fmt: skip

    def _least_likely(self, evidence: Evidence, found: np.ndarray, pool: Pool) -> Finding:
        places = np.flatnonzero(found)
        surprise = np.full(len(found), -np.inf)
        surprise[places] = -np.log(_expected(evidence, places))
        scores, member = pool.most(surprise)[pool.considered], pool.member[pool.considered]
        result = of_ranking(scores, member, evidence.seed.child(self.name, "ties"))
        low, high = clopper_pearson(result.members, result.size)
        return Finding(
            self.name, self.family, "found records least likely to be found", "members", result.members / result.size,
            low, high, float(member.mean()), result.p_value, len(member),
            f"{result.members} of the {result.size} least likely are train records",
        )  # fmt: skip


def _alone(keys: np.ndarray) -> np.ndarray:
    """Which rows no other real row equals."""
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[places] == 1


def _expected(evidence: Evidence, places: np.ndarray) -> np.ndarray:
    """How many synthetic rows equal to each of these real rows chance might give, up to a factor.

    For each column: the synthetic rows that agree in all others, times the share of its value; averaged.
    """
    keys, total = evidence.row_keys, np.zeros(len(places))
    real, made = np.concatenate(keys[:2])[places], keys.synthetic
    for name in evidence.schema.modelled:
        values = evidence.value_keys(name)
        mine = np.concatenate(values[:2])[places]
        neighbours = _count(made - values.synthetic, real - mine) - _count(made, real)
        total += (neighbours + 0.5) * _count(np.concatenate(values[:2]), mine) / sum(map(len, values[:2]))
    return total / len(evidence.schema.modelled)


def _count(among: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """How often each key occurs."""
    ordered = np.sort(among)
    return np.searchsorted(ordered, keys, "right") - np.searchsorted(ordered, keys, "left")
