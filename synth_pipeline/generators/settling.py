"""Where the donors of a tree settle: what few rows of a leaf share is swapped with other leaves.

In each leaf ``swapped`` holders of every value leave it; those that left the leaves below a node are a pool, from
which again so many holders of every value leave for the pool above, up to the root.  A draw takes the same way, so
that every donor is drawn once on average and the distribution of a column is what it was; but a value that one row
alone has in its leaf is not given away there.  It is the absolute discounting of language models, whose discount is
the leaving-one-out estimate (Ney, Essen and Kneser 1994, doi:10.1006/csla.1994.1001), by exchange.
"""

import numpy as np

from synth_pipeline.generators.leaves import Leaves, Shape


def settle(
    shape: Shape, donors: np.ndarray, codes: np.ndarray | None, swapped: int, stream: np.random.Generator
) -> Leaves:
    """The leaves of a tree; ``donors`` and ``codes``, equal for equal values, have one entry per training row.

    Without codes nothing is exchanged, and each node gives away all donors below it.
    """
    nodes = len(shape.parent)
    if codes is None:
        return Leaves(shape.tree, shape.encoding, shape.entry, shape.parent, donors[shape.rows], np.ones(nodes),
                      shape.start, shape.end)  # fmt: skip
    place, stay = _exchanged(shape.entry[_leaf_of(shape)], codes[shape.rows], shape.parent, swapped, stream)
    order = np.argsort(place, kind="stable")
    first, last = (np.searchsorted(place[order], np.arange(nodes), side) for side in ("left", "right"))
    stay[last == first] = 0.0  # nobody settled there
    if last[0] == first[0]:  # a draw that finds nobody on its way up takes anybody
        first[0], last[0] = 0, len(shape.rows)
    stay[0] = 1.0
    return Leaves(shape.tree, shape.encoding, shape.entry, shape.parent, donors[shape.rows][order], stay, first, last)


def _leaf_of(shape: Shape) -> np.ndarray:
    """The leaf of each row, in the order of ``shape.rows``."""
    leaves = np.flatnonzero(shape.tree.children_left < 0)
    return np.repeat(leaves, (shape.end - shape.start)[leaves])


def _exchanged(
    place: np.ndarray, codes: np.ndarray, parent: np.ndarray, swapped: int, stream: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """For each donor the node where it settles; for each node the share of those that came to it who do."""
    place, nodes, span = place.copy(), len(parent), int(codes.max()) + 1
    depth = np.zeros(nodes, int)
    for node in range(1, nodes):
        depth[node] = depth[parent[node]] + 1
    came, left = np.zeros(nodes), np.zeros(nodes)
    waiting = np.arange(len(place))
    for level in range(int(depth.max()), 0, -1):
        mine = waiting[depth[place[waiting]] == level]
        mine = mine[stream.permutation(len(mine))]
        keys = place[mine].astype(np.int64) * span + codes[mine]
        order = np.argsort(keys, kind="stable")
        mine, keys = mine[order], keys[order]
        begins = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])[: len(keys)]
        number = np.arange(len(keys)) - np.repeat(begins, np.diff(np.r_[begins, len(keys)]))
        leaving = mine[number < swapped]
        came += np.bincount(place[mine], minlength=nodes)
        left += np.bincount(place[leaving], minlength=nodes)
        place[leaving] = parent[place[leaving]]
        waiting = waiting[depth[place[waiting]] < level]
    return place, np.where(came > 0, 1 - left / np.maximum(came, 1), 0.0)
