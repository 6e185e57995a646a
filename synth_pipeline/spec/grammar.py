"""Grammars that text is made by: rules, pools of words, agreement, labels and noise."""

import re
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, field_validator, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec
from synth_pipeline.spec.columns import LOCALE, Expression, Locale
from synth_pipeline.spec.rules import Word

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
_NAME = re.compile(r"[A-Za-z_]\w*")
OTHERWISE = "else"  # the form for all that no other form is for


class Entry(Spec):
    """One way to say a symbol: a text, or a form of it for each value of a feature.

    Written as a text, as forms such as ``{one: is, many: are}``, or with all of its fields.
    """

    say: Word | dict[str, Word]
    weight: Weight = 1
    draw: tuple[str, ...] = Field(default=(), description="Features whose values are drawn anew for what is below.")

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("YAML reads this word as a truth; put it in quotes")
        if isinstance(value, dict):
            return value if "say" in value else {"say": {_plain(key): form for key, form in value.items()}}
        return value if isinstance(value, Entry) else {"say": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["string", "number", "object"]}


class Pool(Spec):
    """Words that stand for a symbol as they are: a list, values of a Faker provider, or what matches an expression."""

    words: tuple[Entry, ...] = ()
    faker: Annotated[str | None, OrAbsent()] = Field(default=None, pattern=r"^[a-z][a-z0-9_]*$")
    locale: Locale = LOCALE
    pattern: Annotated[Expression | None, OrAbsent()] = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"words": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _has_one_source(self) -> "Pool":
        if sum((bool(self.words), self.faker is not None, self.pattern is not None)) > 1:
            raise ValueError("give one of words, faker and pattern")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": ["array", "object"]}


class Length(Spec):
    """Bounds of a text, in words."""

    min: int = Field(default=1, ge=0)
    max: int = Field(default=1_000, ge=1)

    @model_validator(mode="after")
    def _is_a_span(self) -> "Length":
        if self.min > self.max:
            raise ValueError("min is above max")
        return self


class Noise(Spec):
    """What is done to texts after they are made, so that they are as untidy as real ones."""

    typos: float = Field(default=0, ge=0, le=0.2, description="Share of letters that are swapped, lost, doubled or hit "
                         "next to.")  # fmt: skip
    sentences: Share = Field(default=0, description="Share of texts whose sentences begin with capitals.")
    lower: Share = Field(default=0, description="Share of texts in small letters.")
    upper: Share = Field(default=0, description="Share of texts in capitals.")
    cut: Share = Field(default=0, description="Share of texts that end early, after a word drawn at random.")
    length: Annotated[Length | None, OrAbsent()] = Field(default=None, description="Texts beyond are made anew.")

    @model_validator(mode="after")
    def _is_one_case(self) -> "Noise":
        if self.lower + self.upper > 1:
            raise ValueError("lower and upper are more than 1 together")
        return self


class LabelGrammar(Spec):
    """What is said under one label; rules and pools take the place of common ones of the same name."""

    share: Annotated[Weight | None, OrAbsent()] = Field(
        default=None, description="Of the texts, in proportion to the others; as in train if no label has one."
    )
    start: Annotated[str | None, OrAbsent()] = None
    pools: dict[str, Pool] = Field(default={})
    rules: dict[str, tuple[Entry, ...]] = Field(default={})


class GrammarFields(Spec):
    """A context-free grammar with weights.

    A text in ``rules`` names rules and pools in braces: ``{item}``, ``{a item}`` with the article that fits,
    ``{item many}`` in the form for a value of a feature.  Two braces stand for one.
    """

    start: str = Field(default="start", description="The rule that a whole text is made by.")
    features: dict[str, dict[str, Weight]] = Field(
        default={}, description="What words agree in, and how likely each value is: {number: [one, many]}."
    )
    pools: dict[str, Pool] = Field(default={})
    rules: dict[str, tuple[Entry, ...]] = Field(default={})
    labels: dict[str, LabelGrammar] = Field(default={}, description="By value of the column that 'label' names.")
    noise: Noise = Noise()
    depth: int = Field(default=20, ge=1, le=100, description="Rules within rules, before the shortest ways are taken.")

    @field_validator("features", mode="before")
    @classmethod
    def _weighted(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {_plain(name): dict.fromkeys(map(_plain, values), 1.0) if isinstance(values, list | tuple) else values
                for name, values in value.items()}  # fmt: skip

    @field_validator("labels", mode="before")
    @classmethod
    def _named_by_text(cls, value: Any) -> Any:
        return {_plain(name): one for name, one in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _names_are_told_apart(self) -> "GrammarFields":
        values = [value for feature in self.features.values() for value in feature]
        if len(set(values)) < len(values):
            raise ValueError("features: a value is named twice")
        layers = [("", self), *((f"labels, {name}: ", one) for name, one in self.labels.items())]
        for where, one in layers:
            _check_names(where, {*one.pools}, {*one.rules})
        return self


class TextGrammar(GrammarFields):
    """How one column of text is made: a grammar that stands here, or in a file of its own."""

    label: Annotated[str | None, OrAbsent()] = Field(default=None, description="Column that says what a text is about.")
    file: Annotated[str | None, OrAbsent()] = Field(
        default=None,
        pattern=r"\.ya?ml$",
        description="YAML file with the other fields; a relative path starts at the project's folder.",
    )

    @model_validator(mode="after")
    def _stands_in_one_place(self) -> "TextGrammar":
        surplus = [name for name, field in GrammarFields.model_fields.items() if getattr(self, name) != field.default]
        if self.file is not None and surplus:  # Dagster gives all fields, with their defaults
            raise ValueError(f"{surplus[0]} stands beside 'file'; write it into the file")
        return self


def _check_names(where: str, pools: set[str], rules: set[str]) -> None:
    for name in sorted(pools | rules):
        if not _NAME.fullmatch(name) or name in ("a", "an"):
            raise ValueError(f"{where}{name!r} is no name; use letters, digits and underscores, and neither a nor an")
    if both := sorted(pools & rules):
        raise ValueError(f"{where}{both[0]!r} is both a pool and a rule")


def _plain(value: object) -> object:
    """YAML reads yes, no and numbers as such."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else value
