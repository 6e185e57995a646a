"""Classifier two-sample test: can a model tell synthetic rows from real ones?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.models import Features, classifier
from synth_pipeline.checks.resampling import Z
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed

LARGEST = 10_000  # rows of each side
SMALLEST = 200
FOLDS = 5


class Classifier:
    """Rows that a classifier tells from real ones (C2ST).

    Boosted trees are trained to separate synthetic from holdout rows, equally many, and judged out of
    fold; equal rows stay in one fold, so that none is recognised by its twin.  Value is the area under
    the ROC curve (0.5: cannot be told apart, 1: always), taken two-sided: an area below a half counts
    like its mirror image.  Baseline is the same for train against holdout.  Lopez-Paz and Oquab (2017),
    arXiv:1610.06545; interval after Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """

    name = "classifier"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        size = min(*map(len, evidence.tables), LARGEST)
        if size < SMALLEST or not evidence.names:
            yield Finding(self.name, self.family, "all columns", "auc", np.nan, n=size,
                          note=f"needs {SMALLEST} rows of each table, and has {size}")  # fmt: skip
            return
        stream = evidence.seed.child(self.name).stream()
        rows = Three(*(np.sort(stream.permutation(len(table))[:size]) for table in evidence.tables))
        features = Features.of(evidence)
        area = self._area(features, evidence, "holdout", "synthetic", rows)
        baseline = self._area(features, evidence, "holdout", "train", rows)
        error = _standard_error(area, size)
        yield Finding(self.name, self.family, "all columns", "auc", area, max(0.5, area - Z * error),
                      min(1.0, area + Z * error), baseline, n=size)  # fmt: skip

    def _area(self, features: Features, evidence: Evidence, first: str, second: str, rows: Three[np.ndarray]) -> float:
        """Area under the curve between two sides, folded at one half."""
        from sklearn.metrics import roc_auc_score

        sides = [(name, getattr(rows, name)) for name in (first, second)]
        points = np.vstack([getattr(features.rows, name)[taken] for name, taken in sides])
        keys = np.concatenate([getattr(evidence.row_keys, name)[taken] for name, taken in sides])
        label = np.repeat([0, 1], [len(taken) for _, taken in sides])
        fold = _folds(keys, evidence.seed.child(self.name, "folds"))
        scores = np.empty(len(label))
        for number in range(FOLDS):
            out = fold == number
            model = classifier(features.nominal, evidence.seed.child(self.name, number).state)
            scores[out] = model.fit(points[~out], label[~out]).predict_proba(points[out])[:, 1]
        area = float(roc_auc_score(label, scores))
        return max(area, 1 - area)


def _folds(keys: np.ndarray, seed: Seed) -> np.ndarray:
    """A fold for each row, at random; equal rows share one, unless too few differ for anything to be learned."""
    distinct, places = np.unique(keys, return_inverse=True)
    if len(distinct) < 10 * FOLDS:
        return seed.stream().permutation(np.arange(len(keys)) % FOLDS)
    return seed.stream().permutation(np.arange(len(distinct)) % FOLDS)[places]


def _standard_error(area: float, size: int) -> float:
    """Of an area under the curve, ``size`` rows on each side."""
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (size - 1) * (first + second - 2 * area**2)
    return float(np.sqrt(max(variance, 0))) / size
