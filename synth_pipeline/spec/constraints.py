"""What must hold in every row of a table, as its owner declares it."""

import re
from abc import abstractmethod
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from synth_pipeline.spec.base import OneOf, OrAbsent, Spec


def _exact(value: Any, as_float: ValidatorFunctionWrapHandler) -> float:
    """A whole number stays whole: floats have no place for all digits of a large one."""
    number = as_float(value)
    return value if type(value) is int else number


def _at_least(least: int) -> AfterValidator:
    def check(names: tuple[str, ...]) -> tuple[str, ...]:
        if len(names) < least:
            raise ValueError(f"must name {'two columns or more' if least == 2 else 'a column'}, and names {len(names)}")
        if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
            raise ValueError(f"{twice!r} is named twice")
        return names

    return AfterValidator(check)


Number = Annotated[float, WrapValidator(_exact)]
_ONE: dict[str, Any] = {"minItems": 1, "uniqueItems": True}
_TWO: dict[str, Any] = {"minItems": 2, "uniqueItems": True}


class Rule(Spec):
    """Any constraint."""

    @property
    @abstractmethod
    def title(self) -> str:
        """How people write it."""

    @property
    def named(self) -> dict[str, str]:
        """The columns that it names, by the fields that name them, such as ``columns[0]``."""
        out: dict[str, str] = {}
        for field in ("column", "total", "columns", "parts", "of"):
            held = getattr(self, field, ())
            out |= {field: held} if isinstance(held, str) else {f"{field}[{i}]": name for i, name in enumerate(held)}
        return out

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.named.values())


class Order(Rule):
    """No value is less than the known one before it."""

    kind: Literal["order"]
    columns: Annotated[tuple[str, ...], _at_least(2)] = Field(
        json_schema_extra=_TWO, description="Numbers, or datetimes, from the least to the greatest."
    )
    strict: bool = Field(default=False, description="Equal values break it too.")

    @property
    def title(self) -> str:
        return (" < " if self.strict else " ≤ ").join(self.columns)


class Sum(Rule):
    """A total is the sum of its parts."""

    kind: Literal["sum"]
    total: str
    parts: Annotated[tuple[str, ...], _at_least(2)] = Field(json_schema_extra=_TWO)
    tolerance: Number = Field(
        default=0, ge=0, allow_inf_nan=False, description="How far the sum may be from the total, such as for rounding."
    )

    @field_validator("parts")
    @classmethod
    def _without_total(cls, parts: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if info.data.get("total") in parts:
            raise ValueError(f"{info.data['total']!r} is the total, and is named among the parts")
        return parts

    @property
    def title(self) -> str:
        return f"{self.total} = {' + '.join(self.parts)}" + (f" ± {self.tolerance:g}" if self.tolerance else "")


class Determines(Rule):
    """Each combination of known values of ``columns`` has one value of ``of``, that of the real rows."""

    kind: Literal["determines"]
    columns: Annotated[tuple[str, ...], _at_least(1)] = Field(json_schema_extra=_ONE)
    of: str = Field(description="The column whose value follows from the others.")

    @field_validator("of")
    @classmethod
    def _is_another(cls, of: str, info: Any) -> str:
        if of in info.data.get("columns", ()):
            raise ValueError(f"{of!r} is named among the columns that determine it")
        return of

    @property
    def title(self) -> str:
        return f"{', '.join(self.columns)} → {self.of}"


class Combinations(Rule):
    """Only combinations that occur among real rows; a missing value is a value."""

    kind: Literal["combinations"]
    columns: Annotated[tuple[str, ...], _at_least(2)] = Field(json_schema_extra=_TWO)

    @property
    def title(self) -> str:
        return f"{' × '.join(self.columns)} as in real rows"


class Unique(Rule):
    """No combination of known values occurs twice."""

    kind: Literal["unique"]
    columns: Annotated[tuple[str, ...], _at_least(1)] = Field(json_schema_extra=_ONE)

    @property
    def title(self) -> str:
        return f"{', '.join(self.columns)} unique"


class Range(Rule):
    """Numbers within bounds, which are themselves allowed."""

    kind: Literal["range"]
    column: str
    min: Annotated[Annotated[Number, Field(allow_inf_nan=False)] | None, OrAbsent()] = None
    max: Annotated[Annotated[Number, Field(allow_inf_nan=False)] | None, OrAbsent()] = None

    @model_validator(mode="after")
    def _is_bounded(self) -> "Range":
        if self.min is None and self.max is None:
            raise ValueError("a range needs 'min' or 'max', or both")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {_plain(self.min)}, and is above max, which is {_plain(self.max)}")
        return self

    @property
    def title(self) -> str:
        low = "" if self.min is None else f"{_plain(self.min)} ≤ "
        return f"{low}{self.column}" + ("" if self.max is None else f" ≤ {_plain(self.max)}")


class Grid(Rule):
    """Whole multiples of a step."""

    kind: Literal["grid"]
    column: str
    step: Number = Field(gt=0, allow_inf_nan=False, description="Numbers count from 0, datetimes in seconds from 1970.")

    @property
    def title(self) -> str:
        return f"{self.column} in steps of {_plain(self.step)}"


class Pattern(Rule):
    """Known texts match an expression from their first character to their last."""

    kind: Literal["pattern"]
    column: str
    regex: str = Field(description="A regular expression of Python; in YAML best between single quotes.")

    @field_validator("regex")
    @classmethod
    def _compiles(cls, regex: str) -> str:
        try:
            re.compile(regex)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"{regex!r} is no regular expression: {error}") from None
        return regex

    @property
    def title(self) -> str:
        return f"{self.column} like {self.regex}"


class NotNull(Rule):
    """No value is missing."""

    kind: Literal["not_null"]
    columns: Annotated[tuple[str, ...], _at_least(1)] = Field(json_schema_extra=_ONE)

    @property
    def title(self) -> str:
        return f"{', '.join(self.columns)} not missing"


Constraint = Annotated[
    Order | Sum | Determines | Combinations | Unique | Range | Grid | Pattern | NotNull,
    Field(discriminator="kind"),
    OneOf(),
]


def _plain(number: float) -> str:
    """All its digits."""
    return str(int(number)) if number == int(number) else repr(number)
