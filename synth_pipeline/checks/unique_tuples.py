"""Unique-tuple enrichment: are combinations of values that only one real record has found for members too often?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, smallest_p
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

LARGEST = 5  # columns of a combination
FEWEST = 3  # columns of a table
WORK = 50_000_000  # rows that are looked up in all subsets together


class UniqueTuples:
    """Training records whose unusual combinations of values turn up in the synthetic table.

    Over random subsets of two to five columns, a real record scores when its combination is unique among
    the real records and occurs in the synthetic table: the more, the fewer such combinations of that
    subset occur.  Under no leak the sides are exchangeable, so the number of members among the K highest
    scores is hypergeometric; the test is exact for the best K from 12 to 768.  Value is the share of members among
    the K highest, K being the one with the smallest p, and baseline their share among all.  This sees
    partial copies that no distance sees.
    """

    name = "unique_tuples"
    family = Family.PRIVACY

    def smallest_p(self, metric: str, train: int, holdout: int) -> float:
        """That the test can give for so many records."""
        return smallest_p(train, holdout)

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if len(evidence.schema.modelled) < FEWEST:
            if left_to_text(evidence, FEWEST):
                return
            raise Unmeasurable("The table has fewer than three columns.", "nothing is to be combined.")
        found = shared(evidence)
        scores = pool.most(np.bincount(found.real, found.weight, minlength=len(pool.unit)))
        result = of_ranking(scores, pool.member, evidence.seed.child(self.name, "ties"))
        low, high = clopper_pearson(result.members, result.size)
        yield Finding(
            self.name, self.family, "all records", "members among the highest scores", result.members / result.size,
            low, high, float(pool.member.mean()), result.p_value, len(pool.member),
            f"{result.members} of the {result.size} highest scores are of train records",
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Combinations that exactly one real row has and the synthetic table too.

    ``real`` are positions in train followed by holdout, ``made`` one synthetic row with the same
    combination, ``weight`` how rare it is that such a combination of these columns is found, in nats.
    """

    real: np.ndarray
    made: np.ndarray
    weight: np.ndarray


def shared(evidence: Evidence) -> Shared:
    """Over all subsets of columns; a row occurs once for each subset.  Blind to the sides."""
    return evidence.own.recall("shared tuples", lambda: _shared(evidence))


def subsets(evidence: Evidence) -> list[list[str]]:
    """Random subsets of two to five columns; none where there are fewer than three."""
    names = evidence.schema.modelled
    if len(names) < FEWEST:
        return []
    stream = evidence.seed.child("subsets").stream()
    count = max(40, min(evidence.effort.subsets, WORK // sum(map(len, evidence.tables))))
    sizes = stream.integers(2, min(LARGEST, len(names) - 1) + 1, size=count)
    return [[names[place] for place in stream.choice(len(names), size, replace=False)] for size in sizes]


def combined(columns: list[Three[np.ndarray]]) -> Three[np.ndarray]:
    """A number for each combination of values, from numbers of the values."""
    return Three(*(np.sum(side, axis=0, dtype=np.uint64) for side in zip(*columns, strict=True)))


def _shared(evidence: Evidence) -> Shared:
    keys = {name: evidence.value_keys(name) for name in evidence.schema.modelled}
    found = [_found_uniques(combined([keys[name] for name in chosen])) for chosen in subsets(evidence)]
    nothing = (np.empty(0, int), np.empty(0, int), np.empty(0))
    return Shared(*(np.concatenate(parts) for parts in zip(nothing, *found, strict=True)))


def _found_uniques(keys: Three[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real rows with a combination of their own that the synthetic table has too, that place, and their weight."""
    real = np.concatenate(keys[:2])
    order = np.argsort(real)
    ordered = real[order]
    differs = np.r_[True, ordered[1:] != ordered[:-1], True]
    alone = order[differs[1:] & differs[:-1]]
    places = np.argsort(keys.synthetic)
    made = keys.synthetic[places]
    at = np.minimum(np.searchsorted(made, real[alone]), len(made) - 1)
    hit = made[at] == real[alone]
    weight = -np.log((hit.sum() + 1) / (len(alone) + 2))
    return alone[hit], places[at[hit]], np.full(int(hit.sum()), weight)
