"""A column of the forest that is drawn level by level."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synth_pipeline.generators.amounts import relative_rank
from synth_pipeline.generators.columns import Levels
from synth_pipeline.generators.encoding import WIDE, outcome_scores
from synth_pipeline.generators.leaves import Leaves, Pruning, grow, single_leaf
from synth_pipeline.generators.matrix import Matrix
from synth_pipeline.generators.settling import settle

if TYPE_CHECKING:
    from synth_pipeline.generators.forest import Forest

RARE = 3  # records below which a category tells of them


@dataclass(frozen=True, slots=True, eq=False)
class LevelModel:
    """Trees whose leaves hold codes of levels."""

    known: Levels
    trees: list[Leaves]

    @classmethod
    def fit(
        cls, forest: "Forest", known: Levels, codes: np.ndarray, matrix: Matrix, stream: np.random.Generator
    ) -> "LevelModel":
        """Learn the column from the earlier ones in the matrix, then add it there."""
        codes = _without_rare(known, codes, stream)
        donors = codes.astype(np.int32)
        if not matrix.columns or known.count < 2:
            trees = [single_leaf(np.sort(donors))]
        else:
            outcome, scores = _outcome(known, codes, stream)
            pruning = Pruning(_coarse(codes), forest.gain)
            leaf = forest.leaf(matrix.rows) // (2 if known.count <= 3 else 1)  # few parameters are in such a leaf
            shapes = [grow(matrix, scores, outcome, max(1, leaf), 1, stream, pruning) for _ in range(forest.trees)]
            trees = [settle(shape, donors, codes, forest.swapped, stream) for shape in shapes]
        matrix.add_levels(known, codes)
        return cls(known, trees)

    def draw(self, matrix: Matrix, stream: np.random.Generator) -> pd.Series:
        """One value per row of the matrix, which gains the column."""
        codes = np.zeros(matrix.rows, int)
        chosen = stream.integers(len(self.trees), size=matrix.rows)
        for number, leaves in enumerate(self.trees):
            rows = np.flatnonzero(chosen == number)
            codes[rows] = leaves.donors[leaves.pick(leaves.route(matrix, rows), stream)]
        matrix.add_levels(self.known, codes)
        return self.known.restore(codes)


def _without_rare(known: Levels, codes: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Codes, where those of fewer than ``RARE`` records give way to others, unless the column consists of them."""
    if known.scale is not None:
        return codes
    counts = np.bincount(codes, minlength=known.count)
    common = np.where(counts < RARE, 0, counts)
    rare = common[codes] == 0
    if not 0 < rare.mean() < 0.05:
        return codes
    out = codes.copy()
    out[rare] = stream.choice(known.count, size=int(rare.sum()), p=common / common.sum())
    return out


def _outcome(known: Levels, codes: np.ndarray, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """What the trees predict, and the scores by which categories of earlier columns are encoded."""
    if known.scale is None:
        scores = outcome_scores(codes, known.count, stream)
        return (codes if known.count <= WIDE else scores), scores
    ranks = relative_rank(codes.astype(float))
    common = np.argsort(-np.bincount(codes, minlength=known.count), kind="stable")[:3]
    marks = [(codes == code) * 0.5 for code in common]
    return np.column_stack([ranks, *marks]), ranks[:, None]


def _coarse(codes: np.ndarray, most: int = 40) -> np.ndarray:
    """Codes with all but the commonest folded into one."""
    frequency = np.bincount(codes)
    place = np.full(len(frequency), most - 1)
    common = np.argsort(-frequency, kind="stable")[: most - 1]
    place[common] = np.arange(len(common))
    return place[codes]
