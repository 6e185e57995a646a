"""Documents that say the same in other words: cosine of their vectors, exactly, among those that share a bucket.

Buckets are signs of projections on random directions: Charikar (2002), doi:10.1145/509907.509965.  For the use of
embeddings in deduplication see Abbas et al. (2023), arXiv:2303.09540.
"""

from collections.abc import Sequence
from math import acos, ceil, log, log2, pi

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.dedup.buckets import thinned
from synth_pipeline.text.space import Embed, directions, embedding

MISSED = 0.01  # chance that a pair exactly at the threshold shares no bucket
MOST_BANDS = 128
_MOST_BITS = 24
_CHUNK = 65_536


def semantic_duplicates(
    texts: Sequence[str], threshold: float, seed: Seed, embed: Embed | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """For each text the place of the earlier one that stands for it, or its own, and the unit vectors of all.

    ``threshold`` is the cosine, 0.5 to 1, from which two texts say the same.  Without ``embed``, vectors are learned
    from the texts themselves.  Texts whose vector is zero stand alone.
    Raises SynthError where ``embed`` does not return one finite vector per text.
    """
    vectors = unit((embed or embedding(texts, seed.child("latent")))(texts), len(texts))
    stands = np.arange(len(texts))
    held = np.flatnonzero(vectors.any(axis=1))
    if len(held) < 2:
        return stands, vectors
    own = vectors[held]
    found = thinned(_buckets(own, threshold, seed), lambda a, b: cosine(own, a, b), threshold)
    stands[held] = held[found]
    return stands, vectors


def unit(vectors: np.ndarray, texts: int) -> np.ndarray:
    """The vectors at length 1, zeros left as they are; raises SynthError unless there is a finite one for each text."""
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or len(vectors) != texts or vectors.dtype.kind not in "fiu" or not np.isfinite(vectors).all():
        raise SynthError(
            f"The embedding of dedup.semantic returned an array of shape {vectors.shape} for {texts} texts.",
            "let it return one vector of finite numbers for each text, in their order.",
        )
    return directions(vectors)


def cosine(vectors: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of pairs of unit vectors, -1 to 1."""
    parts = [
        np.einsum("ij,ij->i", vectors[left[start : start + _CHUNK]], vectors[right[start : start + _CHUNK]])
        for start in range(0, len(left), _CHUNK)
    ]
    return np.concatenate([np.zeros(0, np.float32), *parts])


def _buckets(vectors: np.ndarray, threshold: float, seed: Seed) -> np.ndarray:
    """Texts by bands: which sides of so many random planes a vector lies on."""
    bands, bits = _bands(threshold, len(vectors))
    out = np.zeros((len(vectors), bands), np.uint64, order="F")
    powers = np.uint64(1) << np.arange(bits, dtype=np.uint64)
    for band in range(bands):
        planes = seed.child("planes", band).stream().standard_normal((vectors.shape[1], bits)).astype(np.float32)
        out[:, band] = ((vectors @ planes) > 0) @ powers
    return out


def _bands(threshold: float, texts: int) -> tuple[int, int]:
    """How many bands of how many planes: about one text to a bucket, as far as so many bands find the pairs."""
    agree = 1 - acos(min(threshold, 0.9999)) / pi
    for bits in range(min(_MOST_BITS, max(8, ceil(log2(max(2, texts))))), 1, -1):
        bands = ceil(log(MISSED) / log(1 - agree**bits))
        if bands <= MOST_BANDS:
            return bands, bits
    return MOST_BANDS, 2
