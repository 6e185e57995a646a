"""The models that checks train, and the rows as those models see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three

MOST_LEVELS = 200  # boosted trees take at most 255; rarer levels share the last code


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Columns as float64, shape (rows, columns) per side; the nominal ones are codes."""

    names: list[str]
    nominal: np.ndarray  # mask over names
    rows: Three[np.ndarray]

    @classmethod
    def of(cls, evidence: Evidence) -> "Features":
        names = evidence.names
        nominal = np.array([name in evidence.codes for name in names], bool)
        columns = {name: _pool_rare(codes) for name, codes in evidence.codes.items()}
        columns |= {name: _known_somewhere(numbers) for name, numbers in evidence.numbers.items()}
        rows = Three(*(np.column_stack([columns[name][side] for name in names]).astype(float) for side in range(3)))
        return cls(names, nominal, rows)

    def without(self, name: str) -> "Features":
        """All columns but one."""
        keep = np.array([other != name for other in self.names], bool)
        return Features(
            [other for other in self.names if other != name],
            self.nominal[keep],
            Three(*(side[:, keep] for side in self.rows)),
        )


def _known_somewhere(numbers: Three[np.ndarray]) -> Three[np.ndarray]:
    """Numbers, or whether they are missing where a side has none: trees need a value to split at."""
    if any(np.isnan(side).all() for side in numbers):
        return Three(*(np.isnan(side).astype(float) for side in numbers))
    return numbers


def _pool_rare(codes: Three[np.ndarray]) -> Three[np.ndarray]:
    count = max(int(side.max(initial=0)) for side in codes) + 1
    if count <= MOST_LEVELS:
        return codes
    frequency = np.bincount(np.concatenate(codes[:2]), minlength=count)
    place = np.full(count, MOST_LEVELS - 1)
    common = np.argsort(-frequency, kind="stable")[: MOST_LEVELS - 1]
    place[common] = np.arange(len(common))
    return Three(*(place[side] for side in codes))


def classifier(nominal: Sequence[bool] | np.ndarray, seed: int) -> Any:
    """Boosted trees for classes."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.1, max_leaf_nodes=15, categorical_features=nominal, early_stopping=False,
        random_state=seed,
    )  # fmt: skip


def regressor(nominal: Sequence[bool] | np.ndarray, seed: int) -> Any:
    """Boosted trees for numbers."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=100, learning_rate=0.1, max_leaf_nodes=15, categorical_features=nominal, early_stopping=False,
        random_state=seed,
    )  # fmt: skip
