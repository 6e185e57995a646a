"""What models of words, trained on either side, make of the target of holdout texts."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.checks.corpora import Corpus
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.prediction import bootstrap
from synth_pipeline.checks.resampling import SIDES, units
from synth_pipeline.checks.scores import Scores
from synth_pipeline.checks.word_model import read
from synth_pipeline.core.errors import Unmeasurable

TAUGHT = 5_000  # texts that a model is trained on
SMALLEST = 200
FITS = 2  # for each of another model: these are quick, and the more, the surer
MOST_CLASSES = 300


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Predict the category of holdout texts from all columns of text, and from nothing else.

    ``rows`` are those whose category is known, ``truth`` codes of their categories; one that only synthetic rows
    have is a class behind the others.  ``size`` is how many texts of either side a model is trained on.
    """

    corpora: list[Corpus]
    target: str
    rows: Three[np.ndarray]
    truth: Three[np.ndarray]
    size: int

    @classmethod
    def of(cls, corpora: list[Corpus], target: str) -> "Reading":
        """Raises Unmeasurable where the target has too many classes, or too few rows have one."""
        evidence = corpora[0].evidence
        values = [table.frame[target] for table in evidence.tables]
        levels = sorted(pd.concat(values[:2]).dropna().unique())
        if not 2 <= len(levels) <= MOST_CLASSES:
            raise Unmeasurable(f"the target has {len(levels)} classes", f"choose one of 2 to {MOST_CLASSES}")
        rows = Three(*(np.flatnonzero(side.notna().to_numpy()) for side in values))
        if min(map(len, rows)) < SMALLEST:
            counts = ", ".join(str(len(known)) for known in rows)
            raise Unmeasurable(f"train, holdout and synthetic have {counts} texts with a known target",
                               f"use at least {SMALLEST} of each")  # fmt: skip
        codes = (pd.Categorical(side.iloc[known], levels).codes.astype(int)
                 for side, known in zip(values, rows, strict=True))  # fmt: skip
        truth = Three(*(np.where(side < 0, len(levels), side) for side in codes))
        return cls(corpora, target, rows, truth, min(len(rows.train), len(rows.synthetic), TAUGHT))

    @property
    def evidence(self) -> Evidence:
        """The compared rows."""
        return self.corpora[0].evidence

    def scores(self, side: int) -> Scores:
        """Share of holdout texts that are given their category, after training on bootstrap samples of a side."""
        memory = self.evidence.real if side == 0 else self.evidence.own
        key = ("text prediction", self.target, self.size, self.evidence.effort.fits, side)
        return memory.recall(key, lambda: self._scored(side))

    def _scored(self, side: int) -> Scores:
        unit = units(self.evidence, side, self.rows[side])
        right = []
        for number in range(FITS * self.evidence.effort.fits):
            stream = self.evidence.seed.child("text prediction", SIDES[side], number).stream()
            drawn = bootstrap(unit, self.size, stream)
            said = read(self._words(side, drawn), self.truth[side][drawn], self._words(1))
            right.append(said == self.truth.holdout)
        fits = np.maximum(np.mean(right, 1), 1e-6)
        mean, tested = float(fits.mean()), units(self.evidence, 1, self.rows.holdout)
        of_rows = (np.mean(right, 0) - mean) / (len(tested) * mean)
        common = float(np.bincount(self.truth.holdout).max() / len(tested))
        return Scores(fits, np.bincount(tested, of_rows), (mean - common) / max(1 - common, 1e-6))

    def _words(self, side: int, places: np.ndarray | slice = slice(None)):  # noqa: ANN202
        from scipy.sparse import hstack

        rows = self.rows[side][places]
        return hstack([corpus.weighed[side][rows] for corpus in self.corpora], format="csr")
