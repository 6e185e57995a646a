"""Texts as points: words weighed by how rare they are, brought to few dimensions, near where the topics are alike.

TF-IDF (Spärck Jones 1972, doi:10.1108/eb026526) and latent semantic analysis (Deerwester et al. 1990,
doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9): no model is needed, and no download.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.core.seeds import Seed

DIMENSIONS = 64
WORDS = 50_000  # the commonest ones that are looked at
LEARNED = 20_000  # texts that the dimensions are learned from


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Learned from some texts; maps any text to a point of length 1, or to 0 where it has no known word."""

    words: np.ndarray  # hashes, in order
    weights: np.ndarray  # inverse document frequency of each
    axes: np.ndarray  # shape (words, dimensions)

    @classmethod
    def of(cls, hashes: np.ndarray, offsets: np.ndarray, seed: Seed) -> "Space":
        """Texts come as from ``tokens.encoded``; words that only one of them has are left out."""
        text = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        words, places = np.unique(hashes, return_inverse=True)
        pairs = np.unique(places * np.int64(len(offsets)) + text)
        frequency = np.bincount(pairs // len(offsets), minlength=len(words))
        common = np.sort(np.argsort(-frequency, kind="stable")[:WORDS])
        common = common[frequency[common] > 1]
        weights = np.log((1 + len(offsets) - 1) / (1 + frequency[common])) + 1
        plain = cls(words[common], weights, np.zeros((len(common), 0), np.float32))
        matrix = plain._matrix(hashes, offsets)
        chosen = np.sort(seed.child("learned").stream().permutation(matrix.shape[0])[:LEARNED])
        return cls(plain.words, weights, _axes(matrix[chosen], seed))

    def points(self, hashes: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Shape (texts, dimensions), float32."""
        points = self._matrix(hashes, offsets) @ self.axes
        length = np.linalg.norm(points, axis=1, keepdims=True)
        return np.ascontiguousarray(points / np.where(length > 0, length, 1), np.float32)

    def _matrix(self, hashes: np.ndarray, offsets: np.ndarray) -> Any:
        """Weighted words of each text as a sparse matrix: one plus the logarithm of the count, rows of length 1."""
        from scipy.sparse import csr_matrix

        texts, words = len(offsets) - 1, len(self.words)
        place = np.minimum(np.searchsorted(self.words, hashes), max(0, words - 1))
        known = np.flatnonzero(self.words[place] == hashes) if words else np.zeros(0, int)
        text = np.repeat(np.arange(texts), np.diff(offsets))[known]
        counts = csr_matrix((np.ones(len(known)), (text, place[known])), (texts, words))
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.weights[counts.indices]
        row = np.repeat(np.arange(texts), np.diff(counts.indptr))
        counts.data /= np.sqrt(np.bincount(row, counts.data**2, texts))[row]
        return counts


def _axes(matrix: Any, seed: Seed) -> np.ndarray:
    """Directions in which the texts vary most, shape (words, dimensions): by random projection."""
    from sklearn.utils.extmath import randomized_svd

    dimensions = min(DIMENSIONS, *matrix.shape)
    if not dimensions:
        return np.zeros((matrix.shape[1], 1), np.float32)
    axes = randomized_svd(matrix, dimensions, n_oversamples=10, n_iter=4, random_state=seed.child("axes").state)[2]
    return axes.T.astype(np.float32)
