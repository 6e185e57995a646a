"""Vectors of texts: weighted words, reduced by singular value decomposition that is learned from the texts themselves.

Deerwester et al., Indexing by latent semantic analysis (1990),
doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.
"""

from collections.abc import Callable, Sequence

import numpy as np

from synth_pipeline.core.seeds import Seed
from synth_pipeline.text.tokens import tokens

Embed = Callable[[Sequence[str]], np.ndarray]  # texts to an array of one vector per text

DIMENSIONS = 128
MOST_FITTED = 20_000  # texts that the decomposition is learned from, drawn at random
_MOST_WORDS = 50_000
_CHUNK = 16_384


def latent(texts: Sequence[str], seed: Seed, dimensions: int = DIMENSIONS) -> Embed:
    """An embedding in the space of these texts: float32 vectors of at most so many dimensions.

    Texts of none of their words are given zeros, and so are all where fewer than three words occur.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    chosen = np.arange(len(texts))
    if len(texts) > MOST_FITTED:
        chosen = np.sort(seed.stream().permutation(len(texts))[:MOST_FITTED])
    weights = TfidfVectorizer(analyzer=tokens, sublinear_tf=True, max_features=_MOST_WORDS, dtype=np.float32)
    weighted = None
    sample = [texts[place] for place in chosen]
    if len(set().union(*map(tokens, sample[:100]))) > 2:
        weighted = weights.fit_transform(sample)
    size = 0 if weighted is None else min(dimensions, weighted.shape[0] - 1, weighted.shape[1] - 1)
    if size < 1:
        return lambda texts: np.zeros((len(texts), 1), np.float32)
    reduction = TruncatedSVD(size, random_state=seed.state).fit(weighted)

    def embed(texts: Sequence[str]) -> np.ndarray:
        parts = [
            reduction.transform(weights.transform(texts[start : start + _CHUNK])).astype(np.float32)
            for start in range(0, len(texts), _CHUNK)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, size), np.float32)

    return embed
