"""Tables declared from scratch: what each column holds, without any real data."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from synth_pipeline.spec.base import OneOf, OrAbsent, Spec
from synth_pipeline.spec.columns import LOCALE, Expression, Locale


def _as_text(value: object) -> object:
    """A number is text where text is wanted: YAML and Dagster read what looks like one as a number."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Word = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number"]})]
Share = Annotated[float, Field(ge=0, le=1)]
Parameter = Annotated[float | None, OrAbsent()]

Law = Literal["uniform", "normal", "lognormal", "exponential", "gamma", "pareto", "poisson", "zipf"]

# The parameters that each law reads; of uniform and zipf also the bounds that they cannot do without.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "uniform": ("min", "max"),
    "normal": ("mean", "sd"),
    "lognormal": ("mean", "sd"),
    "exponential": ("mean",),
    "gamma": ("shape", "scale"),
    "pareto": ("shape", "scale"),
    "poisson": ("mean",),
    "zipf": ("shape", "max"),
}
MOST_COUNTED = 1_000_000  # numbers that zipf and poisson choose among


class Gaps(Spec):
    """A column some of whose cells are missing, or odd on purpose."""

    nulls: Share = Field(default=0, description="Share of cells that are missing.")
    edge_cases: Share = Field(
        default=0,
        description="Share of cells that are replaced by legal values that break programs: bounds, zeros, empty and "
        "very long text, Unicode traps, leap days, changes of time zone, nulls.",
    )


class Numbers(Gaps):
    """Numbers by a law, cut off at the bounds rather than heaped up on them."""

    law: Law = Field(default="uniform", description="Distribution.")
    min: Parameter = Field(default=None, allow_inf_nan=False)
    max: Parameter = Field(default=None, allow_inf_nan=False)
    mean: Parameter = Field(default=None, allow_inf_nan=False, description="Of lognormal: of the logarithm.")
    sd: Parameter = Field(default=None, gt=0, allow_inf_nan=False, description="Of lognormal: of the logarithm.")
    shape: Parameter = Field(default=None, gt=0, allow_inf_nan=False, description="Of gamma, pareto and zipf.")
    scale: Parameter = Field(
        default=None, gt=0, allow_inf_nan=False, description="Of gamma; of pareto the least number."
    )

    @model_validator(mode="after")
    def _has_what_its_law_reads(self) -> "Numbers":
        needed = PARAMETERS[self.law]
        for name in ("min", "max", "mean", "sd", "shape", "scale"):
            given = getattr(self, name) is not None
            if name in needed and not given:
                raise ValueError(f"law {self.law!r} needs {name}")
            if given and name not in (*needed, "min", "max"):
                raise ValueError(f"{name} is not read by law {self.law!r}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min is above max")
        if self.law in ("exponential", "poisson") and self.mean is not None and not 0 < self.mean <= MOST_COUNTED:
            raise ValueError(f"mean must be above 0 and at most {MOST_COUNTED:,}")
        if self.law == "zipf" and self.max is not None and not 1 <= self.max <= MOST_COUNTED:
            raise ValueError(f"max must be at least 1 and at most {MOST_COUNTED:,}")
        return self


class IntegerRule(Numbers):
    """Whole numbers; those of a continuous law are rounded."""

    kind: Literal["integer"]


class DecimalRule(Numbers):
    """Numbers with a fraction."""

    kind: Literal["decimal"]
    decimals: Annotated[int | None, OrAbsent()] = Field(
        default=None, ge=0, le=12, description="Places after the point; unrounded if absent."
    )


class BooleanRule(Gaps):
    """True and false."""

    kind: Literal["boolean"]
    share: Share = Field(default=0.5, description="Share of true.")


class CategoryRule(Gaps):
    """Some levels, alike likely or by weights."""

    kind: Literal["category"]
    levels: tuple[Word, ...] = Field(min_length=1)
    weights: Annotated[tuple[Annotated[float, Field(ge=0, allow_inf_nan=False)], ...] | None, OrAbsent()] = Field(
        default=None, description="One for each level; they need not sum to 1."
    )

    @model_validator(mode="after")
    def _has_a_weight_for_each(self) -> "CategoryRule":
        if len(set(self.levels)) < len(self.levels):
            raise ValueError("levels names a level twice")
        if self.weights is not None and (len(self.weights) != len(self.levels) or not sum(self.weights)):
            raise ValueError("weights must be as many as levels, and not all 0")
        return self


class DatetimeRule(Gaps):
    """Moments from ``start`` to ``end``, both included, without a time zone."""

    kind: Literal["datetime"]
    start: datetime
    end: datetime
    unit: Literal["day", "hour", "minute", "second", "millisecond", "microsecond"] = Field(
        default="second", description="What moments are rounded down to."
    )
    business_hours: Share = Field(
        default=0, description="Share that lies on Mondays to Fridays from 9 to 17; the others lie anywhere."
    )

    @model_validator(mode="after")
    def _is_a_span(self) -> "DatetimeRule":
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("start and end must have no time zone")
        if self.start > self.end:
            raise ValueError("start is after end")
        return self


class PatternRule(Gaps):
    """Text that matches a regular expression."""

    kind: Literal["pattern"]
    regex: Expression = Field(description="The whole of each value matches it.")
    unique: bool = Field(default=False, description="No value is made twice.")


class FakerRule(Gaps):
    """Values of a provider of Faker that needs no arguments."""

    kind: Literal["faker"]
    provider: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", description="Such as name, job or catch_phrase; e-mail addresses do not repeat."
    )
    locale: Locale = LOCALE
    pool: int = Field(
        default=4_000,
        ge=1,
        le=1_000_000,
        description="Values that are asked of Faker, among which rows draw; names, addresses and the like have "
        "pools of their own.",
    )


class SequenceRule(Spec):
    """Numbers that count on, or text of a prefix and such a number: a key."""

    kind: Literal["sequence"]
    start: int = 1
    step: int = Field(default=1, ge=1)
    prefix: Word = Field(default="", description="Text before the number; without one the column is of numbers.")


class ForeignKeyRule(Gaps):
    """Values of a column of another table, or of another column of this one."""

    kind: Literal["foreign_key"]
    references: str = Field(pattern=r"^[^.]+\..+$", description="As table.column.")
    skew: float = Field(
        default=0,
        ge=0,
        le=20,
        description="0 uses all rows alike; with skew s a share q of them is used by a share q^(1/(1+s)) of rows: "
        "of 1, a quarter by half.",
    )


class ConstantRule(Gaps):
    """One value."""

    kind: Literal["constant"]
    value: bool | int | float | str


class DeterminedRule(Gaps):
    """Text that follows from other columns: equal values there give equal values here."""

    kind: Literal["determined_by"]
    columns: tuple[str, ...] = Field(min_length=1, description="The columns that determine this one.")
    mapping: dict[Word, Word] = Field(default={}, description="The value for each value of a single column, as text.")
    otherwise: Annotated[Word | None, OrAbsent()] = Field(
        default=None, description="What values outside of the mapping give; missing if absent."
    )
    levels: tuple[Word, ...] = Field(
        default=(), description="Without a mapping: one of these is chosen for each value."
    )

    @model_validator(mode="after")
    def _says_how(self) -> "DeterminedRule":
        if bool(self.mapping) == bool(self.levels):
            raise ValueError("mapping or levels must be given, and not both")
        if self.mapping and len(self.columns) > 1:
            raise ValueError("mapping can follow a single column; use levels for several")
        if self.otherwise is not None and not self.mapping:
            raise ValueError("otherwise goes with a mapping")
        return self


class Correlation(Spec):
    """How two columns of numbers go together."""

    columns: tuple[str, str]
    rank: float = Field(ge=-1, le=1, description="Rank correlation (Spearman); pairs that are not named have 0.")

    @field_validator("columns")
    @classmethod
    def _are_two(cls, columns: tuple[str, str]) -> tuple[str, str]:
        if columns[0] == columns[1]:
            raise ValueError(f"{columns[0]!r} is named twice")
        return columns


OwnRule = (
    IntegerRule | DecimalRule | BooleanRule | CategoryRule | DatetimeRule | PatternRule | FakerRule | SequenceRule
    | ConstantRule | DeterminedRule
)  # fmt: skip
ColumnRule = Annotated[OwnRule | ForeignKeyRule, Field(discriminator="kind"), OneOf()]
RowRule = Annotated[OwnRule, Field(discriminator="kind"), OneOf()]
_NAMED: dict[str, Any] = {"minProperties": 1}


class TableRules(Spec):
    """One table."""

    rows: int = Field(default=1_000, ge=0)
    columns: dict[str, ColumnRule] = Field(min_length=1, json_schema_extra=_NAMED)
    correlations: tuple[Correlation, ...] = ()


class Tables(Spec):
    """Tables that may refer to each other."""

    tables: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][\w-]*$", max_length=100)], TableRules] = Field(
        min_length=1, json_schema_extra=_NAMED, description="Names hold letters, digits, underscores and hyphens."
    )
