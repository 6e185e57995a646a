"""Which synthetic documents hold an item of an evaluation set, so that a model trained on them would be tested on it.

An item is held where a document shares a run of 13 words with it (Brown et al. 2020, arXiv:2005.14165, appendix C),
holds the whole of a shorter one of at least 5 words, or is a near duplicate of it.  Train and holdout are no evaluation
sets: a document near to them is the audit's to find.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from synth_pipeline.dedup.near import nearest_items
from synth_pipeline.text.shingles import CHUNK, runs, shingle_sets
from synth_pipeline.text.tokens import encoded

RUN = 13
FEWEST = 5  # words of an item that is looked for inside a document
EDITED = 0.05  # share of an item's words, but at least one, that may be replaced in a near duplicate of it
WORDS = 2
_LOST = 4
_LEAST, _MOST, _SHORT = 0.5, 0.65, 10


def contaminated(texts: Sequence[str], items: Sequence[str]) -> pd.DataFrame:
    """The documents that hold an item: ``document`` and ``item`` are places, ``kind`` is 'shared run' or 'near'.

    ``similarity`` is 1 for a shared run, else the Jaccard similarity.  Each document stands once, in order.
    """
    item = _shared(texts, items)
    near, place = _near(texts, items)
    shares = item >= 0
    found = np.flatnonzero(shares | (place >= 0))
    return pd.DataFrame({
        "document": found,
        "item": np.where(shares, item, place)[found],
        "kind": np.where(shares, "shared run", "near")[found],
        "similarity": np.where(shares, 1.0, near)[found].round(6),
    })  # fmt: skip


def _near(texts: Sequence[str], items: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Similarity and place of an item that each document is near; short items apart, since they allow less similarity.

    A word that is replaced, at times by two, takes three or four of the 2n - 1 words and pairs of words of n words.
    """
    documents, sets = shingle_sets(texts, WORDS), shingle_sets(items, WORDS)
    sizes = np.diff(encoded(items)[1])
    lost = _LOST * np.maximum(1, np.ceil(EDITED * sizes))
    thresholds = np.clip((2 * sizes - 1 - lost) / (2 * sizes - 1 + lost), _LEAST, _MOST)
    similarity, place = np.zeros(len(texts)), np.full(len(texts), -1)
    for group in (sizes >= _SHORT, (sizes < _SHORT) & (sizes > 0)):
        chosen = np.flatnonzero(group)
        near, item = nearest_items(documents, sets.take(chosen), thresholds[chosen])
        new = (item >= 0) & (place < 0)
        similarity[new], place[new] = near[new], chosen[item[new]]
    return similarity, place


def _shared(texts: Sequence[str], items: Sequence[str]) -> np.ndarray:
    """An item with a run in each document, -1 where there is none."""
    out = np.full(len(texts), -1)
    wanted = list(_runs_of(items))
    for start in range(0, len(texts), CHUNK):
        words, offsets = encoded(texts[start : start + CHUNK])
        for length, numbers, owners in wanted:
            found, documents = runs(words, offsets, length)
            place = np.minimum(np.searchsorted(numbers, found), len(numbers) - 1)
            hit = numbers[place] == found
            np.maximum.at(out, start + documents[hit], owners[place[hit]])
    return out


def _runs_of(items: Sequence[str]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Lengths of runs that are looked for, with their numbers in order and the item of each."""
    words, offsets = encoded(items)
    sizes = np.diff(offsets)
    for length in range(FEWEST, RUN + 1):
        numbers, owners = runs(words, offsets, length)
        mine = sizes[owners] == length if length < RUN else sizes[owners] >= length
        numbers, first = np.unique(numbers[mine], return_index=True)
        if len(numbers):
            yield length, numbers, owners[mine][first]
