"""The models that checks train, and the rows as those models see them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three

MOST_LEVELS = 200  # boosted trees take at most 255; rarer levels share the last code


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Columns as numbers; the nominal ones are codes.

    The real rows look the same whatever the synthetic table holds: levels that only it has share one code.
    """

    names: list[str]
    nominal: np.ndarray  # mask over names
    columns: dict[str, Three[np.ndarray]]

    @classmethod
    def of(cls, evidence: Evidence) -> "Features":
        names = evidence.names
        nominal = np.array([name in evidence.codes for name in names], bool)
        return cls(
            names, nominal, {name: _pool_rare(codes) for name, codes in evidence.codes.items()} | evidence.numbers
        )

    def points(self, side: int, rows: np.ndarray) -> np.ndarray:
        """Some rows of a side (0 train, 1 holdout, 2 synthetic) as float64, shape (rows, columns)."""
        return np.column_stack([self.columns[name][side][rows] for name in self.names]).astype(float)

    def without(self, name: str) -> "Features":
        """All columns but one."""
        keep = np.array([other != name for other in self.names], bool)
        return Features([other for other in self.names if other != name], self.nominal[keep], self.columns)


def _pool_rare(codes: Three[np.ndarray]) -> Three[np.ndarray]:
    """The commonest levels keep a code of their own; codes number the levels of real rows first."""
    frequency = np.bincount(np.concatenate(codes[:2]))
    known, count = len(frequency), max(int(side.max(initial=0)) for side in codes) + 1
    if count == known < MOST_LEVELS:
        return codes
    place = np.full(max(known, count), min(known, MOST_LEVELS - 1))
    common = np.arange(known) if known < MOST_LEVELS else np.argsort(-frequency, kind="stable")[: MOST_LEVELS - 1]
    place[common] = np.arange(len(common))
    return Three(*(place[side] for side in codes))


class Sizes(NamedTuple):
    """Of boosted trees."""

    rounds: int = 100
    leaves: int = 15
    rate: float = 0.1
    penalty: float = 0.0  # on squared leaves


USUAL = Sizes()


@dataclass(slots=True, eq=False)
class Boosted:
    """Boosted trees that also take columns in which no value is known, as a bootstrap may leave them."""

    trees: Any
    blank: np.ndarray = field(init=False)  # mask over columns

    def fit(self, points: np.ndarray, truth: np.ndarray) -> Self:
        self.blank = np.isnan(points).all(0)
        self.trees.fit(self._filled(points), truth)
        return self

    def predict(self, points: np.ndarray) -> np.ndarray:
        return self.trees.predict(self._filled(points))

    def predict_proba(self, points: np.ndarray) -> np.ndarray:
        return self.trees.predict_proba(self._filled(points))

    @property
    def classes_(self) -> np.ndarray:
        return self.trees.classes_

    def _filled(self, points: np.ndarray) -> np.ndarray:
        return np.where(self.blank, 0.0, points) if self.blank.any() else points


def classifier(nominal: Sequence[bool] | np.ndarray, seed: int, sizes: Sizes = USUAL) -> Boosted:
    """Boosted trees for classes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return Boosted(HistGradientBoostingClassifier(**_settings(nominal, seed, sizes)))


def regressor(nominal: Sequence[bool] | np.ndarray, seed: int, sizes: Sizes = USUAL) -> Boosted:
    """Boosted trees for numbers."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return Boosted(HistGradientBoostingRegressor(**_settings(nominal, seed, sizes)))


def _settings(nominal: Sequence[bool] | np.ndarray, seed: int, sizes: Sizes) -> dict[str, Any]:
    """What both kinds are told, in the words of scikit-learn."""
    return {
        "max_iter": sizes.rounds, "learning_rate": sizes.rate, "max_leaf_nodes": sizes.leaves,
        "l2_regularization": sizes.penalty, "categorical_features": nominal, "early_stopping": False,
        "random_state": seed,
    }  # fmt: skip
