"""Near duplicates: MinHash finds the candidates, the Jaccard similarity of the sets of runs of words decides exactly.

A pair that is called near is near, so precision is 1; a pair exactly at the threshold is missed with a chance of
some .003, and a closer one with less.

Broder (1997), doi:10.1109/SEQUEN.1997.666900; sketches by Dahlgaard, Knudsen and Thorup (2017), arXiv:1704.04370.
"""

from dataclasses import dataclass
from math import ceil, log

import numpy as np

from synth_pipeline.dedup.buckets import MISSED, Similarity, close, nearest, thinned
from synth_pipeline.text.shingles import ShingleSets, jaccard, joined

MOST_SLOTS = 96
_SLACK = 1e-12  # a similarity that is the threshold itself passes it
_SEED = 20_250_101  # of the sketches: a constant, since kept texts must not depend on the data set's seed
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Bands:
    """So many bands of so many slots of a sketch; two texts share a bucket where they agree on all slots of a band."""

    count: int
    slots: int

    @classmethod
    def of(cls, threshold: float) -> "Bands":
        """As many slots to a band as are affordable, so that few texts share a bucket by chance."""
        if threshold >= 1:
            return cls(1, 1)
        for slots in range(16, 1, -1):
            count = ceil(log(MISSED) / log(1 - threshold**slots))
            if count * slots <= MOST_SLOTS:
                return cls(count, slots)
        return cls(ceil(log(MISSED) / log(1 - threshold)), 1)


def near_duplicates(sets: ShingleSets, threshold: float) -> np.ndarray:
    """For each text the place of the earlier one that stands for it, or its own; texts without words stand alone.

    ``threshold`` is the Jaccard similarity, 0.3 to 1, from which two texts are near.
    """
    stands = _equal_sets(sets)
    if threshold >= 1:
        return stands
    alone = np.flatnonzero((stands == np.arange(len(sets))) & (sets.sizes > 0))
    own = sets.take(alone)
    found = thinned(buckets(own, Bands.of(threshold)), lambda a, b: jaccard(own, a, b), threshold)
    stands[alone] = alone[found]
    return stands[stands]


def nearest_items(texts: ShingleSets, items: ShingleSets, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each text the similarity to an item that it is near, 0 to 1, and the place of that; -1 where there is none.

    ``thresholds`` has for each item the Jaccard similarity, 0.3 to 1, from which a text is near it; of several items
    the one whose threshold is passed by most is told.
    """
    both, beyond, sketched = _compared(texts, items, thresholds)
    place = nearest(*sketched, beyond)
    found = np.flatnonzero(place >= 0)
    similarity = np.zeros(len(texts))
    similarity[found] = jaccard(both, found + len(items), place[found])
    return similarity, place


def near_items(
    texts: ShingleSets, items: ShingleSets, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All pairs of a text and an item that it is near, each once and in order: their places, and the similarity.

    ``thresholds`` as for ``nearest_items``.
    """
    both, beyond, sketched = _compared(texts, items, thresholds)
    text, item = close(*sketched, beyond)
    return text, item, jaccard(both, text + len(items), item)


def _compared(
    texts: ShingleSets, items: ShingleSets, thresholds: np.ndarray
) -> tuple[ShingleSets, Similarity, tuple[np.ndarray, np.ndarray]]:
    """The sets of items and then of texts, by how much a pair passes its threshold, and the buckets of both."""
    bands = Bands.of(float(thresholds.min(initial=1)))
    both = joined([items, texts], texts.words)

    def beyond(text: np.ndarray, item: np.ndarray) -> np.ndarray:
        return jaccard(both, text + len(items), item) - thresholds[item] + _SLACK

    return both, beyond, (buckets(texts, bands), buckets(items, bands))


def buckets(sets: ShingleSets, bands: Bands) -> np.ndarray:
    """Texts by bands: numbers that two texts share in a band with a chance of their similarity to the slots' power."""
    out = np.zeros((len(sets), bands.count), np.uint64, order="F")
    start = 0
    for part in sets.parts():
        slots = _sketches(part, bands.count * bands.slots).reshape(len(part), bands.count, bands.slots)
        keys = np.zeros((len(part), bands.count), np.uint64)
        for slot in range(bands.slots):
            keys = (keys ^ slots[:, :, slot]) * _MULTIPLIER
            keys ^= keys >> np.uint64(29)
        out[start : start + len(part)] = keys
        start += len(part)
    return out


def _sketches(sets: ShingleSets, slots: int) -> np.ndarray:
    """One sketch of so many numbers per text."""
    from itertools import chain

    from rensa import RMinHash

    values, offsets = np.ascontiguousarray(sets.values), sets.offsets.astype(np.uint64)
    rows = RMinHash.digest_matrix_from_flat_token_hashes(values, offsets, slots, _SEED).to_rows()
    return np.fromiter(chain.from_iterable(rows), np.uint64, len(sets) * slots)


def _equal_sets(sets: ShingleSets) -> np.ndarray:
    """For each text the first one of the very same runs: copies would crowd the buckets."""
    stands = np.arange(len(sets))
    held = np.flatnonzero(sets.sizes > 0)
    if not len(held):
        return stands
    sums = np.add.reduceat((sets.values ^ (sets.values >> np.uint64(32))) * _MULTIPLIER, sets.offsets[:-1][held])
    _, first, group = np.unique(sums, return_index=True, return_inverse=True)
    heads = held[first[group]]
    again = heads != held
    later, earlier = held[again], heads[again]
    is_equal = jaccard(sets, earlier, later) == 1  # sums may agree by accident
    stands[later[is_equal]] = earlier[is_equal]
    return stands
