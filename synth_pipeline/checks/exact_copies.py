"""Exact copies: training rows found in the synthetic table against holdout rows found there."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import beta, hypergeom

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.units import SMALLEST, Pool, real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding


class ExactCopies:
    """Exact copies of training records.

    Under no leak, which of the real records found in the synthetic table are train members is decided by
    the random split alone, however often rows repeat by nature: the number of members among those found
    is hypergeometric (Fisher's exact test, one-sided).  Tested over all records, and over those whose row
    is unique among the real ones, where a copy stands out most.  Value and baseline are the shares of
    train and holdout records that are found (0: none, 1: all).
    """

    name = "exact_copies"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        keys = evidence.row_keys
        real = np.concatenate(keys[:2])
        found = np.isin(real, keys.synthetic)
        _, places, counts = np.unique(real, return_inverse=True, return_counts=True)
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        yield self._finding("all records", pool.any(found), pool)
        alone = counts[places] == 1
        unique = pool.among(alone)
        if unique.smaller_side >= SMALLEST:
            yield self._finding("records with a unique row", pool.any(found & alone), unique)

    def _finding(self, subject: str, found: np.ndarray, pool: Pool) -> Finding:
        """``found`` marks the units of the pool of which a row is in the synthetic table."""
        considered = pool.considered
        members, hits = pool.member[considered], found[considered]
        among_train, total = int((members & hits).sum()), int(hits.sum())
        train, holdout = int(members.sum()), int((~members).sum())
        p_value = float(hypergeom.sf(among_train - 1, len(members), train, total))
        low, high = clopper_pearson(among_train, train)
        return Finding(
            self.name, self.family, subject, "found", among_train / train, low, high,
            (total - among_train) / holdout, p_value, len(members),
            f"{among_train} of {train} train and {total - among_train} of {holdout} holdout records",
        )  # fmt: skip


def clopper_pearson(hits: int, trials: int, level: float = 0.99) -> tuple[float, float]:
    """Exact interval of a share, after Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, trials - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, trials - hits)) if hits < trials else 1.0
    return low, high
