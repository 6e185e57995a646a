"""The generating network of the GAN, as it draws rows."""

from dataclasses import dataclass, replace

import numpy as np

from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.deep.codec import EDGE
from synth_pipeline.generators.deep.layout import Layout
from synth_pipeline.generators.deep.network import forward
from synth_pipeline.generators.deep.training import Weights

NOISES = 64  # coordinates of noise beside those of the scales
FORCED = 40.0  # what a condition adds to the logit of its choice
TRIAL = 10_000  # rows that are drawn to set single columns right


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """The generating network: noise and a condition in, a row out."""

    layout: Layout
    weights: Weights
    conditional: bool
    lift: np.ndarray  # what is added to the logits, so that each choice has its share
    marks: list[np.ndarray]  # per scale, quantiles of the normal scores that come out; none before they are measured

    def draw(self, rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Ranks between 0 and 1, shape (rows, scales), and choices, shape (rows, columns)."""
        from scipy.special import ndtr

        scores, choices = self._scored(rows, stream)
        if not self.marks:
            return np.clip(ndtr(scores.astype(float)), EDGE, 1 - EDGE), choices
        grid = np.linspace(0, 1, len(self.marks[0]))
        marked = [np.interp(one, marks, grid) for one, marks in zip(scores.T, self.marks, strict=True)]
        return np.clip(np.column_stack(marked), EDGE, 1 - EDGE), choices

    def set_right(self, seed: Seed) -> "Maker":
        """Single columns as in training: logits lifted until each choice has its share, scores by their quantiles."""
        layout, right = self.layout, replace(self, lift=self.lift.copy())
        for _ in range(6):
            _, choices = right._scored(TRIAL, seed.stream())
            for (start, end), place in zip(layout.groups, layout.places, strict=True):
                part = slice(start - layout.scales, end - layout.scales)
                share = (np.bincount(choices[:, place], minlength=end - start) + 1) / (TRIAL + end - start)
                right.lift[part] += np.clip(np.log(layout.share[part] / share), -1, 1)
        scores, choices = right._scored(TRIAL, seed.child("marks").stream())
        counts = layout.counts(choices)
        return replace(right, marks=[_marks(one[mask]) for one, mask in zip(scores.T, counts.T, strict=True)])

    def _scored(self, rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Normal scores and choices."""
        layout = self.layout
        given = self._condition(rows, stream)
        noise = stream.standard_normal((rows, layout.scales + NOISES), np.float32)
        out = forward(self.weights, np.hstack([noise, given]), given)
        logits = out[:, layout.scales :] + self.lift + FORCED * given + gumbel(given.shape, stream)
        choices = np.zeros((rows, layout.columns), int)
        for (start, end), place in zip(layout.groups, layout.places, strict=True):
            choices[:, place] = logits[:, start - layout.scales : end - layout.scales].argmax(1)
        return noise[:, : layout.scales] + out[:, : layout.scales], choices

    def _condition(self, rows: int, stream: np.random.Generator) -> np.ndarray:
        """One choice of each row, groups being equally likely; as 0 and 1, shape (rows, choices)."""
        layout = self.layout
        out = np.zeros((rows, len(layout.share)), np.float32)
        if not self.conditional or not layout.groups:
            return out
        picked = stream.integers(len(layout.groups), size=rows)
        for number, (start, end) in enumerate(layout.groups):
            mine = np.flatnonzero(picked == number)
            share = layout.share[start - layout.scales : end - layout.scales].astype(float)
            out[mine, start - layout.scales + stream.choice(len(share), len(mine), p=share / share.sum())] = 1
        return out


def _marks(scores: np.ndarray) -> np.ndarray:
    """Quantiles of normal scores; those of the normal law where there are too few."""
    from scipy.special import ndtri

    grid = np.linspace(0, 1, 201)
    return np.quantile(scores, grid) if len(scores) >= 200 else ndtri(np.clip(grid, EDGE, 1 - EDGE))


def gumbel(shape: tuple[int, ...], stream: np.random.Generator) -> np.ndarray:
    """Noise that turns the largest of logits into a draw by their probabilities."""
    return -np.log(np.maximum(stream.standard_exponential(shape, np.float32), np.float32(1e-30)))


def apart(layout: Layout, first: tuple[np.ndarray, np.ndarray], second: tuple[np.ndarray, np.ndarray]) -> float:
    """How far two sets of ranks and choices are apart, 0 to 1: total variation, averaged over pairs of columns."""
    columns = layout.scales + len(layout.groups)
    return float(np.abs(_tables(layout, *first) - _tables(layout, *second)).sum() / 2 / max(1, columns) ** 2)


def _tables(layout: Layout, ranks: np.ndarray, choices: np.ndarray, bins: int = 8) -> np.ndarray:
    """Shares of the rows in every pair of choices and eighths of a scale."""
    wide = bins * layout.scales
    marks = np.zeros((len(ranks), wide + len(layout.share)), np.float32)
    every = np.arange(len(ranks))
    counts = layout.counts(choices)
    for place, column in enumerate(ranks.T):
        marks[every, bins * place + np.minimum((column * bins).astype(int), bins - 1)] = counts[:, place]
    for (start, _), place in zip(layout.groups, layout.places, strict=True):
        marks[every, wide + start - layout.scales + choices[:, place]] = 1
    return marks.T @ marks / len(ranks)
