"""The port to language models: what is asked and what is answered, without knowing who answers.

Generators ask through it and stay free of network, keys and ledgers; whoever runs them says who answers.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from pydantic import BaseModel

from synth_pipeline.core.errors import SynthError


class Reason(StrEnum):
    """Why a question has no answer that can be used, in the words of a report."""

    REFUSED = "refused by the model"
    TRUNCATED = "cut off by the model's limit"
    INVALID = "of the wrong form"
    FAILED = "lost, since the endpoint failed"
    UNASKED = "not asked, since the budget was spent"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Messages as chat models take them, and the form of the answer.

    Equal messages, schema, parameters and sample are one question, which is paid for once.
    """

    messages: Sequence[Mapping[str, str]]
    schema: type[BaseModel]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sample: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What came of a question: a validated answer, or else the ``reason`` why there is none.

    ``keys`` name it in the ledger of requests, the question first and then its repairs.  ``cost`` is None where
    nobody said what a token costs.  ``endpoint`` and ``model`` say who answered, of several that may have been asked.
    """

    parsed: BaseModel | None
    reason: Reason | None = None
    keys: tuple[str, ...] = ()
    request_id: str = ""
    tokens: int | None = None
    cost: float | None = None
    endpoint: str = ""
    model: str = ""


class LanguageModel(Protocol):
    """Somebody who answers."""

    @property
    def endpoint(self) -> str:
        """Name of the endpoint, for traces and errors."""
        ...

    @property
    def model(self) -> str: ...

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """An answer for each question, in their order.

        Where a budget does not reach, the rest have the reason UNASKED.  Raises SynthError for what a user has to
        mend: key, model, address, schema.
        """
        ...


_speaker: ContextVar[LanguageModel | None] = ContextVar("speaker", default=None)


@contextmanager
def speaking(model: LanguageModel) -> Generator[None]:
    """Whatever is asked inside is answered by this model."""
    token = _speaker.set(model)
    try:
        yield
    finally:
        _speaker.reset(token)


def speaker() -> LanguageModel:
    """Who answers; raises SynthError where nobody does."""
    if (model := _speaker.get()) is None:
        raise SynthError(
            "A generator wants a language model, and none is connected here.",
            "use the generator 'language_model' in a declared data set, or in 'synth generate'.",
        )
    return model
