"""Texts as points: weighted words and pairs of words (TF-IDF), on the axes along which real texts differ most."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synth_pipeline.text.grams import Grams

if TYPE_CHECKING:
    from scipy.sparse import csr_array

AXES = 96
REPEATED = 2  # texts that a word has to stand in, to have a weight
LONGEST = 60_000  # words and pairs that have a weight, the commonest
TURNS = 4  # of the power iteration


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Latent semantic analysis (Deerwester et al. 1990, "Indexing by latent semantic analysis", JASIS 41).

    ``known`` are hashes of words and pairs of words, ascending; ``weights`` their inverse document
    frequencies; ``axes`` the directions, shape (known, at most ``AXES``).
    """

    known: np.ndarray
    weights: np.ndarray
    axes: np.ndarray

    @classmethod
    def fit(cls, texts: Grams, seed: int) -> "Embedding":
        """From texts that are not to be compared afterwards: those it was fitted on lie nearer to its axes."""
        from sklearn.utils.extmath import randomized_svd

        both = np.concatenate([_once(texts.runs(size)) for size in (1, 2)])
        known, counts = np.unique(both, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:LONGEST]
        kept = np.sort(order[counts[order] >= REPEATED])
        weights = (np.log((1 + len(texts)) / (1 + counts[kept])) + 1).astype(np.float32)
        bare = cls(known[kept], weights, np.zeros((len(kept), 0), np.float32))
        size = min(AXES, len(texts) // 4, len(kept) - 1)
        if size < 1:
            return bare
        _, _, axes = randomized_svd(bare.weighed(texts), size, n_iter=TURNS, random_state=seed)
        return cls(bare.known, weights, np.ascontiguousarray(axes.T, dtype=np.float32))

    def weighed(self, texts: Grams) -> "csr_array":
        """Weights of known words and pairs, of length one for each text that has any: shape (texts, known)."""
        from scipy.sparse import csr_array

        codes, places = zip(*((runs.codes, runs.places) for runs in (texts.runs(1), texts.runs(2))), strict=True)
        codes, places = np.concatenate(codes), np.concatenate(places)
        spots = np.searchsorted(self.known, codes)
        found = spots < len(self.known)
        found[found] = self.known[spots[found]] == codes[found]
        counts = csr_array((np.ones(int(found.sum()), np.float32), (places[found], spots[found])),
                           shape=(len(texts), len(self.known)))  # fmt: skip
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.weights[counts.indices]
        lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(1)).ravel())
        counts.data /= np.repeat(lengths, np.diff(counts.indptr))
        return counts

    def placed(self, weighed: "csr_array") -> np.ndarray:
        """Points of weighed texts, shape (texts, axes), float32, at most one away from nothing.

        A text without a known word is there.
        """
        return np.ascontiguousarray(weighed @ self.axes)


def _once(runs: Grams) -> np.ndarray:
    """Codes, each once for every text that it stands in."""
    order = np.lexsort((runs.codes, runs.places))
    codes, places = runs.codes[order], runs.places[order]
    first = np.ones(len(codes), bool)
    first[1:] = (codes[1:] != codes[:-1]) | (places[1:] != places[:-1])
    return codes[first]
