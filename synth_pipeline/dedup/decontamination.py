"""Which synthetic documents hold an item of an evaluation set, so that a model trained on them would be tested on it.

An item is held where a document shares a run of 13 words with it (Brown et al. 2020, arXiv:2005.14165, appendix C),
holds the whole of a shorter one of at least 5 words, is a near duplicate of it, or holds a near duplicate of one of at
least 10 words.  Near is an item of fewer than 20 words that one edit parts from it: other questions of a few words
share most of them too.  Of longer ones what they share decides.  Train and holdout are no evaluation sets: a document
near to them is the audit's to find.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from synth_pipeline.dedup.buckets import MOST_ITEMS
from synth_pipeline.dedup.near import near_items
from synth_pipeline.text.edits import edits
from synth_pipeline.text.grams import Grams, expanded, located
from synth_pipeline.text.shingles import CHUNK, joined, shared, shingle_sets

RUN = 13
FEWEST = 5  # words of an item that is looked for inside a document
EDITED = 0.05  # share of an item's words, but at least one, that may be replaced in a near duplicate of it
LONG = 20  # words from which on what two texts share tells whether they are near
WORDS = 2
_LOST = 4
_SEED = 3  # words of a trace
_LEAST, _MOST = 0.5, 0.65  # Jaccard similarity
_SHORT = 10  # words below which an edited item is too common a phrase to be looked for inside a document

_Found = tuple[np.ndarray, np.ndarray]  # for each document the similarity to an item and the place of it, or -1


def contaminated(texts: Sequence[str], items: Sequence[str]) -> pd.DataFrame:
    """The documents that hold an item: ``document`` and ``item`` are places, ``kind`` is 'shared run' or 'near'.

    ``similarity`` is 1 for a shared run, else the Jaccard similarity, or where only a part of the document is near the
    item the share of the item that it holds.  Each document stands once, in order.
    """
    item = _shared(texts, items)
    near, place = _near(texts, items)
    held, inside = _inside(texts, items)
    near, place = np.where(place >= 0, near, held), np.where(place >= 0, place, inside)
    shares = item >= 0
    found = np.flatnonzero(shares | (place >= 0))
    return pd.DataFrame({
        "document": found,
        "item": np.where(shares, item, place)[found],
        "kind": np.where(shares, "shared run", "near")[found],
        "similarity": np.where(shares, 1.0, near)[found].round(6),
    })  # fmt: skip


def _near(texts: Sequence[str], items: Sequence[str]) -> _Found:
    """Similarity and place of an item that each document is near; short items apart, since they allow less similarity.

    A word that is replaced, at times by two, takes three or four of the 2n - 1 words and pairs of words of n words.
    """
    documents, sets = shingle_sets(texts, WORDS), shingle_sets(items, WORDS)
    sizes, lost = _sizes(items)
    thresholds = np.clip((2 * sizes - 1 - lost) / (2 * sizes - 1 + lost), _LEAST, _MOST)
    similarity, place = np.zeros(len(texts)), np.full(len(texts), -1)
    for group in (sizes >= _SHORT, (sizes < _SHORT) & (sizes > 0)):
        chosen = np.flatnonzero(group)
        document, item, near = near_items(documents, sets.take(chosen), thresholds[chosen])
        own = chosen[item]
        # edits come first: an item that is more similar, but too far by them, must not hide another one
        kept = np.flatnonzero(place[document] < 0)
        kept = kept[_is_edited(texts, items, document[kept], own[kept], inside=False)]
        kept = kept[np.lexsort((own[kept], thresholds[own[kept]] - near[kept], document[kept]))]
        which, first = np.unique(document[kept], return_index=True)
        similarity[which], place[which] = near[kept[first]], own[kept[first]]
    return similarity, place


def _inside(texts: Sequence[str], items: Sequence[str]) -> _Found:
    """Share and place of an item that a part of each document is near: found by a run of three words, then counted.

    Runs that many items have in common are no trace of any.
    """
    sizes, lost = _sizes(items)
    traces = Grams.of_words(items).runs(_SEED)
    seeds, owners = traces.codes, traces.places
    _, group, counts = np.unique(seeds, return_inverse=True, return_counts=True)
    rare = (counts[group] <= MOST_ITEMS) & (sizes[owners] >= _SHORT)
    seeds, owners = seeds[rare], owners[rare]
    order = np.argsort(seeds, kind="stable")
    seeds, owners = seeds[order], owners[order]
    sets = shingle_sets(items, WORDS)
    needed = (2 * sizes - 1 - lost) / (2 * sizes - 1).clip(1)
    share, place = np.zeros(len(texts)), np.full(len(texts), -1)
    for start in range(0, len(texts) if len(seeds) else 0, CHUNK):
        part = texts[start : start + CHUNK]
        runs = Grams.of_words(part).runs(_SEED)
        first = np.searchsorted(seeds, runs.codes, "left")
        hits = np.searchsorted(seeds, runs.codes, "right") - first
        codes = np.unique(np.repeat(runs.places, hits) * len(items) + owners[expanded(first, hits)])
        document, item = codes // len(items), codes % len(items)
        both = joined([sets, shingle_sets(part, WORDS)], WORDS)
        held = shared(both, item, document + len(items)) / sets.sizes[item].clip(1)
        enough = np.flatnonzero(held >= needed[item])
        enough = enough[_is_edited(part, items, document[enough], item[enough], inside=True)]
        share[start + document[enough]], place[start + document[enough]] = held[enough], item[enough]
    return share, place


def _is_edited(
    texts: Sequence[str], items: Sequence[str], document: np.ndarray, item: np.ndarray, *, inside: bool
) -> np.ndarray:
    """A mask of pairs: whether so few edits as may be make the item the document, or where ``inside`` a part of it."""
    own = Grams.of_words([items[place] for place in item])
    out = own.lengths >= LONG
    short = np.flatnonzero(~out)
    made = Grams.of_words([texts[place] for place in document[short]])
    most = np.maximum(1, np.ceil(EDITED * own.lengths[short]))
    out[short] = edits(own.take(short), made, np.full(len(short), inside)) <= most
    return out


def _sizes(items: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Words of each item, and how many of its words and pairs of words may be lost."""
    sizes = Grams.of_words(items).lengths
    return sizes, _LOST * np.maximum(1, np.ceil(EDITED * sizes))


def _shared(texts: Sequence[str], items: Sequence[str]) -> np.ndarray:
    """An item with a run in each document, -1 where there is none."""
    out = np.full(len(texts), -1)
    wanted = list(_runs_of(items))
    for start in range(0, len(texts), CHUNK):
        words = Grams.of_words(texts[start : start + CHUNK])
        for length, numbers, owners in wanted:
            runs = words.runs(length)
            place = located(numbers, runs.codes)
            hit = place < len(numbers)
            np.maximum.at(out, start + runs.places[hit], owners[place[hit]])
    return out


def _runs_of(items: Sequence[str]) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Lengths of runs that are looked for, with their numbers in order and the item of each."""
    words = Grams.of_words(items)
    sizes = words.lengths
    for length in range(FEWEST, RUN + 1):
        runs = words.runs(length)
        numbers, owners = runs.codes, runs.places
        mine = sizes[owners] == length if length < RUN else sizes[owners] >= length
        numbers, first = np.unique(numbers[mine], return_index=True)
        if len(numbers):
            yield length, numbers, owners[mine][first]
