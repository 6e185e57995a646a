"""The prediction problem that a declared target poses, and what models trained on either side make of it."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from synth_pipeline.checks import linear
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.models import Features, Sizes, classifier, regressor
from synth_pipeline.checks.resampling import SIDES, units
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.seeds import Seed

LARGEST = 20_000  # rows that a model is trained on, and as many that it is tested on
SMALLEST = 200
FEWEST = 10  # holdout rows of a class, for it to be asked about
MOST_CLASSES = 20
# Larger trees are slower and predict worse at these sizes; without the penalty leaves run away where a class is rare.
TREES = Sizes(rounds=60, leaves=8, rate=0.1, penalty=3.0)
FARTHEST = 1e4  # standard deviations of the real target that a number is taken to lie away

Model = Literal["boosted trees", "linear model"]
MODELS: tuple[Model, ...] = ("boosted trees", "linear model")
Learned = Literal["train", "synthetic", "both"]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Predict the target of holdout rows from all other columns.

    ``truth`` holds, for the rows whose target is known, codes of classes, or, where ``classes`` is 0,
    numbers in standard deviations of the real ones; ``rows`` are their places, of the holdout at most
    ``LARGEST``.  ``size`` is how many rows of either side a model is trained on.  A synthetic value that no
    real row has is a class behind the others, and nobody asks about it.
    """

    evidence: Evidence
    target: str
    rows: Three[np.ndarray]
    truth: Three[np.ndarray]
    classes: int
    size: int

    @classmethod
    def of(cls, evidence: Evidence) -> "Task":
        """Raises Unmeasurable where the target cannot be predicted from so many rows."""
        return evidence.own.recall("prediction", lambda: _posed(evidence))

    @property
    def tested(self) -> np.ndarray:
        """The target of the holdout rows that are predicted."""
        return self.truth.holdout

    @property
    def asked(self) -> list[int]:
        """Classes that enough of the tested rows have; of two, which say the same, the second."""
        counts = np.bincount(self.tested, minlength=self.classes)
        asked = [code for code in range(self.classes) if FEWEST <= counts[code] <= len(self.tested) - FEWEST]
        return asked[-1:] if self.classes == 2 else asked

    @property
    def unit(self) -> np.ndarray:
        """The number of the unit of each tested row: its entity where one is declared."""
        return units(self.evidence, 1, self.rows.holdout)

    @property
    def key(self) -> Hashable:
        """Names what depends on the real rows alone."""
        evidence = self.evidence
        return "prediction", self.target, evidence.seed, evidence.entity, evidence.effort.fits, self.size

    def predictions(self, model: Model, learned: Learned) -> np.ndarray:
        """Of the tested rows, by each fit: shape (fits, rows, classes), or (fits, rows) for numbers.

        Every fit is on a bootstrap sample of its side; a fit on both sides is on the samples of both.
        """
        memory = self.evidence.real if learned == "train" else self.evidence.own
        return memory.recall((self.key, model, learned), lambda: self._predictions(model, learned))

    def _predictions(self, model: Model, learned: Learned) -> np.ndarray:
        sides = {"train": [0], "synthetic": [2], "both": [0, 2]}[learned]
        nominal, points = self._points(model)
        out = []
        for number in range(self.evidence.effort.fits):
            drawn = [(side, self._drawn(side, number)) for side in sides]
            seen = np.concatenate([points(side, self.rows[side][rows]) for side, rows in drawn])
            truth = np.concatenate([self.truth[side][rows] for side, rows in drawn])
            out.append(self._fitted(model, nominal, seen, truth, points(1, self.rows.holdout), number))
        return np.array(out)

    def _points(self, model: Model) -> tuple[np.ndarray, linear.Axes]:
        """Which columns are nominal, and rows of a side as the model sees them."""
        if model == "linear model":
            return np.array([]), linear.axes(self.evidence, self.target)
        features = Features.of(self.evidence).without(self.target)
        return features.nominal, features.points

    def _drawn(self, side: int, number: int) -> np.ndarray:
        """Places, among the rows with a known target, of a bootstrap sample of ``size`` of them."""
        stream = self._seed.child(SIDES[side], number).stream()
        return bootstrap(units(self.evidence, side, self.rows[side]), self.size, stream)

    @property
    def _seed(self) -> Seed:
        return self.evidence.seed.child("prediction")

    def _fitted(self, model: Model, nominal: np.ndarray, points: np.ndarray, truth: np.ndarray,
                tested: np.ndarray, number: int) -> np.ndarray:  # fmt: skip
        """What one fit says of the tested rows; numbers stay within those it has seen."""
        seed = self._seed.child("model", number).state
        if not self.classes and model == "linear model":
            return np.clip(linear.numbers(points, truth, tested), truth.min(), truth.max())
        if not self.classes:
            trees = regressor(nominal, seed, TREES).fit(points, truth)
            return np.clip(trees.predict(tested), truth.min(), truth.max())
        chances = np.zeros((len(tested), self.classes + 1))
        if len(np.unique(truth)) > 1 and model == "linear model":
            known, chances_of_known = linear.scores(points, truth, tested)
            chances[:, known] = chances_of_known
        elif len(np.unique(truth)) > 1:
            rounds = max(12, 2 * TREES.rounds // max(2, self.classes))  # each round is a tree for every class
            sizes = TREES._replace(rounds=rounds, rate=min(0.3, TREES.rate * TREES.rounds / rounds))
            trees = classifier(nominal, seed, sizes).fit(points, truth)
            chances[:, trees.classes_] = trees.predict_proba(tested)
        return chances[:, : self.classes]


def bootstrap(unit: np.ndarray, size: int, stream: np.random.Generator) -> np.ndarray:
    """Some ``size`` rows: units are chosen at random until they have so many, and drawn from with replacement."""
    order, lengths = np.argsort(unit, kind="stable"), np.bincount(unit)
    starts = np.cumsum(lengths) - lengths
    chosen = stream.permutation(len(lengths))
    chosen = chosen[: np.searchsorted(np.cumsum(lengths[chosen]), size) + 1]
    drawn = chosen[stream.integers(len(chosen), size=len(chosen))]
    ends = np.cumsum(lengths[drawn])
    within = np.arange(ends[-1]) - np.repeat(ends - lengths[drawn], lengths[drawn])
    return order[np.repeat(starts[drawn], lengths[drawn]) + within]


def _posed(evidence: Evidence) -> Task:
    target = evidence.target
    if target is None or target not in evidence.names:
        raise Unmeasurable(f"{target!r} is no column that could be predicted",
                           "choose a target that is neither an identifier nor free text")  # fmt: skip
    if len(evidence.names) == 1:
        raise Unmeasurable("no column is left to predict the target from", "add columns")
    known = Three(*(np.flatnonzero(~table.frame[target].isna().to_numpy()) for table in evidence.tables))
    if min(map(len, known)) < SMALLEST:
        counts = ", ".join(str(len(rows)) for rows in known)
        raise Unmeasurable(f"train, holdout and synthetic have {counts} rows with a known target",
                           f"use at least {SMALLEST} of each")  # fmt: skip
    stream = evidence.seed.child("prediction", "tested").stream()
    known = known._replace(holdout=np.sort(stream.permutation(known.holdout)[:LARGEST]))
    column = evidence.codes[target] if target in evidence.codes else evidence.numbers[target]
    values = Three(*(side[rows] for side, rows in zip(column, known, strict=True)))
    task = Task(evidence, target, known, *_truth(values, nominal=target in evidence.codes),
                min(len(known.train), len(known.synthetic), LARGEST))  # fmt: skip
    if task.classes and not task.asked:
        raise Unmeasurable("nearly all of the holdout has one class",
                           f"choose another target, or as many rows that {FEWEST} have another")  # fmt: skip
    return task


def _truth(values: Three[np.ndarray], *, nominal: bool) -> tuple[Three[np.ndarray], int]:
    """Codes of classes and how many there are; or numbers, and 0."""
    levels = np.unique(np.concatenate(values[:2]))
    if len(np.unique(values.train)) < 2 or len(np.unique(values.holdout)) < 2:
        raise Unmeasurable("the target has a single value among the real rows", "choose a target that varies")
    if not nominal and len(levels) > 2:
        real = np.concatenate(values[:2])
        scale = float(np.abs(real).max())  # first, as squares of large numbers overflow
        spread, middle = float((real / scale).std()), float((real / scale).mean())
        return Three(*(np.clip((side / scale - middle) / spread, -FARTHEST, FARTHEST) for side in values)), 0
    if len(levels) > MOST_CLASSES:
        raise Unmeasurable(f"the target has {len(levels)} classes",
                           f"choose one of at most {MOST_CLASSES}, or group its values")  # fmt: skip
    codes = (np.where(np.isin(side, levels), np.searchsorted(levels, side), len(levels)) for side in values)
    return Three(*codes), len(levels)
