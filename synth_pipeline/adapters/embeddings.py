"""Embeddings that a user's own function makes: of an endpoint, or of sentence-transformers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synth_pipeline.adapters.ingest.frames import function_of
from synth_pipeline.adapters.own_code import own_code
from synth_pipeline.core.errors import SynthError
from synth_pipeline.text.space import Embed

BATCH = 1_024


def embedding_of(function: str, root: Path) -> Embed:
    """The function as package.module:function, called with so many texts at a time.

    Raises SynthError where it cannot be imported, and when used where it fails or returns no array.
    """
    own = function_of(function, root)

    def embed(texts: Sequence[str]) -> np.ndarray:
        parts = [_called(own, function, list(texts[at : at + BATCH])) for at in range(0, len(texts), BATCH)]
        if len({part.shape[1:] for part in parts}) > 1:
            raise SynthError(f"{function} returned vectors of different lengths.", "let it use one model throughout.")
        return np.concatenate(parts) if parts else np.zeros((0, 1), np.float32)

    return embed


def _called(own: Embed, function: str, texts: list[str]) -> np.ndarray:
    with own_code(f"{function} failed", "call it by hand and mend it."):
        vectors = np.asarray(own(texts))
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise SynthError(
            f"{function} returned an array of shape {vectors.shape} for {len(texts)} texts.",
            "let it return one vector of finite numbers for each text, in their order.",
        )
    return vectors
