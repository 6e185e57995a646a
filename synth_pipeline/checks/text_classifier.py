"""Classifier two-sample test for text: can a model tell synthetic texts from real ones?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks import linear
from synth_pipeline.checks.areas import FOLDS, Outcome, folds
from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.resampling import SIDES, Z, units
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams, mixed

FARTHEST = 5.0  # standard deviations of real texts, beyond which an axis says no more


class TextClassifier:
    """Texts that a classifier tells from real ones (C2ST).

    A linear model sees topics (the axes of the texts' words and pairs of words), the squares of these, length, the
    share of words and pairs that are new, and how much the characters surprise.  It is trained to separate
    synthetic from holdout texts, equally many, and judged out of fold; texts of one entity, or the same texts where
    none is declared, stay in one fold.  ``auc`` is the area under the ROC curve (0.5: cannot be told apart, 1:
    always), taken two-sided.  Baseline is the same for train against holdout.  Lopez-Paz and Oquab (2017),
    arXiv:1610.06545; the interval is that of the check ``classifier``.  Tables without text have no such findings.
    """

    name = "text_classifier"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            compared = corpus.evidence
            size = min(map(len, compared.tables))
            key = (self.name, corpus.name, size)
            real = compared.real.recall(key, lambda corpus=corpus, size=size: _outcome(corpus, 0, size))
            made = _outcome(corpus, 2, size)
            reach = Z * made.error_against(real)
            yield Finding(self.name, self.family, corpus.name, "auc", made.area, max(0.5, made.area - reach),
                          min(1.0, made.area + reach), real.area, n=size)  # fmt: skip


def _outcome(corpus: Corpus, side: int, size: int) -> Outcome:
    evidence = corpus.evidence
    rows = [np.sort(evidence.seed.child("text classifier", SIDES[which]).stream().permutation(
            len(corpus.texts[which]))[:size]) for which in (1, side)]  # fmt: skip
    unit = [units(evidence, which, taken) for which, taken in zip((1, side), rows, strict=True)]
    keys = [_contents(corpus.words[which].take(taken)) for which, taken in zip((1, side), rows, strict=True)]
    if evidence.entity is not None:
        keys = [unit[0], unit[1] + size]
    points = np.vstack([_points(corpus, which, taken) for which, taken in zip((1, side), rows, strict=True)])
    points, label = _scaled(points, size), np.repeat([0.0, 1.0], size)
    fold = folds(np.concatenate(keys), evidence.seed.child("text classifier", "folds"))
    scores = np.empty(len(label))
    for number in range(FOLDS):
        out = fold == number
        scores[out] = linear.numbers(points[~out], label[~out], points[out])
    return Outcome.of(scores[size:], scores[:size], (unit[1], unit[0]))


def _contents(words: Grams) -> np.ndarray:
    """A number for each text; equal for the same words."""
    totals = np.zeros(len(words), np.uint64)
    np.add.at(totals, words.places, mixed(words.codes))
    return totals


def _points(corpus: Corpus, side: int, rows: np.ndarray) -> np.ndarray:
    """Shape (texts, features), not yet scaled."""
    points, words = corpus.points[side][rows], corpus.words[side].take(rows)
    surprise, runs = corpus.learned.characters.surprise([corpus.texts[side][row] for row in rows])
    known = [np.unique(corpus.learned.words.runs(size).codes) for size in (1, 2)]
    new = [_share(words.runs(size), np.isin(words.runs(size).codes, of_size, invert=True))
           for size, of_size in zip((1, 2), known, strict=True)]  # fmt: skip
    return np.column_stack([points, points**2, np.log1p(words.lengths), np.log1p(runs), np.nan_to_num(surprise), *new])


def _share(words: Grams, marked: np.ndarray) -> np.ndarray:
    return np.bincount(words.places, marked, len(words)) / np.maximum(words.lengths, 1)


def _scaled(points: np.ndarray, size: int) -> np.ndarray:
    """In deviations of the first rows, which are those of the holdout."""
    middle, spread = points[:size].mean(0), points[:size].std(0)
    return np.clip((points - middle) / np.where(spread > 0, spread, 1), -FARTHEST, FARTHEST)
