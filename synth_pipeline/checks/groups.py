"""Groups: is the synthetic table as true to each group of people as it is to all?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import BINS, Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Resample, of_replicates, resample
from synth_pipeline.checks.triples import COARSE, coarse
from synth_pipeline.checks.units import holders
from synth_pipeline.core.finding import Family, Finding

FEWEST = 300  # holdout rows of a group that is looked at
EVENTS = 100  # holdout rows of a class in a group whose rate is compared
HOLDERS = 5  # entities with rows in a group, or in a class in it: with fewer its name could be that of a person
MOST_GROUPS = 30
MOST_CLASSES = 20
NEVER = 1e-4  # rate that stands for none, whose logarithm is not finite


class Groups:
    """Groups of the columns declared sensitive: their distributions, and their rates of the target.

    Groups are the levels of a sensitive column, or its quartiles, with 300 holdout rows at least, and real rows of
    five entities where they are declared, as must be in a class of the target that is named.  ``within
    group`` is the mean, over all other columns, of the total variation distance between synthetic and
    holdout rows of the group (0: alike, 1: disjoint).  ``target rate`` is by what factor the rate of a class of
    the target in a group is off, as the absolute natural logarithm of the ratio of synthetic to holdout (0:
    right, .69: half or double, no upper bound), for classes with 100 holdout rows there; for a target of
    numbers, ``target mean`` is the difference of means in standard deviations.  Train against holdout is the
    baseline.  ``compared`` is the share of holdout rows in groups that are large enough (1: all).
    """

    name = "groups"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        names = [name for name in evidence.sensitive if name in evidence.names]
        if not names:
            return
        sample = resample(evidence)
        for name in names:
            groups = _Groups.of(evidence, name, sample)
            share = float(groups.large[groups.codes.holdout].mean())
            yield Finding(self.name, self.family, name, "compared", share, baseline=1.0, n=int(groups.large.sum()))
            if groups.large.any():
                yield from self._within(evidence, groups, sample)
                yield from self._target(evidence, groups, sample)

    def _within(self, evidence: Evidence, groups: "_Groups", sample: Resample) -> Iterator[Finding]:
        distances = []
        for name in evidence.names:
            if name != groups.name:
                shares = groups.shares(evidence.bins[name], BINS, sample)
                distances.append([total_variation(side, shares.holdout) for side in (shares.synthetic, shares.train)])
        if not distances:
            return
        made, real = np.mean(distances, 0)
        for number in np.flatnonzero(groups.large):
            yield self._finding(groups.title(number), "within group", made[:, number], real[:, number],
                                groups.rows[number])  # fmt: skip

    def _target(self, evidence: Evidence, groups: "_Groups", sample: Resample) -> Iterator[Finding]:
        target = evidence.target
        if target is None or target not in evidence.names or target == groups.name:
            return
        classes = _classes(evidence, target)
        if classes is None:
            yield from self._means(evidence, target, groups, sample)
            return
        codes, titles = classes
        shares = groups.shares(codes, len(titles), sample)
        events = shares.holdout[0] * groups.rows[:, None]
        held = groups.held(evidence, codes, len(titles))
        for number in np.flatnonzero(groups.large):
            asked = np.flatnonzero((events[number, :-1] >= EVENTS) & (held[number, :-1] >= HOLDERS))
            if len(titles) == 3:  # of two classes, the rarer says it
                asked = asked[np.argsort(events[number][asked], kind="stable")][:1]
            for place in asked:
                rates = Three(*(side[:, number, place] + NEVER for side in shares))
                gaps = (np.abs(np.log(side / rates.holdout)) for side in (rates.synthetic, rates.train))
                subject = f"{groups.title(number)}, {target} = {titles[place]}"
                yield self._finding(subject, "target rate", *gaps, events[number, place])

    def _means(self, evidence: Evidence, target: str, groups: "_Groups", sample: Resample) -> Iterator[Finding]:
        real = evidence.sorted_real[target]
        if not len(real) or real[0] == real[-1]:
            return
        spread = float(real.std())
        means = Three(*(groups.means(side, evidence.numbers[target][side] / spread, sample) for side in range(3)))
        for number in np.flatnonzero(groups.large):
            if all(np.isfinite(side[:, number]).all() for side in means):
                gaps = [np.abs(side[:, number] - means.holdout[:, number]) for side in (means.synthetic, means.train)]
                yield self._finding(f"{groups.title(number)}, {target}", "target mean", *gaps, groups.rows[number])

    def _finding(self, subject: str, metric: str, made: np.ndarray, real: np.ndarray, rows: float) -> Finding:
        found = of_replicates(made, real)
        return Finding(self.name, self.family, subject, metric, found.value, found.low, found.high, found.baseline,
                       n=round(rows))  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Groups of rows by one column; ``large`` are those that are looked at, the last code is never one."""

    name: str
    codes: Three[np.ndarray]
    titles: list[str]
    large: np.ndarray
    rows: np.ndarray  # of the sampled holdout

    @classmethod
    def of(cls, evidence: Evidence, name: str, sample: Resample) -> "_Groups":
        if name in evidence.nominal:
            codes, titles = _levels(evidence, name, MOST_GROUPS)
        else:
            codes = coarse(evidence, name)
            titles = [f"quarter {number + 1} of 4" for number in range(COARSE - 1)] + ["missing", ""]
        rows = np.bincount(codes.holdout[sample.rows.holdout], minlength=len(titles))
        large = (rows >= FEWEST) & (holders(evidence, np.concatenate(codes[:2]), len(titles)) >= HOLDERS)
        large[-1] = False
        return cls(name, codes, titles, large, rows)

    def title(self, number: int) -> str:
        return f"{self.name} = {self.titles[number]}"

    def held(self, evidence: Evidence, codes: Three[np.ndarray], count: int) -> np.ndarray:
        """Real rows, or entities, with each code within each group, shape (groups, count)."""
        joint = [group.astype(int) * count + code for group, code in zip(self.codes[:2], codes[:2], strict=True)]
        return holders(evidence, np.concatenate(joint), len(self.titles) * count).reshape(-1, count)

    def shares(self, codes: Three[np.ndarray], count: int, sample: Resample) -> Three[np.ndarray]:
        """Share of each code within each group, shape (1 + replicates, groups, count) per side."""
        joint = (group.astype(int) * count + code for group, code in zip(self.codes, codes, strict=True))
        shares = sample.counts(Three(*joint), len(self.titles) * count)
        tables = (side.reshape(len(side), len(self.titles), count) for side in shares)
        return Three(*(side / np.maximum(side.sum(2, keepdims=True), 1e-12) for side in tables))

    def means(self, side: int, numbers: np.ndarray, sample: Resample) -> np.ndarray:
        """Mean of the known numbers of a side in each group, shape (1 + replicates, groups); NaN where none is."""
        rows, weights = sample.rows[side], sample.weights[side]
        known = ~np.isnan(numbers[rows])
        member = np.equal.outer(self.codes[side][rows], np.arange(len(self.titles))) & known[:, None]
        total = weights @ (member * np.where(known, numbers[rows], 0)[:, None])
        count = weights @ member.astype(np.float32)
        return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _levels(evidence: Evidence, name: str, most: int) -> tuple[Three[np.ndarray], list[str]]:
    """Codes of the commonest real levels, one more for all others, and what to call them."""
    codes = evidence.codes[name]
    frequency = np.bincount(np.concatenate(codes[:2]), minlength=1 + max(int(side.max(initial=0)) for side in codes))
    common = np.argsort(-frequency, kind="stable")[:most]
    common = common[frequency[common] > 0]
    place = np.full(len(frequency), len(common))
    place[common] = np.arange(len(common))
    values = pd.concat([table.frame[name] for table in evidence.tables[:2]], ignore_index=True)
    _, first = np.unique(np.concatenate(codes[:2]), return_index=True)
    called = {int(np.concatenate(codes[:2])[row]): values.iloc[row] for row in first}
    titles = ["missing" if pd.isna(called[int(code)]) else str(called[int(code)]) for code in common]
    return Three(*(place[side] for side in codes)), [*titles, ""]


def _classes(evidence: Evidence, target: str) -> tuple[Three[np.ndarray], list[str]] | None:
    """Codes of the classes of the target and what to call them; None if it is a number of many values."""
    if target in evidence.codes:
        return _levels(evidence, target, MOST_CLASSES)
    levels = np.unique(evidence.sorted_real[target])
    if len(levels) > 2:
        return None
    codes = (np.where(np.isin(side, levels), np.searchsorted(levels, side), len(levels))
             for side in evidence.numbers[target])  # fmt: skip
    return Three(*codes), [*(f"{level:g}" for level in levels), ""]
