"""Honest trees: one half of the rows decides where to split, the other half fills the leaves.

Athey and Imbens (2016), doi:10.1073/pnas.1510489113, introduced honesty for inference; here it keeps a
leaf from being shaped around the very values that it gives away.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth_pipeline.generators.matrix import Matrix

_BORROWED = 2.0  # rows' worth of its parent's distribution that a node is judged with


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A grown tree and where the rows that had no say in it fall.

    ``rows[start[node]:end[node]]`` are the rows below a node, in random order within a leaf; ``entry[node]`` is the
    node itself, or its nearest ancestor that is worth a split and has enough rows.  Parents come before children.
    """

    tree: Any  # sklearn's low-level tree, or None for a single leaf
    encoding: dict[int, np.ndarray]  # how this tree sees categories
    rows: np.ndarray
    start: np.ndarray
    end: np.ndarray
    parent: np.ndarray
    entry: np.ndarray


@dataclass(slots=True, eq=False)
class Leaves:
    """A tree whose every node owns the donors that settled there.

    A draw that falls to a node stays there with probability ``stay[node]``, and takes one of
    ``donors[first[node]:last[node]]``; else it goes up to the parent.
    """

    tree: Any
    encoding: dict[int, np.ndarray] = field(repr=False)
    entry: np.ndarray
    parent: np.ndarray
    donors: np.ndarray
    stay: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def route(self, matrix: Matrix, rows: np.ndarray) -> np.ndarray:
        """The node to which each of these rows of the matrix falls."""
        if self.tree is None:
            return np.zeros(len(rows), int)
        return self.entry[self.tree.apply(matrix.features(self.encoding, rows))]

    def pick(self, nodes: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """One donor for each node, at random: positions in ``donors``."""
        nodes = nodes.copy()
        moving = np.flatnonzero(self.stay[nodes] < 1)
        while len(moving):
            moving = moving[stream.random(len(moving)) >= self.stay[nodes[moving]]]
            nodes[moving] = self.parent[nodes[moving]]
        sizes = self.last[nodes] - self.first[nodes]
        return self.first[nodes] + (stream.random(len(nodes)) * sizes).astype(int)


@dataclass(frozen=True, slots=True, eq=False)
class Pruning:
    """Which splits are worth what they give away: each parameter of a model tells something of its training rows.

    ``labels`` are codes that say what each row is, ``gain`` the log-likelihood that a split must add, in nats.
    """

    labels: np.ndarray
    gain: float

    def useful(self, tree: Any, rows: np.ndarray, start: np.ndarray, end: np.ndarray, parent: np.ndarray) -> np.ndarray:
        """Nodes below which the tree foretells the labels of the rows better than the node itself does.

        By the leave-one-out likelihood of the rows, each node borrowing from its parent.
        """
        count = int(self.labels.max()) + 1
        total = np.zeros((len(rows) + 1, count))
        np.cumsum(np.eye(count)[self.labels[rows]], axis=0, out=total[1:])
        seen = total[end] - total[start]
        others = np.maximum(seen - 1, 0)
        above = others[np.maximum(parent, 0)] + (total[-1] + 0.5) / (total[-1] + 0.5).sum()
        others += _BORROWED * above / above.sum(1, keepdims=True)
        size = np.maximum(end - start - 1 + _BORROWED, 1)[:, None]
        best = (seen * np.log(others / size)).sum(1)
        useful = np.zeros(len(start), bool)
        for node in np.flatnonzero(tree.children_left >= 0)[::-1]:  # children come last
            split = best[tree.children_left[node]] + best[tree.children_right[node]] - self.gain
            useful[node] = split > best[node]
            best[node] = max(split, best[node])
        return useful


def single_leaf(donors: np.ndarray) -> Leaves:
    """All donors in one leaf: for a column that nothing predicts."""
    root = np.zeros(1, int)
    return Leaves(None, {}, root, root - 1, donors, np.ones(1), root, np.array([len(donors)]))


def grow(
    matrix: Matrix,
    scores: np.ndarray,
    outcome: np.ndarray,
    leaf: int,
    least: int,
    stream: np.random.Generator,
    pruning: Pruning | None = None,
) -> Shape:
    """Grow a tree on a random half of the rows, and let the other half fall into it.

    ``outcome`` is a vector of codes (a classification tree) or a matrix of floats (a regression tree);
    ``scores`` is the outcome by which categories are encoded, from the same half: an encoding that has seen the
    others would lead them to leaves of their own.  ``leaf`` is the least number of the half's rows in a leaf,
    ``least`` the least number of the other half.  With ``pruning`` a split is kept only where it foretells these.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    half, rest = np.array_split(stream.permutation(matrix.rows), 2)
    encoding = matrix.encode(scores, half)
    model = DecisionTreeClassifier if outcome.ndim == 1 else DecisionTreeRegressor
    fitted = model(min_samples_leaf=leaf, random_state=int(stream.integers(2**31)))
    tree = fitted.fit(matrix.features(encoding, half), outcome[half]).tree_
    parent, last = _family(tree)

    rows, start, end = _by_leaf(rest, tree.apply(matrix.features(encoding, rest)), last)
    useful = np.ones(tree.node_count, bool)
    if pruning is not None:
        useful = pruning.useful(tree, rows, start, end, parent)
    entry = np.arange(tree.node_count)
    for node in range(1, tree.node_count):  # parents come first
        above = parent[node]
        if end[node] - start[node] < least or entry[above] != above or not useful[above]:
            entry[node] = entry[above]
    return Shape(tree, encoding, rows, start, end, parent, entry)


def _by_leaf(rows: np.ndarray, reached: np.ndarray, last: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows in the order of the leaves that they reached, and the slice of them below each node."""
    order = np.argsort(reached, kind="stable")
    start = np.searchsorted(reached[order], np.arange(len(last)))
    return rows[order], start, np.searchsorted(reached[order], last, side="right")


def _family(tree: Any) -> tuple[np.ndarray, np.ndarray]:
    """Parent of each node, and the last node of its subtree: sklearn numbers nodes in preorder."""
    parent, last = np.full(tree.node_count, -1), np.arange(tree.node_count)
    left, right = tree.children_left, tree.children_right
    for node in range(tree.node_count - 1, -1, -1):
        if left[node] >= 0:
            last[node] = last[right[node]]
            parent[left[node]] = parent[right[node]] = node
    return parent, last
