"""What a mock server is told to do: how it answers, how fast, within which limits and with which faults."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth_pipeline.core.errors import SynthError

Mode = Literal["instance", "echo", "pool", "memorising", "low-diversity", "ungrounded", "mislabelling"]

Judge = Literal["sensible", "lenient", "random"]

Unbilled = Literal["rate_limit", "no_quota", "server_error", "stall", "drop"]
Billed = Literal[
    "drop_after_billing", "malformed_body", "malformed_json", "truncated", "filtered", "refused", "empty",
    "wrong_schema", "duplicate", "memorised",
]  # fmt: skip


class Part(BaseModel):
    """Frozen, and deaf to fields that nothing reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Fault(Part):
    """One way to misbehave, and when: each condition that is given must hold, and the first fault that fits wins."""

    kind: Literal[Unbilled, Billed]
    share: float = Field(default=1.0, ge=0, le=1, description="Chance of a request, by its content and its try.")
    every: int | None = Field(default=None, ge=1, description="Each n-th request, in the order in which they come.")
    first: int = Field(default=1, ge=1, description="From this request on, counted from 1.")
    last: int | None = Field(default=None, ge=1, description="To this request.")
    tries: int | None = Field(default=None, ge=1, description="Only the first n times that equal content is sent.")
    holding: str | None = Field(default=None, description="Only prompts that hold this text.")
    retry_after: float | None = Field(default=None, ge=0, description="Seconds, in the header of a rate_limit.")
    status: int = Field(default=500, ge=500, le=599, description="Of a server_error.")
    seconds: float = Field(default=3600.0, ge=0, description="How long a stall lasts, before it answers after all.")


class Answers(Part):
    """How prompts are answered, and where texts come from."""

    mode: Mode = "instance"
    file: Path | None = Field(default=None, description="CSV or JSON lines of labelled texts; may end in .gz.")
    text: str = Field(default="text", description="Its column of texts.")
    label: str = Field(default="label", description="Its column of labels.")
    share: float = Field(default=1.0, ge=0, le=1, description="Share of answers that follow a bad mode; others pool.")
    edits: float = Field(default=0.0, ge=0, le=1, description="Share of words that memorising puts others for.")
    judge: Judge = Field(default="sensible", description="How rubrics are answered, whatever the mode.")
    agreement: float = Field(
        default=1.0,
        ge=0,
        le=1,
        description="Share of a sensible judge's scores, and of answers to a question that is "
        "asked again, that are as they ought to be; others are drawn.",
    )
    distinct: int = Field(default=5, ge=1, description="Texts per label that low-diversity has.")


class Limits(Part):
    """What is beyond them is answered by 429."""

    concurrent: int | None = Field(default=None, ge=1, description="Requests in flight.")
    requests_per_minute: float | None = Field(default=None, gt=0)
    tokens_per_minute: float | None = Field(default=None, gt=0, description="Of prompts and of max_tokens.")
    burst: float = Field(default=60.0, gt=0, description="Seconds whose share of a rate may be used at once.")
    retry_after: bool = Field(default=True, description="Whether a 429 says when to come back.")


class Batches(Part):
    """How batches go on; their lines meet faults other than of sockets, and neither limits nor latency."""

    polls: int = Field(default=2, ge=0, description="Times that a batch is looked at before it is done.")
    expiring: float = Field(default=0.0, ge=0, le=1, description="Share of each batch that is left undone.")


class Plan(Part):
    """The whole; what is left out makes a server that lets all in and answers at once."""

    seed: int = Field(default=0, ge=0)
    models: tuple[str, ...] = Field(default=("mock", "mock-embedding"), min_length=1)
    keys: tuple[str, ...] = Field(default=(), description="Keys that are let in; any or none where empty.")
    latency: float = Field(default=0.0, ge=0, description="Seconds before each answer.")
    spread: float = Field(default=0.0, ge=0, le=1, description="Latencies differ by up to this share of it.")
    context: int = Field(default=128_000, ge=1, description="Tokens of prompt and answer together.")
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    dimensions: int = Field(default=256, ge=1, le=4096, description="Of embeddings.")
    answers: Answers = Answers()
    limits: Limits = Limits()
    faults: tuple[Fault, ...] = ()
    batches: Batches = Batches()


def plan_of(given: dict[str, Any]) -> Plan:
    """The plan; raises SynthError that names the field."""
    try:
        return Plan.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "the whole"
        raise SynthError(
            f"The plan of the mock server is wrong at {place}: {first['msg']}.", "mend it there."
        ) from None


def read_plan(path: Path) -> dict[str, Any]:
    """What a YAML or JSON file says, not yet a plan."""
    import yaml

    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SynthError(f"{path} cannot be read: {error.strerror}.", "name a YAML or JSON file.") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise SynthError(f"{path} is neither YAML nor JSON.", "mend the file.") from None
    if not isinstance(given, dict):
        raise SynthError(f"{path} holds no plan.", "write fields such as `latency: 0.5` at its top.")
    return given


def fault_of(text: str) -> dict[str, Any]:
    """KIND or KIND:NAME=VALUE,NAME=VALUE as a fault."""
    import yaml

    kind, _, settings = text.partition(":")
    fault: dict[str, Any] = {"kind": kind}
    for pair in filter(None, settings.split(",")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise SynthError(
                f"{text!r} is not of the form KIND:NAME=VALUE.", "write, for example, rate_limit:share=.1."
            )
        fault[name.strip()] = value if name.strip() == "holding" else yaml.safe_load(value)
    return fault
