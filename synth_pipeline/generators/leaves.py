"""Honest trees: one half of the rows decides where to split, the other half fills the leaves.

Athey and Imbens (2016), doi:10.1073/pnas.1510489113, introduced honesty for inference; here it keeps a
leaf from being shaped around the very values that it gives away.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(slots=True, eq=False)
class Leaves:
    """A tree whose every node owns a slice of donors.

    ``donors[start[node]:end[node]]`` are the donors below a node, and ``deep_enough[node]`` is the node
    itself or its nearest ancestor with enough of them.
    """

    tree: Any  # sklearn's low-level tree, or None for a single leaf
    donors: np.ndarray
    start: np.ndarray
    end: np.ndarray
    deep_enough: np.ndarray

    def route(self, features: np.ndarray) -> np.ndarray:
        """The node whose donors stand for each row of features (float32)."""
        if self.tree is None:
            return np.zeros(len(features), int)
        return self.deep_enough[self.tree.apply(features)]

    def pick(self, nodes: np.ndarray, stream: np.random.Generator) -> np.ndarray:
        """One donor per node, at random: positions in ``donors``."""
        sizes = self.end[nodes] - self.start[nodes]
        return self.start[nodes] + (stream.random(len(nodes)) * sizes).astype(int)


def single_leaf(donors: np.ndarray) -> Leaves:
    """All donors in one leaf: for a column that nothing predicts."""
    return Leaves(None, donors, np.array([0]), np.array([len(donors)]), np.array([0]))


def grow(
    features: np.ndarray, outcome: np.ndarray, donors: np.ndarray, leaf: int, least: int, stream: np.random.Generator
) -> Leaves:
    """Grow a tree on a random half of the rows and fill it with the donors of the other half.

    ``outcome`` is a vector of codes (a classification tree) or a matrix of floats (a regression tree);
    ``leaf`` is the least number of structure rows in a leaf, ``least`` the least number of donors.
    """
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    shuffled = stream.permutation(len(features))
    shape, fill = np.split(shuffled, [len(shuffled) // 2])
    model = DecisionTreeClassifier if outcome.ndim == 1 else DecisionTreeRegressor
    fitted = model(min_samples_leaf=leaf, random_state=int(stream.integers(2**31)))
    tree = fitted.fit(features[shape], outcome[shape]).tree_

    reached = tree.apply(features[fill])
    order = np.argsort(reached, kind="stable")
    parent, last = _family(tree)
    start = np.searchsorted(reached[order], np.arange(tree.node_count))
    end = np.searchsorted(reached[order], last, side="right")
    deep_enough = np.arange(tree.node_count)
    for node in range(1, tree.node_count):  # parents come first
        if end[node] - start[node] < least or deep_enough[parent[node]] != parent[node]:
            deep_enough[node] = deep_enough[parent[node]]
    return Leaves(tree, donors[fill][order], start, end, deep_enough)


def _family(tree: Any) -> tuple[np.ndarray, np.ndarray]:
    """Parent of each node, and the last node of its subtree: sklearn numbers nodes in preorder."""
    parent, last = np.full(tree.node_count, -1), np.arange(tree.node_count)
    left, right = tree.children_left, tree.children_right
    for node in range(tree.node_count - 1, -1, -1):
        if left[node] >= 0:
            last[node] = last[right[node]]
            parent[left[node]] = parent[right[node]] = node
    return parent, last
