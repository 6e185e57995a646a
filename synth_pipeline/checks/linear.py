"""The linear models that checks train, and the rows as those models see them."""

from collections.abc import Callable

import numpy as np

from synth_pipeline.checks.evidence import RANK_SPREAD, Evidence, Three

PENALTY = 3.0  # on squared weights of axes that spread about as much as a standard normal variable
MOST_LEVELS = 64  # of a nominal column that have an axis of their own
FEWEST = 10  # real rows of such a level
FARTHEST = 4.0  # standard deviations, beyond which an amount counts as being there
TURNS = 300  # of the solver, which needs some 30


Axes = Callable[[int, np.ndarray], np.ndarray]


def axes(evidence: Evidence, without: str) -> Axes:
    """All columns but one as numbers: gives some rows of a side, shape (rows, axes), none of them missing.

    A number is an amount, a rank, and whether it is missing where real rows have gaps; a common level is an
    axis of its own.  Scales and levels come from the real rows alone.
    """
    columns = [_of_numbers(evidence, name) for name in evidence.numeric if name != without]
    columns += [_of_levels(evidence.codes[name]) for name in evidence.nominal if name != without]
    return lambda side, rows: np.hstack([column(side, rows) for column in columns])


def _of_numbers(evidence: Evidence, name: str) -> Axes:
    real, numbers = evidence.sorted_real[name], evidence.numbers[name]
    gaps = any(np.isnan(side).any() for side in numbers[:2])
    middle, spread = (float(real.mean()), float(real.std())) if len(real) else (0.0, 0.0)
    spread = spread if np.isfinite(spread) and spread > 0 else 1.0

    def of(side: int, rows: np.ndarray) -> np.ndarray:
        values = numbers[side][rows]
        missing = np.isnan(values)
        places = (np.searchsorted(real, values, "left") + np.searchsorted(real, values, "right")) / 2
        ranks = (places / max(1, len(real)) - 0.5) / RANK_SPREAD
        amounts = np.clip(np.nan_to_num((values - middle) / spread), -FARTHEST, FARTHEST)
        return np.column_stack(
            [np.where(missing, 0, amounts), np.where(missing, 0, ranks), *([missing] if gaps else [])]
        )

    return of


def _of_levels(codes: Three[np.ndarray]) -> Axes:
    frequency = np.bincount(np.concatenate(codes[:2]))
    levels = np.argsort(-frequency, kind="stable")[:MOST_LEVELS]
    levels = levels[frequency[levels] >= FEWEST]
    return lambda side, rows: (codes[side][rows][:, None] == levels).astype(float)


def scores(points: np.ndarray, truth: np.ndarray, tested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logistic regression: the classes that were there to learn, and the chance of each for the tested rows."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1 / PENALTY, tol=1e-3, max_iter=TURNS).fit(points, truth)
    return model.classes_, model.predict_proba(tested)


def numbers(points: np.ndarray, truth: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """Ridge regression: a number for each of the tested rows."""
    middle, mean = points.mean(0), float(truth.mean())
    centred = points - middle
    squares = centred.T @ centred + PENALTY * np.eye(points.shape[1])
    return (tested - middle) @ np.linalg.solve(squares, centred.T @ (truth - mean)) + mean
