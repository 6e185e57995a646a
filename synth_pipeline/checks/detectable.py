"""The minimum detectable leak: how few copied records the audit would catch, with these very tables."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.stats import hypergeom

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import CLOSEST, clopper_pearson
from synth_pipeline.checks.nearest_records import closeness, per_unit
from synth_pipeline.checks.neighbours import TINY, searched, to_real
from synth_pipeline.checks.units import Pool, real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding

LEVEL = 0.00025  # of one test: what the shipped error budget leaves for each of those used here
POWER = 0.95
STEPS = 12  # halvings between the smallest and the largest leak


class MinimumDetectableLeak:
    """The smallest leak that this audit would catch.

    Copies of random train records are planted among the synthetic rows, and the tests of exact copies and of
    nearest records are repeated: the share of planted rows, 0 to 1, from which on at least 95 % of the
    plants are caught.  The interval is that of the power at this share.  A leak below it may pass unseen.
    """

    name = "minimum_detectable_leak"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        caught = _Plants(evidence, pool).caught
        count, hits = _smallest(caught, int(pool.member.sum()), evidence.effort.plants)
        rows = len(evidence.synthetic)
        if count is None:
            yield Finding(self.name, self.family, "verbatim copies", "share", np.nan, n=rows,
                          note="not even copies of all train records would be told from chance")  # fmt: skip
            return
        low, high = clopper_pearson(hits, evidence.effort.plants, 0.95)
        yield Finding(
            self.name, self.family, "verbatim copies", "share", min(1.0, count / rows), n=rows,
            note=f"{count} copies among {rows} rows are caught in {hits} of {evidence.effort.plants} plants "
            f"(power between {low:.2f} and {high:.2f})",
        )  # fmt: skip


class _Plants:
    """The two tests as functions of which records are copied, all else being computed once."""

    def __init__(self, evidence: Evidence, pool: Pool) -> None:
        keys = evidence.row_keys
        real = np.concatenate(keys[:2])
        _, self.group, counts = np.unique(real, return_inverse=True, return_counts=True)
        self.pool, self.member = pool, pool.member
        self.unique = pool.any(counts[self.group] == 1)
        self.found = pool.any(np.isin(real, keys.synthetic))
        self.alone = pool.any(np.isin(real, keys.synthetic) & (counts[self.group] == 1))
        rows = searched(evidence)
        scores = np.maximum(closeness(evidence, "rank"), closeness(evidence, "amount"))
        apart = np.maximum(*(to_real(evidence, scale).distances.mean(1) for scale in ("rank", "amount")))
        touching = -np.log(TINY / (apart + TINY))
        self.scores, self.touching = per_unit(pool, rows, scores), per_unit(pool, rows, touching)
        self.seen = np.isfinite(self.scores)
        self.members = np.flatnonzero(pool.member)
        self.seed = evidence.seed.child("detectable")

    def caught(self, count: int, plant: int) -> bool:
        """Whether copies of so many random train records would be seen; equal rows count as copied too."""
        stream = self.seed.child(plant).stream()
        copied = np.zeros(len(self.member), bool)
        copied[stream.permutation(self.members)[:count]] = True
        groups = np.zeros(int(self.group.max()) + 1, bool)
        groups[self.group[copied[self.pool.unit]]] = True
        return min(self._exact(self.found | self.pool.any(groups[self.group]), np.ones(len(copied), bool)),
                   self._exact(self.alone | (copied & self.unique), self.unique),
                   self._nearest(copied, stream)) < LEVEL  # fmt: skip

    def _exact(self, found: np.ndarray, considered: np.ndarray) -> float:
        member, found = self.member[considered], found[considered]
        if not len(member):
            return 1.0
        return float(hypergeom.sf((member & found).sum() - 1, len(member), member.sum(), found.sum()))

    def _nearest(self, copied: np.ndarray, stream: np.random.Generator) -> float:
        """Only the distances of the copied records themselves are updated."""
        scores = np.where(copied, np.maximum(self.touching, self.scores), self.scores)[self.seen]
        lot = stream.permutation(len(scores))  # which decides between equal scores
        scores, member = scores[lot], self.member[self.seen][lot]
        sizes = np.array([size for size in CLOSEST if size <= len(member) // 2])
        most = int(sizes.max(initial=0))
        top = np.argpartition(-scores, most)[: most + 1]
        ordered = member[top[np.argsort(-scores[top], kind="stable")]]
        hits = np.cumsum(ordered)[sizes - 1]
        return min(1.0, len(sizes) * float(hypergeom.sf(hits - 1, len(member), member.sum(), sizes).min()))


def _smallest(caught: Callable[[int, int], bool], most: int, plants: int) -> tuple[int | None, int]:
    """The smallest count that is caught often enough, by halving, and how often it is."""

    def hits(count: int) -> int:
        return sum(caught(count, plant) for plant in range(plants))

    low, high, best = 1, most, hits(most)
    if best < POWER * plants:
        return None, best
    for _ in range(STEPS):
        if high - low <= max(1, high // 20):
            break
        middle = int(np.sqrt(low * high))
        seen = hits(middle)
        low, high, best = (low, middle, seen) if seen >= POWER * plants else (middle, high, best)
    return high, best
