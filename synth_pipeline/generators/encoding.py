"""Categories as numbers that a tree can split on: their place in the space of the outcome to be predicted."""

import numpy as np

FEWEST = 10  # rows of a level below which it is encoded as the average level
WIDE = 32  # with more levels than this an outcome is projected instead of one-hot


def outcome_scores(codes: np.ndarray, count: int, stream: np.random.Generator) -> np.ndarray:
    """A nominal outcome as a matrix, rare levels weighing more; projected at random where levels are many."""
    share = np.bincount(codes, minlength=count) / len(codes)
    weight = 1 / np.sqrt(share + 1e-9)
    if count <= WIDE:
        return np.eye(count)[codes] * weight
    signs = stream.choice([-1.0, 1.0], size=(count, 12)) * np.minimum(weight, 30)[:, None]
    return signs[codes]


def level_scores(codes: np.ndarray, count: int, outcome: np.ndarray, axes: int) -> np.ndarray:
    """Each level of a predictor as its mean outcome, shrunk to the overall mean, on its first principal axes.

    ``outcome`` has shape (rows, k); the result has shape (count, at most ``axes``).  Target encoding
    after Micci-Barreca (2001), doi:10.1145/507533.507538.
    """
    rows = np.bincount(codes, minlength=count).astype(float)
    mean = outcome.mean(0)
    total = np.column_stack([np.bincount(codes, weights=column, minlength=count) for column in outcome.T])
    centred = (total + 5 * mean) / (rows + 5)[:, None] - mean
    centred[rows < FEWEST] = 0  # the mean of a few records would tell their values
    if centred.shape[1] == 1:
        return centred
    root = np.sqrt(rows + 0.1)[:, None]
    left, strength, _ = np.linalg.svd(root * centred, full_matrices=False)
    return (left * strength / root)[:, :axes]
