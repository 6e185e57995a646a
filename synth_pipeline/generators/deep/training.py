"""Training that stops by itself: when rows kept aside are no longer explained better, or when time is up."""

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.progress import report
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.threads import pinned

Weights = dict[str, np.ndarray]

KEPT = 0.1  # share of the training rows on which the validation loss is measured
CURVE = np.dtype([("step", "i8"), ("epoch", "f8"), ("train", "f8"), ("validation", "f8")])


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to train.

    ``steps`` of the optimiser at most, judged ``looks`` times; ``patience`` looks without a better validation
    loss end it, and so does the wall clock after ``seconds``.
    """

    steps: int
    looks: int
    patience: int
    seconds: float | None


@contextmanager
def one_torch(generator: str, seed: Seed) -> Generator[Any]:
    """PyTorch on one thread and under its own seed; both are as before afterwards.

    The order in which threads add up alters the last digits, and after thousands of steps all of them.
    """
    try:
        import torch
    except ImportError:
        raise SynthError(
            f"Generator {generator!r} needs PyTorch.", "install it: pip install 'synth_pipeline[deep]'."
        ) from None
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    torch.manual_seed(seed.state)
    try:
        with pinned():
            yield torch
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)


def set_aside(rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions to learn from and to validate on; under 20 rows both are all."""
    if rows < 20:
        return np.arange(rows), np.arange(rows)
    order = stream.permutation(rows)
    aside = max(2, round(KEPT * rows))
    return order[aside:], order[:aside]


def train(
    effort: Effort,
    rows: int,
    batch: int,
    step: Callable[[np.ndarray, float], float],
    judge: Callable[[], float],
    snapshot: Callable[[], Weights],
    stream: np.random.Generator,
) -> tuple[Weights, np.ndarray]:
    """The weights of the least validation loss, and the curve, an array of type ``CURVE``.

    ``step`` takes positions of rows and the share of the work that is done, and gives a loss.
    """
    start, done, best, weights, stale = time.monotonic(), 0, np.inf, snapshot(), 0
    curve: list[tuple[int, float, float, float]] = []
    batches = _batches(rows, min(batch, rows), stream)
    for look in range(1, effort.looks + 1):
        losses = []
        while done < effort.steps * look // effort.looks:
            losses.append(step(next(batches), done / effort.steps))
            done += 1
        if not losses:
            continue
        loss, epoch = judge(), done * min(batch, rows) / rows
        curve.append((done, epoch, float(np.mean(losses)), loss))
        report(f"step {done:,} of at most {effort.steps:,}: train {curve[-1][2]:.4f}, validation {loss:.4f}")
        if loss < best:
            best, weights, stale = loss, snapshot(), 0
        else:
            stale += 1
        if stale >= effort.patience or (effort.seconds is not None and time.monotonic() - start > effort.seconds):
            break
    return weights, np.array(curve, CURVE)


def _batches(rows: int, size: int, stream: np.random.Generator) -> Generator[np.ndarray]:
    """Positions of rows without end, every row once before any row again."""
    left = np.empty(0, int)
    while True:
        while len(left) < size:
            left = np.r_[left, stream.permutation(rows)]
        yield left[:size]
        left = left[size:]
