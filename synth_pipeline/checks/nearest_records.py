"""Nearest-record enrichment: are the real records closest to synthetic ones train members too often?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Scale
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, smallest_p
from synth_pipeline.checks.neighbours import TINY, searched, to_real, to_synthetic
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.units import SMALLEST, Pool, real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding

EXPOSED = 0.1  # share of the records that are farthest from all other real ones


class NearestRecords:
    """Training records among those closest to the synthetic table.

    Each real record of train and holdout is scored by the distance to its nearest synthetic row relative
    to the mean distance to its five nearest other real rows, numbers being compared by rank and by amount,
    whichever is closer.
    Under no leak the sides are exchangeable, so the number of members among the K closest is
    hypergeometric; the test is exact for the best K from 12 to 768.  Value is the share of members among the K
    closest, K being the one with the smallest p, and baseline their share among all.  Once over all
    records and once over the most exposed tenth, those farthest from all other real records.  A test on
    ranks of scores, after the criticism of mean distances in "The DCR Delusion" (2025), arXiv:2505.01524.
    """

    name = "nearest_records"
    family = Family.PRIVACY

    def smallest_p(self, metric: str, train: int, holdout: int) -> float:
        """That the test can give for so many records."""
        return smallest_p(train, holdout)

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if left_to_text(evidence, 1):
            return
        rows = searched(evidence)
        scores = per_unit(pool, rows, np.maximum(closeness(evidence, "rank"), closeness(evidence, "amount")))
        seen = np.isfinite(scores)
        yield self._finding("all records", scores, pool.member, seen, evidence)
        exposed = most_exposed(per_unit(pool, rows, to_real(evidence).distances.mean(1)), seen)
        if np.bincount(pool.member[exposed], minlength=2).min() >= SMALLEST // 2:
            yield self._finding("most exposed records", scores, pool.member, exposed, evidence)

    def _finding(
        self, subject: str, scores: np.ndarray, member: np.ndarray, considered: np.ndarray, evidence: Evidence
    ) -> Finding:
        scores, member = scores[considered], member[considered]
        result = of_ranking(scores, member, evidence.seed.child(self.name, "ties"))
        low, high = clopper_pearson(result.members, result.size)
        return Finding(
            self.name, self.family, subject, "members among the closest", result.members / result.size, low, high,
            float(member.mean()), result.p_value, len(member),
            f"{result.members} of the {result.size} closest are train records",
        )  # fmt: skip


def closeness(evidence: Evidence, scale: Scale) -> np.ndarray:
    """Of each searched row to the synthetic table, relative to how close real rows are to it; larger is closer."""
    made, real = to_synthetic(evidence, scale).distances, to_real(evidence, scale).distances
    return -np.log((made[:, 0] + TINY) / (real.mean(1) + TINY))


def per_unit(pool: Pool, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """The highest score of each unit's searched rows; minus infinity where none was searched."""
    everywhere = np.full(len(pool.unit), -np.inf)
    everywhere[rows] = scores
    return pool.most(everywhere)


def most_exposed(distance: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """The units that are farthest from their nearest other real ones."""
    return seen & (distance > np.quantile(distance[seen], 1 - EXPOSED))
