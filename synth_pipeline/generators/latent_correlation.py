"""Mean and covariance of normal axes of which only bounds and orders are known.

Alternates between drawing the axes of every row, given all others, within what is known of them, and taking the
moments of what was drawn: the rank likelihood of Hoff (2007), doi:10.1214/07-AOAS107, by the stochastic
expectation-maximisation of Nielsen (2000), doi:10.2307/3318671.  Ties and levels so cost no correlation, as they
would among ranks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtr, ndtri

from synth_pipeline.generators.latent import Highest, Observed, Within

SWEEPS = 80
_KEPT = 15  # last sweeps, whose moments are averaged
_FAR = 12.0  # deviations beyond which a normal place is as good as infinite


@dataclass(slots=True, eq=False)
class Axes:
    """What is known of the axes of all columns, and where their rows lie at present, shape (rows, axes)."""

    observed: Sequence[Observed]
    first: list[int]  # the first axis of each
    places: np.ndarray

    @classmethod
    def start(cls, observed: Sequence[Observed], rows: int, stream: np.random.Generator) -> "Axes":
        first = np.cumsum([0, *(one.axes for one in observed)])
        axes = cls(observed, first[:-1].tolist(), np.zeros((rows, int(first[-1])), order="F"))
        free = np.full(rows, 0.0)
        for one, place in zip(observed, axes.first, strict=True):
            if isinstance(one, Within):
                axes.places[:, place] = _between(one.low, one.high, free, 1.0, stream)
            else:
                axes.places[:, place : place + one.axes] = np.eye(one.axes)[one.chosen] * 2 - 0.5
        return axes

    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance: 0 and 1 for an axis with bounds, an average variance of 1 for those of a category.

        The covariance is shrunk towards the diagonal by Ledoit and Wolf (2004),
        doi:10.1016/S0047-259X(03)00096-4, which also keeps it positive definite.
        """
        from sklearn.covariance import ledoit_wolf

        mean = np.zeros(self.places.shape[1])
        scale = np.ones(len(mean))
        for one, place in zip(self.observed, self.first, strict=True):
            mine = slice(place, place + one.axes)
            if isinstance(one, Highest):
                block = self.places[:, mine]
                block -= block.mean()  # only differences of a category's axes are known, up to a factor
                block /= np.sqrt(block.var(0).mean()) or 1.0
                mean[mine] = block.mean(0)
        covariance, _ = ledoit_wolf(self.places - mean, assume_centered=True)
        for one, place in zip(self.observed, self.first, strict=True):
            if isinstance(one, Within):
                scale[place] = np.sqrt(covariance[place, place])
        return mean, covariance / np.outer(scale, scale)

    def redraw(self, mean: np.ndarray, covariance: np.ndarray, stream: np.random.Generator) -> None:
        """Draw each axis anew given all others, in place."""
        precision = cho_solve(cho_factor(covariance), np.eye(len(mean)))
        self.places -= mean
        for one, place in zip(self.observed, self.first, strict=True):
            if isinstance(one, Within):
                self._redraw_between(one, place, precision, stream)
            else:
                self._redraw_highest(one, place, mean, precision, stream)
        self.places += mean

    def _given_others(self, axis: int, precision: np.ndarray) -> tuple[np.ndarray, float]:
        """Mean of each row, and deviation, of an axis given the others; all means are taken off."""
        weight = -precision[axis] / precision[axis, axis]
        weight[axis] = 0
        return self.places @ weight, float(precision[axis, axis] ** -0.5)

    def _redraw_between(self, one: Within, axis: int, precision: np.ndarray, stream: np.random.Generator) -> None:
        if (one.low == one.high).all():
            return
        middle, spread = self._given_others(axis, precision)
        self.places[:, axis] = _between(one.low, one.high, middle, spread, stream)

    def _redraw_highest(
        self, one: Highest, first: int, mean: np.ndarray, precision: np.ndarray, stream: np.random.Generator
    ) -> None:
        rows, mine = np.arange(len(one.chosen)), slice(first, first + one.axes)
        weight = -precision[mine] / np.diag(precision)[mine, None]
        within = weight[:, mine] + np.eye(one.axes)  # the diagonal is -1
        weight[:, mine] = 0
        outside = self.places @ weight.T
        block = np.ascontiguousarray(self.places[:, mine])
        heights = block + mean[mine]
        for level in range(one.axes):
            chosen = one.chosen == level
            top = heights[rows, one.chosen]
            heights[:, level] = -np.inf
            low = np.where(chosen, heights.max(1), -np.inf) - mean[first + level]
            high = np.where(chosen, np.inf, top) - mean[first + level]
            spread = float(precision[first + level, first + level] ** -0.5)
            block[:, level] = _between(low, high, outside[:, level] + block @ within[level], spread, stream)
            heights[:, level] = block[:, level] + mean[first + level]
        self.places[:, mine] = block


def estimate(observed: Sequence[Observed], rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mean, shape (axes,), and covariance, shape (axes, axes), of the axes behind these rows."""
    if not observed:
        return np.zeros(0), np.zeros((0, 0))
    axes = Axes.start(observed, rows, stream)
    kept = []
    for sweep in range(SWEEPS):
        mean, covariance = axes.moments()
        if sweep >= SWEEPS - _KEPT:
            kept.append((mean, covariance))
        axes.redraw(mean, covariance, stream)
    return np.mean([one for one, _ in kept], axis=0), np.mean([one for _, one in kept], axis=0)


def _between(
    low: np.ndarray, high: np.ndarray, middle: np.ndarray, spread: float, stream: np.random.Generator
) -> np.ndarray:
    """Normal numbers between bounds, by the inverse of the distribution; in the lower tail, where it is exact."""
    a, b = (low - middle) / spread, (high - middle) / spread
    flip = a > -b
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    below, above = ndtr(np.clip(a, -_FAR, _FAR)), ndtr(np.clip(b, -_FAR, _FAR))
    drawn = np.clip(ndtri(below + (above - below) * stream.random(len(a))), -_FAR, _FAR)
    drawn = np.clip(drawn, a, b)
    return np.where(low == high, low, middle + spread * np.where(flip, -drawn, drawn))
