"""The columns that are already known, as the next column's trees see them."""

from dataclasses import dataclass, field

import numpy as np

from synth_pipeline.generators.columns import Levels
from synth_pipeline.generators.encoding import level_scores


@dataclass(slots=True, eq=False)
class Matrix:
    """Earlier columns, in order: nominal ones as codes with a number of levels, the others as numbers."""

    rows: int
    columns: list[np.ndarray] = field(default_factory=list)
    nominal: list[int] = field(default_factory=list)  # number of levels, 0 for numbers
    continuous: list[bool] = field(default_factory=list)
    spikes: list[np.ndarray] = field(default_factory=list)  # values of a continuous column that recur

    def add_levels(self, known: Levels, codes: np.ndarray) -> None:
        self.columns.append(codes if known.scale is None else known.scale[codes])
        self.nominal.append(known.count if known.scale is None else 0)
        self.continuous.append(False)
        self.spikes.append(np.empty(0))

    def add_amounts(self, numbers: np.ndarray, spikes: np.ndarray) -> None:
        self.columns.append(numbers)
        self.nominal.append(0)
        self.continuous.append(True)
        self.spikes.append(spikes)

    def keep(self, mask: np.ndarray) -> None:
        """Go on with the rows under the mask alone."""
        self.rows = int(mask.sum())
        self.columns = [column[mask] for column in self.columns]

    def encode(self, scores: np.ndarray, rows: np.ndarray) -> dict[int, np.ndarray]:
        """For each nominal column of more than two levels, what these rows tell of its levels.

        ``scores`` is the outcome to be predicted, shape (rows, k).
        """
        axes = 2 if scores.shape[1] > 2 else 1
        return {
            index: level_scores(self.columns[index][rows], count, scores[rows], axes)
            for index, count in enumerate(self.nominal)
            if count > 2
        }

    def features(self, encoding: dict[int, np.ndarray], rows: np.ndarray) -> np.ndarray:
        """Predictors of the next column for these rows, shape (rows, k), float32; missing numbers stay NaN."""
        parts = [
            encoding[index][column[rows]] if index in encoding else column[rows][:, None]
            for index, column in enumerate(self.columns)
        ]
        return np.hstack(parts).astype(np.float32) if parts else np.zeros((len(rows), 1), np.float32)
