"""Embeddings: the hashed words of a text, so that texts with words in common lie near each other."""

import base64
import hashlib
import math
import re
import struct
from dataclasses import dataclass
from typing import Any

from synth_pipeline.mock.chat import tokens
from synth_pipeline.mock.plan import Plan
from synth_pipeline.mock.rejection import bad_request, too_long, unknown_model

WORD = re.compile(r"\w+")
MOST_INPUTS = 2048


@dataclass(frozen=True, slots=True)
class Texts:
    """A request for embeddings that could be answered."""

    body: dict[str, Any]
    inputs: tuple[str, ...]
    dimensions: int

    @property
    def text(self) -> str:
        return "\n".join(self.inputs)

    @property
    def most_tokens(self) -> int:
        return sum(map(tokens, self.inputs))


def checked(plan: Plan, body: dict[str, Any]) -> Texts:
    """Raises Rejected."""
    if body.get("model") not in plan.models:
        raise unknown_model(str(body.get("model")))
    given = body.get("input")
    inputs = [given] if isinstance(given, str) else given
    if (
        not isinstance(inputs, list)
        or not 0 < len(inputs) <= MOST_INPUTS
        or not all(isinstance(one, str) and one for one in inputs)
    ):
        raise bad_request(f"'$.input' is invalid: give 1 to {MOST_INPUTS} texts that are not empty.", "input")
    dimensions = body.get("dimensions", plan.dimensions)
    if not isinstance(dimensions, int) or dimensions < 1:
        raise bad_request("Invalid 'dimensions': an integer of at least 1 is needed.", "dimensions")
    longest = max(map(tokens, inputs))
    if longest > plan.context:
        raise too_long(longest, plan.context)
    return Texts(body, tuple(inputs), dimensions)


def answer(asked: Texts) -> dict[str, Any]:
    vectors = [_vector(text, asked.dimensions) for text in asked.inputs]
    packed = asked.body.get("encoding_format") == "base64"
    used = asked.most_tokens
    return {
        "object": "list",
        "model": asked.body["model"],
        "data": [
            {"object": "embedding", "index": place, "embedding": _packed(vector) if packed else vector}
            for place, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _vector(text: str, dimensions: int) -> list[float]:
    """Of length 1: each word adds or takes one at a place that its hash names."""
    vector = [0.0] * dimensions
    for word in WORD.findall(text.casefold()) or [text]:
        number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[(number >> 1) % dimensions] += 1.0 if number & 1 else -1.0
    length = math.sqrt(sum(value * value for value in vector))
    if not length:  # the words have cancelled each other out
        vector[0], length = 1.0, 1.0
    return [value / length for value in vector]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
