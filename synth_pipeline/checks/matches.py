"""Matches: how surprising it is that a synthetic row agrees with a real one as far as it does.

Distances drown a partial copy in the columns that were changed.  Here each column adds the surprise that
another row is as close in it (minus the logarithm of the share of real rows that are), and nothing where
it differs; columns that go together count once, by a tree of the strongest associations (Chow and Liu
1968, doi:10.1109/TIT.1968.1054142).
"""

from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import BINS, Evidence
from synth_pipeline.checks.neighbours import others, owners, search, searched, to_real, to_synthetic
from synth_pipeline.checks.unique_tuples import shared, subsets

CANDIDATES = 10  # rows that agree most in coarse bins, beside the nearest ones
SCALES = ("rank", "amount")


def with_synthetic(evidence: Evidence) -> np.ndarray:
    """The largest surprise of a match of each searched row with a synthetic one, in nats, shape (rows,).

    Candidates are the rows that agree in most bins, the nearest ones, and those that share a combination
    of values that no other real row has.
    """

    def best() -> np.ndarray:
        rows, tuples = searched(evidence), shared(evidence)
        agreeing = search(_weighted(evidence, rows), _indicators(evidence), CANDIDATES, by_product=True)
        near = [to_synthetic(evidence, scale).places for scale in SCALES]
        found = surprise(evidence, rows, np.hstack([agreeing.places, *near])).max(1)
        kept = np.isin(tuples.real, rows)
        pairs = np.unique(np.column_stack([tuples.real[kept], tuples.made[kept]]), axis=0)
        further = surprise(evidence, pairs[:, 0], pairs[:, 1:])[:, 0]
        np.maximum.at(found, np.searchsorted(rows, pairs[:, 0]), further)
        return found

    return evidence.own.recall("matches", best)


def with_real(evidence: Evidence) -> np.ndarray:
    """The largest surprises of matches of each searched row with other real ones, descending, (rows, 2 or more)."""
    rows = searched(evidence)

    def best() -> np.ndarray:
        weighted, owner = _weighted(evidence, rows), owners(evidence)[rows]
        agreeing = others(weighted, (weighted > 0).astype(np.float32), owner, by_product=True)
        near = [to_real(evidence, scale).places for scale in SCALES]
        twins = _twins(evidence, rows, owner)
        found = surprise(evidence, rows, rows[np.hstack([agreeing.places, *near])], synthetic=False)
        further = np.zeros(len(rows), np.float32)
        np.maximum.at(further, twins[:, 0], surprise(evidence, rows[twins[:, 0]], rows[twins[:, 1:]],
                                                     synthetic=False)[:, 0])  # fmt: skip
        return -np.sort(-np.column_stack([found, further]), axis=1)

    return evidence.real.recall(("matches", len(rows)), best)


def _twins(evidence: Evidence, rows: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Pairs of real rows that share a combination of values with nobody else, both ways round, shape (pairs, 2)."""
    keys = {name: np.concatenate(evidence.value_keys(name)[:2])[rows] for name in evidence.schema.modelled}
    pairs = [np.empty((0, 2), int)]
    for chosen in subsets(evidence):
        key = np.sum([keys[name] for name in chosen], axis=0, dtype=np.uint64)
        order = np.argsort(key, kind="stable")
        start = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0, True])
        first = start[:-1][np.diff(start) == 2]
        pairs.append(np.column_stack([order[first], order[first + 1]]))
    both = np.unique(np.vstack(pairs), axis=0)
    both = both[owner[both[:, 0]] != owner[both[:, 1]]]
    return np.vstack([both, both[:, ::-1]])


def surprise(evidence: Evidence, rows: np.ndarray, candidates: np.ndarray, *, synthetic: bool = True) -> np.ndarray:
    """Of the match of each real row with each of its candidates, in nats, shape of the candidates.

    ``rows`` are positions in train followed by holdout; candidates are places in the synthetic table, or
    such positions too.
    """
    total = np.zeros(candidates.shape, np.float32)
    count = sum(map(len, evidence.tables[:2]))
    for name in evidence.numeric:
        real, ordered = np.concatenate(evidence.numbers[name][:2]), evidence.sorted_real[name]
        mine = real[rows][:, None]
        gap = np.abs((evidence.numbers[name].synthetic if synthetic else real)[candidates] - mine)
        closer = np.searchsorted(ordered, mine + gap, "right") - np.searchsorted(ordered, mine - gap, "left")
        total += np.where(np.isnan(gap), 0, -np.log(np.clip(closer / count, 1 / count, 1)))
    for name in evidence.nominal:
        real = np.concatenate(evidence.codes[name][:2])
        share = np.bincount(real) / count
        mine = real[rows]
        same = (evidence.codes[name].synthetic if synthetic else real)[candidates] == mine[:, None]
        total += same * -np.log(share[mine])[:, None].astype(np.float32)
    return total - _counted_twice(evidence, rows, candidates, synthetic)


@dataclass(frozen=True, slots=True, eq=False)
class _Branch:
    """Two columns that go together, and for each pair of bins by how much: log of joint share over product."""

    first: str
    second: str
    excess: np.ndarray


def _counted_twice(evidence: Evidence, rows: np.ndarray, candidates: np.ndarray, synthetic: bool) -> np.ndarray:
    total = np.zeros(candidates.shape, np.float32)
    for branch in evidence.real.recall("branches", lambda: _branches(evidence)):
        mine, same = [], np.ones(candidates.shape, bool)
        for name in (branch.first, branch.second):
            real = np.concatenate(evidence.bins[name][:2])
            mine.append(real[rows])
            same &= (evidence.bins[name].synthetic if synthetic else real)[candidates] == mine[-1][:, None]
        total += same * branch.excess[mine[0], mine[1]][:, None]
    return total


def _branches(evidence: Evidence) -> list[_Branch]:
    """The tree of columns with the largest mutual information, after Prim."""
    names = [*evidence.numeric, *evidence.nominal]
    bins = {name: np.concatenate(evidence.bins[name][:2]).astype(int) for name in names}
    excess = {(a, b): _excess(bins[a], bins[b]) for a in names for b in names if a < b}
    inside, tree = set(names[:1]), []
    while len(inside) < len(names):
        edges = [pair for pair in excess if (pair[0] in inside) != (pair[1] in inside)]
        best = max(edges, key=lambda pair: excess[pair][1])
        tree.append(_Branch(*best, excess[best][0]))
        inside |= set(best)
    return tree


def _excess(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, float]:
    """Logarithm of joint over expected share for each pair of bins, and the mutual information."""
    joint = np.bincount(first * BINS + second, minlength=BINS**2).reshape(BINS, BINS) / max(1, len(first))
    expected = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    smooth = 1 / max(1, len(first))
    ratio = np.where(joint > 0, (joint + smooth * expected) / np.maximum((1 + smooth) * expected, 1e-300), 1)
    logarithm = np.log(ratio).astype(np.float32)
    return logarithm, float((joint * logarithm).sum())


def _weighted(evidence: Evidence, rows: np.ndarray) -> np.ndarray:
    """Of each real row the surprise of its own bins, shape (rows, occupied bins)."""
    parts = []
    for codes in evidence.bins.values():
        real = np.concatenate(codes[:2])
        share = np.bincount(real, minlength=BINS) / len(real)
        occupied = np.flatnonzero(share)
        parts.append((real[rows][:, None] == occupied) * -np.log(np.minimum(share[occupied], 1 - 1e-9)))
    return np.hstack(parts, dtype=np.float32, casting="same_kind")


def _indicators(evidence: Evidence) -> np.ndarray:
    """Of each synthetic row which bins it is in, among those that real rows occupy."""
    parts = []
    for codes in evidence.bins.values():
        occupied = np.flatnonzero(np.bincount(np.concatenate(codes[:2]), minlength=BINS))
        parts.append((codes.synthetic[:, None] == occupied).astype(np.float32))
    return np.hstack(parts)
