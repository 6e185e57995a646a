"""The minimum detectable leak: how few copied records the audit would catch, with these very tables."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom

from synth_pipeline.checks.enrichment import lottery
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import Found, clopper_pearson, of_set
from synth_pipeline.checks.nearest_records import closeness, per_unit
from synth_pipeline.checks.neighbours import TINY, searched, to_real
from synth_pipeline.checks.units import Pool, real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding

LEVEL = 0.00025  # of one test: what the shipped error budget leaves for each of those used here
POWER = 0.95
FIRST = 8  # copies that are tried first


class MinimumDetectableLeak:
    """The smallest leak that this audit would catch.

    Copies of random train records are planted among the synthetic rows, and the tests of exact copies and of
    nearest records are repeated: the share of planted rows, 0 to 1, from which on at least 95 % of the
    plants are caught.  The interval is that of the power at this share.  A leak below it may pass unseen.
    Exact copies are looked for among all rows; where neighbours are searched for a sample of the real rows only,
    ``near copies`` is the same share for what the search alone would catch.
    """

    name = "minimum_detectable_leak"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        plants = _Plants(evidence, pool)
        yield self._finding("verbatim copies", plants.caught, evidence, pool)
        searched_rows, real_rows = len(searched(evidence)), len(pool.unit)
        if searched_rows < real_rows:
            among = f", by the neighbours of {searched_rows} of {real_rows} real rows"
            yield self._finding("near copies", plants.caught_near, evidence, pool, among)

    def _finding(
        self, subject: str, caught: Callable[[int, int], bool], evidence: Evidence, pool: Pool, by: str = ""
    ) -> Finding:
        rows, plants = len(evidence.synthetic), evidence.effort.plants
        if caught(0, 0):
            return Finding(self.name, self.family, subject, "share", np.nan, n=rows,
                           note="the tests see a leak as it is, so none can be added to a clean table")  # fmt: skip
        count, hits = _smallest(caught, int(pool.member.sum()), plants)
        if count is None:
            return Finding(self.name, self.family, subject, "share", np.nan, n=rows,
                           note="not even copies of all train records would be told from chance")  # fmt: skip
        low, high = clopper_pearson(hits, plants, 0.95)
        note = (f"{count} copies among {rows} rows are caught in {hits} of {plants} plants "
                f"(power between {low:.2f} and {high:.2f}){by}")  # fmt: skip
        return Finding(self.name, self.family, subject, "share", min(1.0, count / rows), n=rows, note=note)


class _Plants:
    """The two tests as functions of which records are copied; a plant costs what it adds, not what is there."""

    def __init__(self, evidence: Evidence, pool: Pool) -> None:
        keys = evidence.row_keys
        real = np.concatenate(keys[:2])
        _, self.group, counts = np.unique(real, return_inverse=True, return_counts=True)
        hit, alone = np.isin(real, keys.synthetic), counts[self.group] == 1
        self.pool, self.member = pool, pool.member
        self.rows_of_unit, self.rows_of_group = _Lists.of(pool.unit), _Lists.of(self.group)
        everyone = np.ones(len(pool.member), bool)
        tests = [(pool.any(hit), everyone), (pool.any(hit & alone), pool.any(alone))]
        self.tests = [(found, among, of_set(found[among], pool.member[among])) for found, among in tests]
        rows = searched(evidence)
        scores = np.maximum(closeness(evidence, "rank"), closeness(evidence, "amount"))
        apart = np.maximum(*(to_real(evidence, scale).distances.mean(1) for scale in ("rank", "amount")))
        touching = -np.log(TINY / (apart + TINY))
        self.scores, self.touching = per_unit(pool, rows, scores), per_unit(pool, rows, touching)
        self.seen = np.flatnonzero(np.isfinite(self.scores))
        self.members = np.flatnonzero(pool.member)
        self.lots = lottery(len(self.seen), int(self.member[self.seen].sum()))
        self.bound = self.lots.bound(LEVEL)
        self.seed = evidence.seed.child("detectable")

    def caught(self, count: int, plant: int) -> bool:
        """Whether copies of so many random train records would be seen; equal rows count as copied too."""
        stream, copied = self._plant(count, plant)
        groups = np.unique(self.group[self.rows_of_unit.all(copied)])
        touched = np.unique(self.pool.unit[self.rows_of_group.all(groups)])
        exact = [self._exact(touched, *test) for test in self.tests]
        return min(exact) < LEVEL or self._nearest(copied, stream)

    def caught_near(self, count: int, plant: int) -> bool:
        """The same by neighbours alone."""
        stream, copied = self._plant(count, plant)
        return self._nearest(copied, stream)

    def _plant(self, count: int, plant: int) -> tuple[np.random.Generator, np.ndarray]:
        stream = self.seed.child(plant).stream()
        return stream, stream.choice(self.members, count, replace=False, shuffle=False)

    def _exact(self, touched: np.ndarray, found: np.ndarray, considered: np.ndarray, known: Found) -> float:
        """Fisher's test after these units have been found too."""
        new = touched[~found[touched] & considered[touched]]
        members = known.members + int(self.member[new].sum())
        total = known.members + known.others + len(new)
        records = known.train + known.holdout
        return float(hypergeom.sf(members - 1, records, known.train, total)) if records else 1.0

    def _nearest(self, copied: np.ndarray, stream: np.random.Generator) -> bool:
        """Only the distances of the copied records themselves are updated."""
        scores = self.scores.copy()
        scores[copied] = np.maximum(self.touching[copied], scores[copied])
        lot = stream.permutation(self.seen)  # which decides between equal scores
        scores, member = scores[lot], self.member[lot]
        top = np.argpartition(-scores, self.lots.last)[: self.lots.last + 1]
        return self.lots.best(member[top[np.argsort(-scores[top], kind="stable")]])[2] <= self.bound


@dataclass(frozen=True, slots=True, eq=False)
class _Lists:
    """Positions by key: those of key k are ``order[starts[k] : starts[k + 1]]``."""

    order: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, keys: np.ndarray) -> "_Lists":
        return cls(np.argsort(keys, kind="stable"), np.r_[0, np.cumsum(np.bincount(keys))])

    def all(self, keys: np.ndarray) -> np.ndarray:
        """Positions of all these keys, one list after the other."""
        first, lengths = self.starts[keys], self.starts[keys + 1] - self.starts[keys]
        within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.order[np.repeat(first, lengths) + within]


def _smallest(caught: Callable[[int, int], bool], most: int, plants: int) -> tuple[int | None, int]:
    """The smallest count that is caught often enough, and how often it is: by doubling, then by halving."""
    allowed = plants - math.ceil(POWER * plants)

    def hits(count: int) -> int:
        """How many plants are caught; stops where too many are missed."""
        missed = 0
        for plant in range(plants):
            missed += not caught(count, plant)
            if missed > allowed:
                return 0
        return plants - missed

    low, high = 0, min(FIRST, most)
    while not (best := hits(high)):
        if high == most:
            return None, 0
        low, high = high, min(2 * high, most)
    while high - low > max(1, high // 20):
        middle = (low + high) // 2
        seen = hits(middle)
        low, high, best = (low, middle, seen) if seen else (middle, high, best)
    return high, best
