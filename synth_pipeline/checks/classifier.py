"""Classifier two-sample test: can a model tell synthetic rows from real ones, and by what?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.checks.areas import FOLDS, Outcome, folds, won
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.models import Features, classifier
from synth_pipeline.checks.resampling import SIDES, Z, units
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed

LARGEST = 10_000  # rows of each side
FEWEST = 2_000  # rows of each side, of wide tables
WIDE = 60  # columns from which there are fewer rows
SMALLEST = 200
NAMED = 5  # columns that give the synthetic table away
SCORED = 60_000  # rows that are scored again to find them, over all columns


class Classifier:
    """Rows that a classifier tells from real ones (C2ST).

    Boosted trees are trained to separate synthetic from holdout rows, equally many, and judged out of
    fold; rows of one entity stay in one fold, or equal rows where none is declared, so that none is
    recognised by its twin.  ``auc`` is the area under the ROC curve (0.5: cannot be told apart, 1: always),
    taken two-sided: an area below a half counts like its mirror image.  Baseline is the same for train
    against holdout.  Lopez-Paz and Oquab (2017), arXiv:1610.06545.  The interval is that of the difference
    of two areas with holdout rows in common, after DeLong et al. (1988), doi:10.2307/2531595, by entity
    after Obuchowski (1997), doi:10.2307/2533958.  ``gives away`` is by how much the area falls when a
    column is shuffled (0: it gives nothing away, 0.5: everything), for the five columns where it falls most.
    """

    name = "classifier"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.names and evidence.texts:
            return  # a corpus, whose texts have checks of their own
        most = max(FEWEST, LARGEST * WIDE // max(WIDE, len(evidence.names)))
        size = min(*map(len, evidence.tables), most)
        if size < SMALLEST or not evidence.names:
            yield Finding(self.name, self.family, "all columns", "auc", np.nan, n=size,
                          note=f"needs {SMALLEST} rows of each table, and has {size}")  # fmt: skip
            return
        key = (self.name, evidence.seed, evidence.entity, size)
        # Nothing of the synthetic table may enter what is kept, not even its unseen levels.
        real = evidence.real.recall(key, lambda: _Contest.of(evidence.of(evidence.holdout.table), 0, size).outcome)
        contest = _Contest.of(evidence, 2, size)
        made = contest.outcome
        reach = Z * made.error_against(real)
        yield Finding(self.name, self.family, "all columns", "auc", made.area, max(0.5, made.area - reach),
                      min(1.0, made.area + reach), real.area, n=size)  # fmt: skip
        losses = contest.losses(evidence.seed.child(self.name, "shuffled"))
        for column in np.argsort(-losses, kind="stable")[:NAMED]:
            yield Finding(self.name, self.family, contest.features.names[column], "gives away", float(losses[column]),
                          baseline=0.0, n=size,
                          note=f"the area falls by {losses[column]:.3f} when this column is shuffled")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Contest:
    """Models that tell one side from the holdout, each trained without its fold of rows."""

    features: Features
    points: np.ndarray
    label: np.ndarray  # 0 holdout, 1 the other side
    fold: np.ndarray
    models: list[Any]
    outcome: Outcome

    @classmethod
    def of(cls, evidence: Evidence, side: int, size: int) -> "_Contest":
        rows = [_rows(evidence, which, size) for which in (1, side)]
        features, label = Features.of(evidence), np.repeat([0, 1], size)
        points = np.vstack([features.points(which, taken) for which, taken in zip((1, side), rows, strict=True)])
        unit = [units(evidence, which, taken) for which, taken in zip((1, side), rows, strict=True)]
        keys = [evidence.row_keys[which][taken] for which, taken in zip((1, side), rows, strict=True)]
        if evidence.entity is not None:
            keys = [unit[0], unit[1] + size]
        fold = folds(np.concatenate(keys), evidence.seed.child("classifier", "folds"))
        models, scores = [], np.empty(len(label))
        for number in range(FOLDS):
            out = fold == number
            model = classifier(features.nominal, evidence.seed.child("classifier", number).state)
            models.append(model.fit(points[~out], label[~out]))
            scores[out] = model.predict_proba(points[out])[:, 1]
        outcome = Outcome.of(scores[size:], scores[:size], (unit[1], unit[0]))
        return cls(features, points, label, fold, models, outcome)

    def losses(self, seed: Seed) -> np.ndarray:
        """By how much the area falls, on average over the folds, when each column is shuffled."""
        stream = seed.stream()
        most = max(20 * FOLDS, SCORED // self.points.shape[1]) // FOLDS
        losses = []
        for number, model in enumerate(self.models):
            rows = stream.permutation(np.flatnonzero(self.fold == number))[:most]
            if len(np.unique(self.label[rows])) == 2:
                losses.append(_falls(model, self.points[rows], self.label[rows] == 1, stream))
        return np.mean(losses, 0) if losses else np.zeros(self.points.shape[1])


def _falls(model: Any, points: np.ndarray, synthetic: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Area on these rows, less that with each column shuffled."""
    rows, columns = points.shape
    shuffled = np.repeat(points[None], columns + 1, 0)
    for column in range(columns):
        shuffled[column, :, column] = stream.permutation(points[:, column])
    scores = model.predict_proba(shuffled.reshape(-1, columns))[:, 1].reshape(columns + 1, rows)
    areas = np.array([won(one[synthetic], one[~synthetic]).mean() for one in scores])
    return areas[-1] - areas[:-1]


def _rows(evidence: Evidence, side: int, size: int) -> np.ndarray:
    stream = evidence.seed.child("classifier", SIDES[side]).stream()
    return np.sort(stream.permutation(len(evidence.tables[side]))[:size])
