"""The types that a column of a real table can have, and the schema that is inferred once and then enforced."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec
from synth_pipeline.spec.expression import parse


class Kind(StrEnum):
    """What the values of a column are."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    CATEGORY = "category"
    DATETIME = "datetime"
    IDENTIFIER = "identifier"
    TEXT = "text"

    @property
    def is_numeric(self) -> bool:
        """Has an order and distances: integer, decimal, datetime."""
        return self in (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)

    @property
    def is_nominal(self) -> bool:
        """Has levels and no order: category, boolean."""
        return self in (Kind.CATEGORY, Kind.BOOLEAN)


class Like(StrEnum):
    """What the made-up values of an identifier look like."""

    SURROGATE = "surrogate"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    USERNAME = "username"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    STREET = "street"
    CITY = "city"
    POSTCODE = "postcode"
    COMPANY = "company"
    IBAN = "iban"
    CARD = "card"
    SSN = "ssn"
    IP = "ip"
    UUID = "uuid"

    @property
    def is_unique(self) -> bool:
        """No value is made twice, so that it can name a record."""
        return self not in _SHARED


_SHARED = {
    Like.NAME, Like.FIRST_NAME, Like.LAST_NAME, Like.ADDRESS, Like.STREET, Like.CITY, Like.POSTCODE, Like.COMPANY
}  # fmt: skip


def _generable(expression: str) -> str:
    parse(expression)
    return expression


def _spoken(locale: str) -> str:
    """Faker's list is only read where somebody asks for another locale."""
    if locale != LOCALE:
        from faker.config import AVAILABLE_LOCALES

        if locale not in AVAILABLE_LOCALES:
            raise ValueError(f"{locale!r} is no locale of Faker, such as de_DE")
    return locale


LOCALE = "en_US"
Expression = Annotated[str, AfterValidator(_generable)]
Locale = Annotated[str, AfterValidator(_spoken)]


def _is_absent(value: object) -> bool:
    return value is None


class Made(Spec):
    """How an identifier is made anew."""

    like: Annotated[Like | None, OrAbsent()] = Field(
        default=None,
        exclude_if=_is_absent,
        description="What the made-up values of an identifier look like; surrogates such as synthetic-1 if absent.",
    )
    locale: Annotated[Locale | None, OrAbsent()] = Field(
        default=None, exclude_if=_is_absent, description="Language and country of made-up values; en_US if absent."
    )
    pattern: Annotated[Expression | None, OrAbsent()] = Field(
        default=None,
        exclude_if=_is_absent,
        description="A regular expression that made-up keys match, such as C-[0-9]{8}; no key is made twice.",
    )

    @property
    def never_repeats(self) -> bool:
        """Whether made-up values all differ, as keys do and names do not."""
        return self.pattern is not None or self.like is None or self.like.is_unique


class Column(Made):
    """One column of a table, as inferred from the first load of its source."""

    name: str
    kind: Kind
    grid: float | None = Field(
        default=None,
        description="The step on which all values lie: 1 for integers, 0.01 for cents, seconds for datetimes; "
        "none where values lie on no grid.",
    )
    nullable: bool = False


class ColumnOverride(Made):
    """What a user knows better than the inference."""

    kind: Kind = Field(description="The type of this column, instead of the inferred one.")

    @model_validator(mode="after")
    def _is_made_anew(self) -> "ColumnOverride":
        if self.kind is not Kind.IDENTIFIER and self.made:
            raise ValueError(f"{next(iter(self.made))} is only for identifiers, and the kind is {self.kind}")
        if self.like is not None and self.pattern is not None:
            raise ValueError("pattern and like exclude each other")
        return self

    @property
    def made(self) -> dict[str, str]:
        """How the identifier is made anew, as fields of its column."""
        return self.model_dump(include={"like", "locale", "pattern"})


class Schema(Spec):
    """The columns of a table, in order."""

    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    def of(self, *kinds: Kind) -> list[str]:
        """Names of the columns of these kinds, in order."""
        return [column.name for column in self.columns if column.kind in kinds]

    @property
    def modelled(self) -> list[str]:
        """Columns that carry information about a record: all but identifiers."""
        return [column.name for column in self.columns if column.kind is not Kind.IDENTIFIER]
