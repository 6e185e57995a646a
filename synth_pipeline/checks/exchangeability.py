"""Exchangeability: could the holdout have been train, and train the holdout?  Every test of membership rests on it."""

from collections.abc import Iterator

import numpy as np
from scipy.stats import binom, chi2_contingency, ks_2samp

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import of_scores
from synth_pipeline.checks.models import Features, classifier
from synth_pipeline.checks.texts import columns_of_text, real_words, space_of
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.spec.columns import Kind

TOPICS = 16  # dimensions of a text that the trees look at
LARGEST = 10_000  # units that the classifier looks at
FEWEST = 10  # expected records of a level; rarer levels are taken together
SURE = 1e-6  # level of the test for copied contents, which refuses an audit
WORTH = 0.01  # share of the holdout rows that more repeats than expected must concern


class Exchangeability:
    """Whether train and holdout are random parts of one table.

    A split by time, by place or by sorting makes train and holdout differ by themselves; what a synthetic
    table has from train would then look like a leak, or a leak like nothing.  ``differs`` is tested on
    single columns (Kolmogorov-Smirnov for numbers, chi-squared for categories, Bonferroni over columns;
    value: the distance of the column with the smallest p, 0 alike, 1 disjoint) and on all columns together
    (boosted trees trained on a random half of the records tell the sides of the other half apart; value:
    area under the ROC curve, 0.5 alike, 1 told apart).  Of a text its number of words is tested, and the trees
    know its topics.  Where an entity is declared, one random record of
    each is looked at.
    """

    name = "exchangeability"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        require_enough(real_pool(evidence), evidence)
        if not evidence.names and not columns_of_text(evidence):
            raise Unmeasurable("There is no column to compare.", "keep more than identifiers.")
        yield from evidence.real.recall(self.name, lambda: [self._columns(evidence), self._together(evidence)])
        if evidence.entities is not None:
            both = np.isin(*(np.unique(side) for side in evidence.entities[1::-1]))
            yield Finding(self.name, self.family, "entities", "split entities", float(both.mean()), baseline=0.0,
                          n=len(both), note="share of the holdout's entities that train has too")  # fmt: skip

    def _columns(self, evidence: Evidence) -> Finding:
        sides = _one_of_each(evidence)
        tests = [(*_numbers(*(evidence.numbers[name][side][sides[side]] for side in (0, 1))), name)
                 for name in evidence.numeric]  # fmt: skip
        tests += [(*_levels(*(evidence.codes[name][side][sides[side]] for side in (0, 1))), name)
                  for name in evidence.nominal]  # fmt: skip
        tests += [(*_numbers(*numbered), name) for name, numbered in _numbered_identifiers(evidence, sides)]
        tests += [(*_numbers(*lengths), name) for name, lengths in _lengths(evidence, sides)]
        p_value, distance, column = min(tests, default=(1.0, 0.0, "no column"))
        return Finding(self.name, self.family, "single columns", "differs", distance, baseline=0.0,
                       p_value=min(1.0, len(tests) * p_value), n=sum(map(len, sides)),
                       note=f"train and holdout differ most in {column}")  # fmt: skip

    def _together(self, evidence: Evidence) -> Finding:
        sides = _one_of_each(evidence)
        features = Features.of(evidence)
        parts = [_topics(evidence, name, sides) for name in columns_of_text(evidence)]
        if evidence.names:
            parts.insert(0, np.vstack([features.points(side, sides[side]) for side in (0, 1)]))
        points = np.hstack(parts)
        member = np.repeat([True, False], list(map(len, sides)))
        order = evidence.seed.child(self.name).stream().permutation(len(member))[: 2 * LARGEST]
        learn, test = np.array_split(order, 2)
        nominal = np.r_[features.nominal, np.zeros(points.shape[1] - len(features.nominal), bool)]
        model = classifier(nominal, evidence.seed.child(self.name).state).fit(points[learn], member[learn])
        area = of_scores(model.predict_proba(points[test])[:, 1], member[test])
        return Finding(self.name, self.family, "all columns", "differs", area.value, area.low, area.high, 0.5,
                       area.p_value, len(order), "a model tells train from holdout")  # fmt: skip


def copied_contents(evidence: Evidence) -> int:
    """Holdout rows beyond expectation whose contents train has too; 0 where a random split explains them.

    Of the contents that exactly two real rows share, a random split parts a known share; more are
    binomially unlikely.
    """
    keys = np.concatenate(evidence.row_keys[:2])
    train = len(evidence.train.table)
    _, places, counts = np.unique(keys, return_inverse=True, return_counts=True)
    members = np.bincount(places[:train], minlength=len(counts))
    pairs = counts == 2
    parted, total = int((members[pairs] == 1).sum()), int(pairs.sum())
    rows = len(keys)
    expected = 2 * train * (rows - train) / max(1, rows * (rows - 1))
    beyond = int((parted - total * expected) / max(1e-12, 1 - expected))
    sure = binom.sf(parted - 1, total, expected) < SURE
    return beyond if sure and beyond > WORTH * (rows - train) else 0


def _one_of_each(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Rows of train and of holdout, one of each entity."""
    sizes = [len(table) for table in evidence.tables[:2]]
    stream = evidence.seed.child("exchangeability", "rows").stream()
    orders = [stream.permutation(size) for size in sizes]
    if evidence.entities is not None:
        orders = [order[np.unique(evidence.entities[side][order], return_index=True)[1]]
                  for side, order in enumerate(orders)]  # fmt: skip
    return orders[0], orders[1]


def _numbers(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """p-value and distance; missing values are a category of their own."""
    missing = [np.isnan(side) for side in (first, second)]
    gaps = _levels(*(side.astype(int) for side in missing))
    known = [side[~gone] for side, gone in zip((first, second), missing, strict=True)]
    if not all(map(len, known)):
        return gaps
    result = ks_2samp(*known, method="asymp")
    p_value, distance = min((float(result.pvalue), float(result.statistic)), gaps)
    return min(1.0, 2 * p_value), distance


def _levels(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """p-value and total variation distance, levels with few records taken together."""
    count = int(max(first.max(initial=0), second.max(initial=0))) + 1
    table = np.array([np.bincount(side, minlength=count) for side in (first, second)])
    share = table.sum(1, keepdims=True) / table.sum()
    rare = (table.sum(0) * share).min(0) < FEWEST
    table = np.column_stack([table[:, ~rare], table[:, rare].sum(1)])
    table = table[:, table.sum(0) > 0]
    if table.shape[1] < 2:
        return 1.0, 0.0
    distance = float(np.abs(np.diff(table / table.sum(1, keepdims=True), axis=0)).sum() / 2)
    return float(chi2_contingency(table, correction=False).pvalue), distance


def _numbered_identifiers(evidence: Evidence, sides: tuple[np.ndarray, np.ndarray]) -> Iterator[tuple[str, list]]:
    """Identifiers that are whole numbers: where they count on, the first ones must not be all on one side."""
    for name in evidence.schema.of(Kind.IDENTIFIER):
        values = [table.frame[name].iloc[rows] for table, rows in zip(evidence.tables[:2], sides, strict=True)]
        if all(side.str.fullmatch(r"\d{1,15}").all() for side in values):
            yield name, [side.to_numpy(dtype="float64") for side in values]


def _lengths(evidence: Evidence, sides: tuple[np.ndarray, np.ndarray]) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Words in each text; a missing text has none."""
    for name in columns_of_text(evidence):
        train, holdout = np.split(real_words(evidence, name).lengths, [len(evidence.train.table)])
        yield name, [train[sides[0]].astype(float), holdout[sides[1]].astype(float)]


def _topics(evidence: Evidence, name: str, sides: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """The texts of these rows of train, then of holdout, as points, shape (rows, TOPICS or fewer)."""
    rows = np.r_[sides[0], len(evidence.train.table) + sides[1]]
    return space_of(evidence, name).directions(real_words(evidence, name).take(rows))[:, :TOPICS]
