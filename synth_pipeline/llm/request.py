"""A request: what is asked of whom, and the content key under which its answer is kept for ever."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from pydantic import BaseModel

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.endpoint import Endpoint, Structured

Message = Mapping[str, Any]

# the client sets these itself; more than one answer to a request is asked for by `sample`
_NOT_PARAMETERS = {"messages", "model", "response_format", "stream", "stream_options", "n", "extra_headers",
                   "extra_query", "extra_body", "timeout"}  # fmt: skip
_BYTES_PER_TOKEN = 3  # below what any usual tokeniser needs for prose, so that estimates are not too small
UNSEEN_ANSWER = 1024  # tokens that an answer is expected to have before any was seen


@dataclass(frozen=True, eq=False)
class Request:
    """One question to one model; ``sample`` tells apart requests that are to be answered anew.

    ``schema`` is the pydantic model that the answer must validate against; ``parameters`` go to the endpoint as
    they are, such as temperature.  Where the endpoint is down, the ``spare`` requests are made instead, in their order.
    Raises SynthError where a parameter is not one.
    """

    endpoint: Endpoint
    model: str
    messages: Sequence[Message]
    schema: type[BaseModel] | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0
    spare: Sequence["Request"] = ()

    def __post_init__(self) -> None:
        if wrong := sorted(_NOT_PARAMETERS & set(self.parameters)):
            raise SynthError(
                f"The parameter {wrong[0]!r} cannot be set for requests to the endpoint {self.endpoint.name!r}.",
                "leave it out; each answer is a request of its own, with a sample number.",
            )

    @property
    def path(self) -> str:
        """Where it goes, below the address of the endpoint."""
        return "/chat/completions"

    @property
    def together(self) -> int:
        """Requests that go in one call."""
        return 1

    @cached_property
    def key(self) -> str:
        """SHA-256 over address, model, messages, schema, parameters and sample: equal questions, equal keys."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @cached_property
    def content(self) -> str:
        """What the key is the hash of, as canonical JSON."""
        form = None if self.schema is None else {"form": self.endpoint.structured, "json": _loose(self.schema)}
        asked = {
            "endpoint": self.endpoint.base_url,
            "model": self.model,
            "messages": list(self.messages),
            "schema": form,
            "parameters": dict(self.parameters),
            "sample": self.sample,
        }
        try:
            return json.dumps(asked, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError):
            raise SynthError(
                f"A request to the endpoint {self.endpoint.name!r} holds what JSON cannot say.",
                "give text, whole numbers, finite decimals, lists and mappings in 'messages' and 'parameters'.",
            ) from None  # the message quotes the value

    def body(self) -> dict[str, Any]:
        """What is sent."""
        body: dict[str, Any] = {"model": self.model, "messages": list(self.messages), **self.parameters}
        if self.schema is None:
            return body
        structured = self.endpoint.structured
        if structured is Structured.JSON_SCHEMA:
            shape = {"name": _name(self.schema), "strict": True, "schema": strict(self.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
            return body
        body["messages"] = [*body["messages"], {"role": "system", "content": _shown(self.schema)}]
        if structured is Structured.JSON_OBJECT:
            body["response_format"] = {"type": "json_object"}
        return body

    def tokens(self) -> tuple[int, int | None]:
        """Tokens that the prompt will hardly exceed, and those that the answer cannot, where a parameter says so."""
        most = self.parameters.get("max_completion_tokens", self.parameters.get("max_tokens"))
        return len(self.content.encode()) // _BYTES_PER_TOKEN + 8, most


@lru_cache(maxsize=256)
def strict(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model as strict structured output wants it: every field required and none besides."""
    return _closed(_loose(schema))


def _closed(part: Any) -> Any:
    if isinstance(part, list):
        return [_closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:  # strict mode wants a reference to stand alone
        return {"$ref": part["$ref"]}
    closed = {name: _closed(value) for name, value in part.items() if name != "default"}
    for holder in ("properties", "$defs"):
        if isinstance(part.get(holder), dict):  # its names are fields and types, whatever they are called
            closed[holder] = {name: _closed(value) for name, value in part[holder].items()}
    if part.get("type") == "object" and "additionalProperties" not in part:
        closed |= {"additionalProperties": False, "required": list(part.get("properties", {}))}
    elif part.get("type") == "object" and part["additionalProperties"] is False:
        closed["required"] = list(part.get("properties", {}))
    return closed


@lru_cache(maxsize=256)
def _loose(schema: type[BaseModel]) -> dict[str, Any]:
    return schema.model_json_schema()


@lru_cache(maxsize=256)
def _shown(schema: type[BaseModel]) -> str:
    text = json.dumps(_loose(schema), sort_keys=True, ensure_ascii=False)
    return f"Answer with one JSON object that conforms to this JSON schema, and with nothing else: {text}"


def _name(schema: type[BaseModel]) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in schema.__name__)[:64]
