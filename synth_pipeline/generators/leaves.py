"""Honest trees: one half of the rows decides where to split, the other half fills the leaves.

Athey and Imbens (2016), doi:10.1073/pnas.1510489113, introduced honesty for inference; here it keeps a
leaf from being shaped around the very values that it gives away.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth_pipeline.generators.matrix import Matrix


@dataclass(slots=True, eq=False)
class Leaves:
    """A tree whose every node owns a slice of donors.

    ``donors[start[node]:end[node]]`` are the donors below a node, and ``deep_enough[node]`` is the node
    itself or its nearest ancestor with enough of them.  ``encoding`` says how this tree sees categories.
    """

    tree: Any  # sklearn's low-level tree, or None for a single leaf
    donors: np.ndarray
    start: np.ndarray
    end: np.ndarray
    deep_enough: np.ndarray
    encoding: dict[int, np.ndarray] = field(default_factory=dict)

    def route(self, matrix: Matrix, rows: np.ndarray) -> np.ndarray:
        """The node whose donors stand for each of these rows of the matrix."""
        if self.tree is None:
            return np.zeros(len(rows), int)
        return self.deep_enough[self.tree.apply(matrix.features(self.encoding, rows))]

    def pick(self, nodes: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """One donor per node, at random: positions in ``donors``."""
        sizes = self.end[nodes] - self.start[nodes]
        return self.start[nodes] + (stream.random(len(nodes)) * sizes).astype(int)


@dataclass(frozen=True, slots=True, eq=False)
class Pruning:
    """Which splits are worth what they give away: each parameter of a model tells something of its training rows.

    ``labels`` are codes that say what each row is, ``gain`` the log-likelihood that a split must add, in nats.
    """

    labels: np.ndarray
    gain: float

    def useful(self, tree: Any, rows: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Nodes below which the tree foretells the labels of donors better than the node itself does.

        By the leave-one-out likelihood of the donors, which had no say in where the tree splits.
        """
        count = int(self.labels.max()) + 1
        total = np.zeros((len(rows) + 1, count))
        np.cumsum(np.eye(count)[self.labels[rows]], axis=0, out=total[1:])
        seen = total[end] - total[start]
        share = (total[-1] + 0.5) / (total[-1] + 0.5).sum()
        others = np.maximum(seen - 1, 0) + share
        best = (seen * np.log(others / np.maximum(end - start, 1)[:, None])).sum(1)
        useful = np.zeros(len(start), bool)
        for node in np.flatnonzero(tree.children_left >= 0)[::-1]:  # children come last
            split = best[tree.children_left[node]] + best[tree.children_right[node]] - self.gain
            useful[node] = split > best[node]
            best[node] = max(split, best[node])
        return useful


def single_leaf(donors: np.ndarray) -> Leaves:
    """All donors in one leaf: for a column that nothing predicts."""
    return Leaves(None, donors, np.array([0]), np.array([len(donors)]), np.array([0]))


def grow(
    matrix: Matrix,
    scores: np.ndarray,
    outcome: np.ndarray,
    donors: np.ndarray,
    leaf: int,
    least: int,
    stream: np.random.Generator,
    pruning: Pruning | None = None,
) -> Leaves:
    """Grow a tree on a random half of the rows and fill it with the donors of the other half.

    ``outcome`` is a vector of codes (a classification tree) or a matrix of floats (a regression tree);
    ``scores`` is the outcome by which categories are encoded: from the structure half too, since an encoding
    that has seen the donors would lead them to leaves of their own.  ``leaf`` is the least number of
    structure rows in a leaf, ``least`` the least number of donors.
    With ``pruning`` a split is kept only where it foretells the donors.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    shape, fill = np.split(stream.permutation(matrix.rows), [matrix.rows // 2])
    encoding = matrix.encode(scores, shape)
    model = DecisionTreeClassifier if outcome.ndim == 1 else DecisionTreeRegressor
    fitted = model(min_samples_leaf=leaf, random_state=int(stream.integers(2**31)))
    tree = fitted.fit(matrix.features(encoding, shape), outcome[shape]).tree_

    reached = tree.apply(matrix.features(encoding, fill))
    order = np.argsort(reached, kind="stable")
    parent, last = _family(tree)
    start = np.searchsorted(reached[order], np.arange(tree.node_count))
    end = np.searchsorted(reached[order], last, side="right")
    useful = np.ones(tree.node_count, bool) if pruning is None else pruning.useful(tree, fill[order], start, end)
    deep_enough = np.arange(tree.node_count)
    for node in range(1, tree.node_count):  # parents come first
        above = parent[node]
        if end[node] - start[node] < least or deep_enough[above] != above or not useful[above]:
            deep_enough[node] = deep_enough[above]
    return Leaves(tree, donors[fill][order], start, end, deep_enough, encoding)


def _family(tree: Any) -> tuple[np.ndarray, np.ndarray]:
    """Parent of each node, and the last node of its subtree: sklearn numbers nodes in preorder."""
    parent, last = np.full(tree.node_count, -1), np.arange(tree.node_count)
    left, right = tree.children_left, tree.children_right
    for node in range(tree.node_count - 1, -1, -1):
        if left[node] >= 0:
            last[node] = last[right[node]]
            parent[left[node]] = parent[right[node]] = node
    return parent, last
