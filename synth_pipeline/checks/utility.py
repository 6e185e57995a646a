"""Utility: does a model trained on synthetic rows predict real holdout rows as well as one trained on real rows?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.models import Features, classifier, regressor
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed

FITS = 5
LARGEST = 20_000  # training rows
SMALLEST = 200
MOST_CLASSES = 20
RESAMPLES = 100
Z = 1.96  # two-sided 95 %


class Utility:
    """Train on synthetic, test on real (TSTR).

    The same boosted trees are trained on synthetic rows and on equally many real train rows, five times
    each on a bootstrap sample, and predict the target of the holdout.  ``ratio`` is the score of the first
    over that of the second (1: as good as real, below: worse), averaged over the fits; its interval, at
    95 %, covers the choice of test rows and the spread of the fits, given the two tables.  The score is
    the area under the ROC curve, one class against the rest and averaged; for numbers it is one over the
    root mean squared error.  ``skill`` is what remains above a model without information (0: nothing, 1:
    perfect), that of real rows being its baseline.  Esteban, Hyland and Raetsch (2017), arXiv:1706.02633.
    """

    name = "utility"
    family = Family.UTILITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if evidence.target is None:
            return
        try:
            task = _Task.of(evidence, evidence.target)
        except Unmeasurable as reason:
            yield Finding(self.name, self.family, evidence.target, "ratio", np.nan, note=reason.problem)
            return
        made = task.predictions("synthetic", evidence.seed.child(self.name))
        real = task.predictions("train", evidence.seed.child(self.name))
        everyone = np.arange(task.tested)
        fits = [task.score(a, everyone) / task.score(b, everyone) for a, b in zip(made, real, strict=True)]
        stream = evidence.seed.child(self.name, "test rows").stream()
        draws = [stream.integers(task.tested, size=task.tested) for _ in range(RESAMPLES)]
        ensembles = np.mean(made, 0), np.mean(real, 0)
        redrawn = [task.score(ensembles[0], rows) / task.score(ensembles[1], rows) for rows in draws]
        variance = np.var(fits, ddof=1) / FITS + np.var(redrawn, ddof=1)
        value, reach = float(np.mean(fits)), Z * float(np.sqrt(variance))
        size = min(task.tested, task.size)
        yield Finding(self.name, self.family, task.target, "ratio", value, value - reach, value + reach, 1.0, n=size,
                      note=task.describe(made, real))  # fmt: skip
        skills = (float(np.mean([task.skill(prediction) for prediction in side])) for side in (made, real))
        yield Finding(self.name, self.family, task.target, "skill", next(skills), baseline=next(skills), n=size)


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """One prediction problem: ``truth`` holds class codes, or numbers where ``classes`` is 0."""

    target: str
    features: Features
    truth: Three[np.ndarray]
    classes: int
    size: int

    @classmethod
    def of(cls, evidence: Evidence, target: str) -> "_Task":
        """Raises Unmeasurable where the target has one class or rows are too few."""
        if target not in evidence.names:
            raise Unmeasurable(f"target {target!r} is an identifier or free text", "choose another target")
        features = Features.of(evidence)
        column = features.names.index(target)
        truth = Three(*(side[:, column] for side in features.rows))
        known = Three(*(~np.isnan(side) for side in truth))
        features = features.without(target)
        features = Features(features.names, features.nominal,
                            Three(*(side[keep] for side, keep in zip(features.rows, known, strict=True))))  # fmt: skip
        truth = Three(*(side[keep] for side, keep in zip(truth, known, strict=True)))
        if not features.names:
            raise Unmeasurable("no column is left to predict the target from", "add columns")
        size = min(len(truth.train), len(truth.synthetic), LARGEST)
        if min(size, len(truth.holdout)) < SMALLEST:
            raise Unmeasurable(f"needs {SMALLEST} rows of each table with a known target, and has "
                               f"{min(size, len(truth.holdout))}", "use more rows")  # fmt: skip
        values = np.unique(np.concatenate(truth[:2]))
        if min(len(np.unique(truth.train)), len(np.unique(truth.holdout))) < 2:
            raise Unmeasurable("the target has a single value among the real rows", "choose another target")
        nominal = target in evidence.codes or len(values) == 2
        if not nominal:
            return cls(target, features, truth, 0, size)
        if len(values) > MOST_CLASSES:
            raise Unmeasurable(f"the target has {len(values)} classes, more than {MOST_CLASSES}", "choose another")
        # Values that no real row has are a class of their own that nobody asks about.
        places = Three(*(np.where(np.isin(side, values), np.searchsorted(values, side), len(values))
                         for side in truth))  # fmt: skip
        return cls(target, features, places, len(values), size)

    @property
    def tested(self) -> int:
        return len(self.truth.holdout)

    def predictions(self, side: str, seed: Seed) -> list[np.ndarray]:
        """Of the holdout, by each of the fits on this side: class scores (rows, classes), or numbers."""
        points, truth = getattr(self.features.rows, side), getattr(self.truth, side)
        out = []
        for number in range(FITS):
            stream = seed.child(side, number).stream()
            rows = stream.permutation(len(truth))[: self.size]
            rows = rows[stream.integers(self.size, size=self.size)]
            out.append(self._predict(points[rows], truth[rows], seed.child(number).state))
        return out

    def _predict(self, points: np.ndarray, truth: np.ndarray, seed: int) -> np.ndarray:
        tested = self.features.rows.holdout
        if not self.classes:
            return regressor(self.features.nominal, seed).fit(points, truth).predict(tested)
        scores = np.zeros((len(tested), self.classes + 1))
        if len(np.unique(truth)) > 1:
            model = classifier(self.features.nominal, seed).fit(points, truth)
            scores[:, model.classes_.astype(int)] = model.predict_proba(tested)
        return scores

    def score(self, prediction: np.ndarray, rows: np.ndarray) -> float:
        """Higher is better, always positive: area under the curve, or one over the root mean squared error."""
        truth = self.truth.holdout[rows]
        if not self.classes:
            return 1 / max(float(np.sqrt(np.mean((prediction[rows] - truth) ** 2))), 1e-12)
        codes = [1] if self.classes == 2 else range(self.classes)
        areas = [_area(truth == code, prediction[rows, code]) for code in codes]
        return float(np.nanmean(areas))

    def skill(self, prediction: np.ndarray) -> float:
        """Above a model without information: twice the area minus one, or the share of variance explained."""
        everyone = np.arange(self.tested)
        if self.classes:
            return 2 * self.score(prediction, everyone) - 1
        return 1 - 1 / self.score(prediction, everyone) ** 2 / float(np.var(self.truth.holdout))

    def describe(self, made: list[np.ndarray], real: list[np.ndarray]) -> str:
        everyone = np.arange(self.tested)
        means = [float(np.mean([self.score(prediction, everyone) for prediction in side])) for side in (made, real)]
        if not self.classes:
            return f"RMSE {1 / means[0]:.4g} trained on synthetic, {1 / means[1]:.4g} on real"
        return f"AUC {means[0]:.3f} trained on synthetic, {means[1]:.3f} on real"


def _area(positive: np.ndarray, scores: np.ndarray) -> float:
    """Area under the ROC curve by rank sums; NaN where one class is absent."""
    hits = int(positive.sum())
    misses = len(positive) - hits
    if not hits or not misses:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))
