"""Who is like whom without comparing all with all: only what shares a bucket is compared, and that exactly.

A bucket that many share, as texts from one template do, is compared in part: each with the first of it and with the
few before, so that work grows with the number of texts and never with its square.  What is left is looked at again.
"""

from collections.abc import Callable, Iterator

import numpy as np

WINDOW = 4  # how many before it in its bucket each text is compared with
MOST_ITEMS = 32  # how many evaluation items of a bucket a text is compared with
WORTHWHILE = 0.01  # share of texts that a round must have dropped for another one to follow
MISSED = 0.003  # chance that a pair exactly at the threshold shares no bucket

Similarity = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of pairs of places


def thinned(buckets: np.ndarray, similarity: Similarity, threshold: float) -> np.ndarray:
    """For each text the place of the one that stands for it: its own, or that of an earlier one that is alike.

    ``buckets`` is an array of texts by bands of uint64; equal numbers in a band share a bucket.  The first of texts
    that are alike is kept, and no text that is kept is alike another kept one with which it was compared.
    """
    stands = np.arange(len(buckets))
    alive = stands.copy()
    while True:
        left, right, is_cut = _pairs(buckets[alive])
        left, right = alive[left], alive[right]
        alike = similarity(left, right) >= threshold
        before = len(alive)
        _settle(stands, left[alike], right[alike])
        alive = np.flatnonzero(stands == np.arange(len(stands)))
        if before - len(alive) <= WORTHWHILE * before or not is_cut:
            return _roots(stands)


def nearest(buckets: np.ndarray, others: np.ndarray, closeness: Similarity) -> np.ndarray:
    """For each text the place of the closest of other texts, -1 where none is closer than 0.

    ``closeness`` takes places of texts and places of others.  Of equally close ones the first is told.
    """
    best, place = np.zeros(len(buckets)), np.full(len(buckets), -1)
    for pairs in _across(buckets, others):
        found = closeness(*pairs)
        order = np.lexsort((pairs[1], -found, pairs[0]))
        texts, items, found = pairs[0][order], pairs[1][order], found[order]
        top = np.ones(len(texts), bool)
        top[1:] = texts[1:] != texts[:-1]
        top &= found > best[texts]
        best[texts[top]], place[texts[top]] = found[top], items[top]
    return place


def close(buckets: np.ndarray, others: np.ndarray, closeness: Similarity) -> tuple[np.ndarray, np.ndarray]:
    """The pairs of a text and another one that are closer than 0, each once and in order.

    ``closeness`` takes places of texts and places of others.
    """
    count, codes = max(1, len(others)), np.zeros(0, np.int64)
    for text, other in _across(buckets, others):
        near = closeness(text, other) > 0
        codes = np.union1d(codes, text[near] * count + other[near])
    return codes // count, codes % count


def _pairs(buckets: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """Pairs that share a bucket of any band, each once and the earlier first; whether some were left out."""
    count, is_cut = len(buckets), False
    codes = np.zeros(0, np.int64)
    for band in range(buckets.shape[1]):
        left, right, cut = _of_band(buckets[:, band])
        codes = np.union1d(codes, left * count + right)
        is_cut |= cut
    return codes // max(1, count), codes % max(1, count), is_cut


def _of_band(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    shared = (np.r_[same, False] | np.r_[False, same])[: len(keys)]
    order, keys = order[shared], keys[shared]
    pairs = []
    for step in range(1, WINDOW + 1):
        equal = keys[step:] == keys[:-step]
        pairs.append((order[:-step][equal], order[step:][equal]))
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: len(keys)])
    sizes = np.diff(np.r_[starts, len(keys)])
    heads = np.repeat(starts, sizes)
    far = np.flatnonzero(np.arange(len(keys)) - heads > WINDOW)
    pairs.append((order[heads[far]], order[far]))
    left, right = (np.concatenate(part) for part in zip(*pairs, strict=True))
    return left, right, len(far) > 0


def _across(buckets: np.ndarray, others: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs of a text and another one that share a bucket, band by band."""
    for band in range(buckets.shape[1]):
        order = np.argsort(others[:, band], kind="stable")
        keys = others[order, band]
        first = np.searchsorted(keys, buckets[:, band], "left")
        sizes = np.minimum(np.searchsorted(keys, buckets[:, band], "right") - first, MOST_ITEMS)
        texts = np.repeat(np.arange(len(buckets)), sizes)
        ends = np.cumsum(sizes)
        within = np.arange(len(texts)) - np.repeat(ends - sizes, sizes)
        yield texts, order[np.repeat(first, sizes) + within]


def _settle(stands: np.ndarray, left: np.ndarray, right: np.ndarray) -> None:
    """Each later text of a pair gives way to the earlier one, unless that has given way itself."""
    order = np.lexsort((left, right))  # when a text comes up, all before it are settled
    for earlier, later in zip(left[order].tolist(), right[order].tolist(), strict=True):
        if stands[earlier] == earlier and stands[later] == later:
            stands[later] = earlier


def _roots(stands: np.ndarray) -> np.ndarray:
    """Follow those that gave way to a text that gave way in a later round."""
    while True:
        further = stands[stands]
        if (further == stands).all():
            return stands
        stands = further
