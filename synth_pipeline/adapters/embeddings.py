"""Embeddings that a user's own function makes, or a declared endpoint."""

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synth_pipeline.adapters.endpoint import opened, result_of
from synth_pipeline.adapters.guarded import guarded
from synth_pipeline.adapters.ingest.frames import function_of
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.progress import report
from synth_pipeline.llm import Client, Embedding, Kind
from synth_pipeline.spec.dedup import EmbeddedBy
from synth_pipeline.spec.endpoint import Budget
from synth_pipeline.text.space import Embed

BATCH = 1_024
TOLD_EVERY = 2_000  # texts


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


def embedding_at(declared: EmbeddedBy, store: Store, dataset: str, run_id: str, budget: Budget | None = None) -> Embed:
    """Vectors of the declared endpoint; those of texts that were sent before come from the ledger of requests.

    Texts of nothing but blanks are not sent and have the vector zero.  ``budget`` holds where none is declared.
    When used, raises SynthError where a text got no vector, and what the endpoint or the budget raises.
    """

    def embed(texts: Sequence[str]) -> np.ndarray:
        wanted = [text for text in dict.fromkeys(texts) if text.strip()]
        if not wanted:
            return np.zeros((len(texts), 1), np.float32)
        requests = {text: Embedding.of(declared.endpoint, [text], declared.dimensions) for text in wanted}
        with opened(store, declared.budget or budget, dataset, run_id) as (client, _, loop):
            found = result_of(loop, _vectors(client, list(requests.values())))
        if missing := len(wanted) - len(found):
            raise SynthError(f"The endpoint {declared.endpoint.name!r} gave {missing:,} of {len(wanted):,} texts no "
                             "vector.", "run again: what was paid for is kept.")  # fmt: skip
        known = {text: np.frombuffer(base64.b64decode(found[one.key]), "<f4") for text, one in requests.items()}
        if len({len(one) for one in known.values()}) > 1:
            raise SynthError(f"The endpoint {declared.endpoint.name!r} gave vectors of different lengths.",
                             "name one model, and 'dimensions' if it has several.")  # fmt: skip
        nothing = np.zeros(len(next(iter(known.values()))), np.float32)
        return np.stack([known.get(text, nothing) for text in texts])

    return embed


async def _vectors(client: Client, requests: Sequence[Embedding]) -> dict[str, str]:
    """By the keys of the requests, as base64."""
    found: dict[str, str] = {}
    async for outcome in client.complete(requests):
        if outcome.kind is Kind.ANSWERED:
            found[outcome.request.key] = outcome.text
        if len(found) % TOLD_EVERY == 0:
            report(f"{len(found):,} of {len(requests):,} texts have vectors")
    return found


def _called(own: Embed, function: str, texts: list[str]) -> np.ndarray:
    with guarded(f"{function} failed", "call it by hand and mend it."):
        vectors = np.asarray(own(texts))
    if vectors.ndim != 2 or len(vectors) != len(texts):
        raise SynthError(
            f"{function} returned an array of shape {vectors.shape} for {len(texts)} texts.",
            "let it return one vector of finite numbers for each text, in their order.",
        )
    return vectors
