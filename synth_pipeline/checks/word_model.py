"""The linear model of words that checks train on texts."""

import numpy as np
from scipy.sparse import csr_array

PENALTY = 1.0  # on squared weights; texts have length one
PRECISE = 1e-3  # of the solver


def read(points: csr_array, truth: np.ndarray, tested: csr_array) -> np.ndarray:
    """Ridge regression on the marks of classes: the likeliest class of each tested text.

    ``points`` are weighed words, ``truth`` codes from 0.
    """
    from sklearn.linear_model import Ridge

    known = np.unique(truth)
    if len(known) < 2:
        return np.full(tested.shape[0], known[0] if len(known) else 0)
    marks = (truth[:, None] == known).astype(np.float64)
    model = Ridge(alpha=PENALTY, solver="sparse_cg", tol=PRECISE).fit(points, marks)
    return known[model.predict(tested).argmax(1)]
