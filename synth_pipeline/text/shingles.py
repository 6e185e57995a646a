"""Sets of runs of words: how alike two texts are is the Jaccard similarity of their sets.

Broder, On the resemblance and containment of documents (1997), doi:10.1109/SEQUEN.1997.666900.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synth_pipeline.text.grams import Grams, expanded

CHUNK = 8_192  # texts at a time, so that their words do not lie in memory all at once


@dataclass(frozen=True, slots=True, eq=False)
class ShingleSets:
    """One set of 64-bit numbers per text, sorted, end to end in ``values``; text i has ``offsets[i]:offsets[i + 1]``.

    ``words`` is the longest run that was taken.
    """

    values: np.ndarray
    offsets: np.ndarray
    words: int

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def sizes(self) -> np.ndarray:
        return np.diff(self.offsets)

    def take(self, places: np.ndarray) -> "ShingleSets":
        """The sets at these places, in this order."""
        sizes = self.sizes[places]
        offsets = np.r_[0, np.cumsum(sizes)]
        return ShingleSets(self.values[expanded(self.offsets[:-1][places], sizes)], offsets, self.words)

    def parts(self, texts: int = CHUNK) -> Iterator["ShingleSets"]:
        """Views of so many texts at a time."""
        for start in range(0, len(self), texts):
            offsets = self.offsets[start : start + texts + 1]
            yield ShingleSets(self.values[offsets[0] : offsets[-1]], offsets - offsets[0], self.words)


def shingle_sets(texts: Sequence[str], words: int) -> ShingleSets:
    """For each text all runs of one to ``words`` words, each once."""
    return joined((_of_chunk(texts[start : start + CHUNK], words) for start in range(0, len(texts), CHUNK)), words)


def joined(parts: Iterable[ShingleSets], words: int) -> ShingleSets:
    """The sets of all parts, one after the other."""
    held = list(parts)
    values = np.concatenate([np.zeros(0, np.uint64), *(part.values for part in held)])
    sizes = np.concatenate([np.zeros(0, np.int64), *(part.sizes for part in held)])
    return ShingleSets(values, np.r_[0, np.cumsum(sizes)].astype(np.int64), words)


def jaccard(sets: ShingleSets, left: np.ndarray, right: np.ndarray, most: int = 65_536) -> np.ndarray:
    """The similarity of each pair of texts, 0 to 1, exactly; 0 where both are without words."""
    both = shared(sets, left, right, most)
    return both / np.maximum(sets.sizes[left] + sets.sizes[right] - both, 1)


def shared(sets: ShingleSets, left: np.ndarray, right: np.ndarray, most: int = 65_536) -> np.ndarray:
    """How many runs each pair of texts has in common, exactly; so many pairs are looked at at a time."""
    parts = [_shared(sets, left[at : at + most], right[at : at + most]) for at in range(0, len(left), most)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def _of_chunk(texts: Sequence[str], words: int) -> ShingleSets:
    own = Grams.of_words(texts)
    runs = [own.runs(size) for size in range(1, words + 1)]
    values, owners = np.concatenate([one.codes for one in runs]), np.concatenate([one.places for one in runs])
    order = np.lexsort((values, owners))
    values, owners = values[order], owners[order]
    first = np.ones(len(values), bool)
    first[1:] = (values[1:] != values[:-1]) | (owners[1:] != owners[:-1])
    sizes = np.bincount(owners[first], minlength=len(texts))
    return ShingleSets(values[first], np.r_[0, np.cumsum(sizes)], words)


def _shared(sets: ShingleSets, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Each value of the smaller set is looked for in the larger one by bisection, all pairs at a time."""
    sizes = sets.sizes
    small, large = np.where(sizes[left] <= sizes[right], (left, right), (right, left))
    counts = sizes[small]
    wanted = sets.values[expanded(sets.offsets[:-1][small], counts)]
    low = np.repeat(sets.offsets[:-1][large], counts)
    high = ends = np.repeat(sets.offsets[1:][large], counts)
    last = len(sets.values) - 1
    for _ in range(int(sizes[large].max(initial=0)).bit_length()):
        middle = (low + high) // 2
        below = (low < high) & (sets.values[np.minimum(middle, last)] < wanted)
        low, high = np.where(below, middle + 1, low), np.where(below, high, middle)
    found = (low < ends) & (sets.values[np.minimum(low, last)] == wanted)
    return np.bincount(np.repeat(np.arange(len(left)), counts)[found], minlength=len(left))
