"""What the synthetic rows are to be like, other than real rows are: fixed values, balances, least counts."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec


def _as_text(value: Any) -> Any:
    """1, 1.0 and '1' are one value, and so are true and 'true': the column decides what a text means."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if value == value // 1 else repr(float(value))
    return value


Value = Annotated[str, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "number", "boolean"]})]


class Interval(Spec):
    """Numbers or datetimes within bounds, which are themselves allowed."""

    min: Annotated[Value | None, OrAbsent()] = None
    max: Annotated[Value | None, OrAbsent()] = None

    @model_validator(mode="after")
    def _is_bounded(self) -> "Interval":
        if self.min is None and self.max is None:
            raise ValueError("an interval needs 'min' or 'max', or both")
        return self

    @property
    def title(self) -> str:
        return " to ".join(filter(None, [self.min and f"from {self.min}", self.max and f"{self.max}"]))


class Where(Spec):
    """Some rows: those that have these values."""

    fixed: dict[str, Value] = Field(default={}, description="The one value of each column that is named.")
    within: dict[str, Interval] = Field(default={}, description="Bounds of columns of numbers or datetimes.")

    @model_validator(mode="after")
    def _names_a_column_once(self) -> "Where":
        if twice := next((name for name in self.fixed if name in self.within), None):
            raise ValueError(f"{twice!r} has a fixed value and bounds")
        return self

    @property
    def named(self) -> dict[str, str]:
        """The columns, by the fields that name them, such as ``fixed.age``."""
        return {f"{field}.{name}": name for field in ("fixed", "within") for name in getattr(self, field)}

    @property
    def title(self) -> str:
        parts = [f"{name} = {value}" for name, value in self.fixed.items()]
        return ", ".join([*parts, *(f"{name} {bounds.title}" for name, bounds in self.within.items())])


class Balance(Spec):
    """How rows are shared out among the values of a column, or among the combinations of several."""

    columns: tuple[str, ...] = Field(
        json_schema_extra={"minItems": 1, "uniqueItems": True},
        description="Columns of few values; of several columns each combination of values counts.",
    )
    shares: Annotated[dict[Value, float] | None, OrAbsent()] = Field(
        default=None,
        description="Share of rows of each value that is named, the others share the rest as they come; "
        "equal shares for all values if absent.",
    )

    @field_validator("columns")
    @classmethod
    def _are_different(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if not columns:
            raise ValueError("must name a column, and names 0")
        if twice := next((name for place, name in enumerate(columns) if name in columns[:place]), None):
            raise ValueError(f"{twice!r} is named twice")
        return columns

    @model_validator(mode="after")
    def _is_possible(self) -> "Balance":
        if self.shares is None:
            return self
        if len(self.columns) > 1:
            raise ValueError("shares are of the values of one column, and two or more are named")
        if not self.shares or any(not 0 <= share <= 1 for share in self.shares.values()):
            raise ValueError("shares must be between 0 and 1")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError(f"shares sum to {sum(self.shares.values()):g}, which is above 1")
        return self


class AtLeast(Where):
    """A least count of rows of some values: rare events, and gaps in the real table."""

    rows: int = Field(ge=1, description="Rows to have at least, out of all that are drawn.")

    @model_validator(mode="after")
    def _names_a_column(self) -> "AtLeast":
        if not self.named:
            raise ValueError("a least count needs 'fixed' or 'within', or both")
        return self


class Conditions(Where):
    """What holds of the rows that are drawn: of each of them, and of how many.

    Several balances hold within each other: each share of one within each value of the others.
    """

    balance: tuple[Balance, ...] = ()
    at_least: tuple[AtLeast, ...] = ()

    @model_validator(mode="after")
    def _balances_free_columns(self) -> "Conditions":
        balanced = [name for one in self.balance for name in one.columns]
        if twice := next((name for place, name in enumerate(balanced) if name in balanced[:place]), None):
            raise ValueError(f"{twice!r} is balanced twice")
        if fixed := next((name for name in balanced if name in self.fixed), None):
            raise ValueError(f"{fixed!r} is balanced and has a fixed value")
        return self

    @property
    def named(self) -> dict[str, str]:
        return super().named | dict(self._inner())

    def _inner(self) -> Iterator[tuple[str, str]]:
        for place, balance in enumerate(self.balance):
            yield from ((f"balance[{place}].columns[{i}]", name) for i, name in enumerate(balance.columns))
        for place, least in enumerate(self.at_least):
            yield from ((f"at_least[{place}].{field}", name) for field, name in least.named.items())

    def __bool__(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.fixed or self.within or self.balance or self.at_least)
