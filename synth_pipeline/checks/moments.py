"""Moments: does the calendar run as it does in the real table, and does what comes first come first?"""

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Resample, excess, require_rows, resample
from synth_pipeline.checks.rows import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.spec.columns import Kind

DAY, HOUR = 86_400, 3_600  # seconds
KEPT = 0.99  # share of real rows from which an order is a rule
BROKEN = 0.05  # share of rows that would break it if the columns were independent: fewer make no rule
SHOWN = 30  # orders of numbers, those first that say most
DRAWN = 2_000  # rows by which an order is judged before all of them are looked at


class Moments:
    """Calendar of moments, and the order of columns.

    ``weekday``, ``month`` and ``hour`` are total variation distances of those parts of a moment, where they
    vary (0: alike, 1: disjoint), between synthetic and holdout; the same between train and holdout is the
    baseline.  ``order`` is the share of synthetic rows in which one number or moment is larger than another,
    although it is not in at least 99 % of the real rows, and would be in 5 % if the two had nothing to do
    with one another (0: none, 1: all); the baseline is the share of real rows.  Rows in which one of the two
    is missing keep the order.
    """

    name = "moments"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.numeric:
            return
        require_rows(evidence)
        moments = [name for name in evidence.numeric if evidence.schema[name].kind is Kind.DATETIME]
        if moments:
            sample = resample(evidence)
            for name in moments:
                yield from self._calendar(evidence, name, sample)
        for first, second in evidence.real.recall((self.name, "orders"), lambda: _orders(evidence)):
            train, holdout, made = (evidence.numbers[first][side] > evidence.numbers[second][side] for side in range(3))
            usual = float(np.concatenate([train, holdout]).mean())
            yield share(self.name, f"{first} ≤ {second}", "order", made, usual)

    def _calendar(self, evidence: Evidence, name: str, sample: Resample) -> Iterator[Finding]:
        for metric, part, count in (("weekday", _weekday, 7), ("month", _month, 12), ("hour", _hour, 24)):
            # Unknown moments have a code of their own.
            codes = Three(*(np.where(np.isnan(side), count, part(np.nan_to_num(side))).astype(int)
                            for side in evidence.numbers[name]))  # fmt: skip
            if len(np.unique(np.concatenate(codes[:2]))) > 1:
                found = excess(total_variation, sample.counts(codes, count + 1))
                yield Finding(self.name, self.family, name, metric, found.value, found.low, found.high,
                              found.baseline, n=sample.size)  # fmt: skip


def _weekday(seconds: np.ndarray) -> np.ndarray:
    return (seconds // DAY + 3) % 7  # the first of January 1970 was a Thursday


def _month(seconds: np.ndarray) -> np.ndarray:
    return seconds.astype("int64").astype("datetime64[s]").astype("datetime64[M]").astype(int) % 12


def _hour(seconds: np.ndarray) -> np.ndarray:
    return seconds // HOUR % 24


def _orders(evidence: Evidence) -> list[tuple[str, str]]:
    """Pairs of columns of like kind of which the first is nearly never the larger, though it could well be."""
    moments = {name for name in evidence.numeric if evidence.schema[name].kind is Kind.DATETIME}
    real = {name: np.concatenate(evidence.numbers[name][:2]) for name in evidence.numeric}
    some = evidence.seed.child("moments").stream().permutation(len(evidence.train.table) + len(evidence.holdout.table))
    found = []
    for first, second in permutations(evidence.numeric, 2):
        if (first in moments) is not (second in moments):
            continue
        if (real[first][some[:DRAWN]] > real[second][some[:DRAWN]]).mean() > 2 * (1 - KEPT):
            continue
        known = ~np.isnan(real[first]) & ~np.isnan(real[second])
        wrong = (real[first] > real[second])[known]
        if not len(wrong) or wrong.mean() > 1 - KEPT:
            continue
        by_chance = float((np.searchsorted(np.sort(real[second][known]), real[first][known]) / known.sum()).mean())
        if by_chance >= BROKEN:
            found.append((by_chance, first, second))
    found.sort(key=lambda one: -one[0])
    return [(first, second) for _, first, second in found[:SHOWN]]
