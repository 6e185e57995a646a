"""What became of a request."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ValidationError

from synth_pipeline.llm.request import Request


class Kind(StrEnum):
    """How a request came out; all but ``failed`` are final and are never asked again."""

    ANSWERED = "answered"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    INVALID = "invalid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint counted them; ``cached`` are those of the input that it remembered."""

    input: int
    output: int
    cached: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.input + other.input, self.output + other.output, self.cached + other.cached)


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint said to one request, or why it said nothing; this is what the ledger keeps.

    ``billed`` is None where nobody can know, as after a dropped connection.  ``lost`` counts attempts of that kind,
    ``words`` is what the endpoint said about an error: it may quote the prompt, and stays in the ledger.
    """

    kind: Kind
    text: str = ""
    error: str = ""
    words: str = ""
    usage: Usage | None = None
    cost: float | None = None
    currency: str | None = None
    prices: str = "unknown"
    billed: bool | None = False
    request_id: str = ""
    batch: str = ""
    latency: float = 0.0
    attempts: int = 0
    lost: int = 0
    vectors: tuple[str, ...] = ()  # of a call for many texts, each of which is kept as a reply of its own


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the user of a client gets for a request, its repairs included.

    ``parsed`` is the validated answer where a schema was asked for.  ``usage`` and ``cost`` are those of the request
    and its repairs, None where unknown; ``reused`` says that all of it stood in the ledger and nothing was paid now.
    ``keys`` name the rows of the ledger: the request first, then its repairs; ``answered_by`` is the request that they
    belong to, which is a spare one where the endpoint was down.
    """

    request: Request
    kind: Kind
    text: str
    parsed: BaseModel | None
    usage: Usage | None
    cost: float | None
    billed: bool | None
    request_id: str
    error: str = ""
    reused: bool = False
    keys: tuple[str, ...] = ()
    answered_by: Request | None = None


def judge(request: Request, text: str) -> tuple[Kind, BaseModel | None, str]:
    """Whether a complete text is an answer: the kind, the validated answer and what is wrong with it."""
    if not text.strip():
        return Kind.INVALID, None, "The answer is empty."
    if request.schema is None:
        return Kind.ANSWERED, None, ""
    try:
        return Kind.ANSWERED, request.schema.model_validate_json(_unfenced(text)), ""
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)[:10]
        return Kind.INVALID, None, "; ".join(f"{_place(one)}: {one['msg']}" for one in problems)


def repair_of(request: Request, text: str, problem: str) -> Request:
    """The follow-up that shows a model what was wrong with its answer; a request of its own, with its own key."""
    said = [
        {"role": "assistant", "content": text},
        {"role": "user", "content": f"That answer is not valid. {problem} Answer again, with the whole answer mended."},
    ]
    return Request(
        request.endpoint, request.model, [*request.messages, *said], request.schema, request.parameters, request.sample
    )


def _place(problem: Any) -> str:
    return ".".join(map(str, problem["loc"])) or "the answer"


def _unfenced(text: str) -> str:
    """Models that nothing holds to JSON like to put it into a code block."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text
