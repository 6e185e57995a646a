"""How much of a rare class is found at a fixed precision, after training on either side."""

from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.prediction import Task
from synth_pipeline.checks.scores import CHOSEN

RARE = 0.2  # share of the tested rows up to which a class is rare
EVENTS = 100  # tested rows of it; with fewer its recall is noise
PRECISIONS = (0.5, 0.25, 0.1)  # the first that models trained on real rows reach
REACHED = 0.05  # recall from which they do
REPLICATES = 100
Z = 1.96  # two-sided 95 %


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Recall after training on real rows, less that after training on synthetic ones, with its interval at 95 %."""

    value: float
    low: float
    high: float
    events: int
    said: str


def rarest(task: Task) -> int | None:
    """The class of the fewest tested rows, if it is rare, and they are enough to tell its recall."""
    if not task.classes:
        return None
    counts = np.bincount(task.tested, minlength=task.classes)[: task.classes]
    places = np.flatnonzero(counts >= EVENTS)
    if not len(places) or counts[places].min() > RARE * len(task.tested):
        return None
    return int(places[np.argmin(counts[places])])


def shortfall(task: Task, rare: int) -> Shortfall:
    """For boosted trees; the interval covers the choice of tested rows, and of rows that were trained on."""
    positive = task.tested == rare
    weights = _replicates(task)

    def recalls(side: str, precision: float) -> np.ndarray:
        """Shape (fits, 1 + replicates)."""
        fits = task.predictions("boosted trees", "train" if side == "train" else "synthetic")
        return np.array([recall(positive, fit[:, rare], precision, weights) for fit in fits])

    for precision in PRECISIONS:
        real = recalls("train", precision)
        if real[:, 0].mean() >= REACHED:
            break
    made = recalls("synthetic", precision)
    gaps = (real - made).mean(0)
    trained = (np.var(real[:, 0], ddof=1) + np.var(made[:, 0], ddof=1)) * (CHOSEN + 1 / len(real))
    reach = Z * float(np.sqrt(trained + np.var(gaps[1:], ddof=1)))
    said = (f"{made[:, 0].mean():.3f} of the rarest class found at a precision of {precision:g} after training on "
            f"synthetic rows, {real[:, 0].mean():.3f} after real ones")  # fmt: skip
    return Shortfall(float(gaps[0]), float(gaps[0]) - reach, float(gaps[0]) + reach, int(positive.sum()), said)


def recall(positive: np.ndarray, scores: np.ndarray, precision: float, weights: np.ndarray) -> np.ndarray:
    """The largest share of positives above a threshold, where at least ``precision`` of what is above is positive.

    One for each row of ``weights``, shape (replicates, rows); equal scores are above a threshold together.
    """
    order = np.argsort(-scores, kind="stable")
    weighted = weights[:, order]
    above, hits = np.cumsum(weighted, 1), np.cumsum(weighted * positive[order], 1)
    last = np.append(np.diff(scores[order]) != 0, True)
    reached = last & (hits >= precision * above) & (above > 0)
    return np.where(reached, hits, 0).max(1) / np.maximum(hits[:, -1], 1e-12)


def _replicates(task: Task) -> np.ndarray:
    """How often the unit of each tested row was drawn, all ones first."""
    unit = task.unit
    count = int(unit.max()) + 1
    stream = task.evidence.seed.child("recall").stream()
    drawn = stream.multinomial(count, np.full(count, 1 / count), size=REPLICATES)
    return np.vstack([np.ones(len(unit)), drawn[:, unit]])
