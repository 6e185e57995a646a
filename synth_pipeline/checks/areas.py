"""Areas under the ROC curve of two sides that a model tells apart, and how sure the difference of two is."""

from dataclasses import dataclass

import numpy as np

from synth_pipeline.core.seeds import Seed

FOLDS = 5
TRAINED = 1 + FOLDS / (FOLDS - 1)  # variance of an area over that for given models: Nadeau and Bengio (2003)


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """An area, and how each row of either side stands to the rows of the other: its share of won comparisons."""

    others: np.ndarray
    holdout: np.ndarray
    units: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, others: np.ndarray, holdout: np.ndarray, units: tuple[np.ndarray, np.ndarray]) -> "Outcome":
        """From the scores of both sides; the side that scores higher is taken to be the others."""
        first, second = won(others, holdout), 1 - won(holdout, others)
        return cls(first, second, units) if first.mean() >= 0.5 else cls(1 - first, 1 - second, units)

    @property
    def area(self) -> float:
        return float(self.others.mean())

    def error_against(self, real: "Outcome") -> float:
        """Standard error of the difference of two areas with the same holdout rows."""
        variance = _variance(self.others, self.units[0]) + _variance(real.others, real.units[0])
        return float(np.sqrt(TRAINED * (variance + _variance(self.holdout - real.holdout, self.units[1]))))


def folds(keys: np.ndarray, seed: Seed) -> np.ndarray:
    """A fold for each row, at random; equal keys share one, unless too few differ for anything to be learned."""
    distinct, places = np.unique(keys, return_inverse=True)
    if len(distinct) < 10 * FOLDS:
        return seed.stream().permutation(np.arange(len(keys)) % FOLDS)
    return seed.stream().permutation(np.arange(len(distinct)) % FOLDS)[places]


def won(scores: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of each score, the share of the others that lie below it; ties count half."""
    ordered = np.sort(others)
    return (np.searchsorted(ordered, scores, "left") + np.searchsorted(ordered, scores, "right")) / (2 * len(others))


def _variance(values: np.ndarray, unit: np.ndarray) -> float:
    """Of the mean of values that belong to units drawn independently."""
    sums = np.bincount(unit, values - values.mean())
    return float((sums**2).sum() * len(sums) / max(1, len(sums) - 1)) / len(values) ** 2
