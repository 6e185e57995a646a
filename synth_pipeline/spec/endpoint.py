"""Where a language model answers, what it costs and what it bears."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field, field_validator

from synth_pipeline.spec.base import OrAbsent, Spec


class Mode(StrEnum):
    """How requests reach the endpoint."""

    ONLINE = "online"
    BATCH = "batch"


class Structured(StrEnum):
    """What the endpoint can do to keep an answer to a schema."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    NONE = "none"


class Price(Spec):
    """What a million tokens cost."""

    input: float = Field(ge=0, description="Per million tokens of the prompt.")
    output: float = Field(ge=0, description="Per million tokens of the answer.")
    cached_input: Annotated[float | None, OrAbsent()] = Field(
        default=None, ge=0, description="Per million tokens of the prompt that the endpoint remembers; else as input."
    )
    batch: float = Field(default=1.0, ge=0, le=1, description="What a batch costs, as a share of this.")
    currency: str = Field(default="USD", pattern="^[A-Z]{3}$", description="Three letters, such as USD or EUR.")


class Limits(Spec):
    """What is never exceeded; below this, the client finds out by itself how much the endpoint bears."""

    concurrency: int = Field(default=64, ge=1, le=4096, description="Most requests in flight at once.")
    requests_per_minute: Annotated[int | None, OrAbsent()] = Field(default=None, ge=1)
    tokens_per_minute: Annotated[int | None, OrAbsent()] = Field(
        default=None, ge=1, description="Tokens of prompts and answers together."
    )


class Budget(Spec):
    """What may be spent at most; requests in flight when it is reached are let finish."""

    amount: float = Field(gt=0)
    unit: str = Field(default="USD", pattern="^([A-Z]{3}|tokens)$", description="A currency, or 'tokens'.")


def _is_one(weight: float) -> bool:
    return weight == 1.0


class Endpoint(Spec):
    """One model behind one OpenAI-compatible address."""

    # a key that was pasted into a wrong field must not stand in the error about it
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40, description="Name in the ledger and in errors.")
    base_url: str = Field(
        pattern=r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
        description="Address without the last part, such as https://api.openai.com/v1; no key or password in it.",
    )
    model: str = Field(min_length=1, description="The model, as the endpoint calls it.")
    api_key_env: Annotated[str | None, OrAbsent()] = Field(
        default=None,
        pattern="^[A-Z_][A-Z0-9_]*$",
        description="Environment variable that holds the key; absent for an endpoint without keys.",
    )
    price: Annotated[Price | None, OrAbsent()] = Field(
        default=None, description="Instead of the shipped table, which knows some of OpenAI's models."
    )
    limits: Limits = Limits()
    timeout_seconds: float = Field(default=120.0, gt=0, le=3600, description="For one request, from send to last byte.")
    mode: Mode = Field(default=Mode.ONLINE, description="batch is cheaper where it is offered, and takes up to a day.")
    structured: Structured = Field(
        default=Structured.JSON_SCHEMA,
        description="json_schema: the endpoint enforces the schema; json_object: it enforces JSON, and the prompt "
        "shows the schema; none: the prompt shows the schema. Every answer is validated here in any case.",
    )

    weight: float = Field(
        default=1.0,
        ge=0,
        le=1000,
        exclude_if=_is_one,
        description="Share of the questions beside other endpoints; 0 answers only what the others cannot.",
    )

    @field_validator("base_url")
    @classmethod
    def _without_slash(cls, url: str) -> str:
        return url.rstrip("/")
