"""What every mode promises, and what all of them do alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.asking import FewShot
from synth_pipeline.spec.base import OrAbsent
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.text.tokens import tokens

EMPTY = "empty"
TOO_LONG = "longer than declared"
Row = Mapping[str, Any]


class Reply(BaseModel):
    """The base of what a model is to answer; strict endpoints allow no further field."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The columns that a mode is to make, and the values of train in those that have levels."""

    schema: Schema
    levels: Mapping[str, Sequence[Any]]


class Mode(Protocol):
    """A frozen declaration with behaviour: the columns it makes, what it asks for, and what it makes of an answer."""

    kind: str
    examples: int
    per_request: int
    label: str | None
    quotas: Mapping[str, float]

    def columns(self) -> Sequence[str] | None:
        """The columns that it makes; None for all."""
        ...

    def asked(self) -> str:
        """The template."""
        ...

    def reply(self, known: Known) -> type[BaseModel]:
        """The form of an answer."""
        ...

    def shown(self, row: Row) -> str:
        """A row of train as an example."""
        ...

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        """The rows of an answer, without their label; or why one is left out."""
        ...

    def key(self, row: Row) -> str:
        """Equal for rows that repeat each other."""
        ...


class Fields(FewShot):
    """The fields and habits that modes share."""

    label: Annotated[str | None, OrAbsent()] = Field(
        default=None, description="Column that labels a row; each request then asks for rows of one label."
    )
    quotas: dict[str, float] = Field(
        default={}, description="Share of each label, 1 together; as frequent as in train if absent."
    )
    longest: int = Field(default=20_000, ge=1, description="Characters that a text may have at most.")

    @field_validator("quotas")
    @classmethod
    def _sum_to_one(cls, quotas: dict[str, float], info: ValidationInfo) -> dict[str, float]:
        if quotas and info.data.get("label") is None:
            raise ValueError("quotas are of labels, and 'label' names no column")
        if any(not 0 < share <= 1 for share in quotas.values()):
            raise ValueError("quotas must be shares above 0")
        if quotas and abs(sum(quotas.values()) - 1) > 1e-6:
            raise ValueError(f"quotas must sum to 1, and sum to {sum(quotas.values()):g}")
        return quotas

    @property
    def words(self) -> str:
        """Of what is wanted, when nothing else is declared."""
        return "texts as they could stand in the same collection"

    def asked(self) -> str:
        told = f"Write {self.words}, as many as are counted below, each unlike the others and unlike the examples."
        return self.template or (told + " {about}" * bool(self.about))

    def said(self, text: str) -> str | None:
        """Why a text is left out."""
        if not text.strip():
            return EMPTY
        return TOO_LONG if len(text) > self.longest else None


def same_words(*texts: str) -> str:
    """Equal for texts of the same words, whatever their case and punctuation; texts without words are themselves."""
    return "\x1f".join(" ".join(tokens(text)) or text for text in texts)


def check_text(schema: Schema, name: str) -> None:
    """Raise SynthError where there is no such column, or none of text."""
    check_column(schema, "text", name, (Kind.TEXT, Kind.CATEGORY))


def check_column(schema: Schema, field: str, name: str, kinds: tuple[Kind, ...]) -> None:
    """Raise SynthError where there is no such column, or of another type."""
    called = "Generator 'language_model', mode"
    if name not in schema.names:
        known = ", ".join(schema.names)
        raise SynthError(f"{called}: there is no column {name!r}.", f"name one of {known} as the mode's {field!r}.")
    if schema[name].kind not in kinds:
        raise SynthError(f"{called}: column {name!r} is of type {schema[name].kind}.",
                         f"name a column of type {' or '.join(kinds)}, or declare it so under 'columns'.")  # fmt: skip
