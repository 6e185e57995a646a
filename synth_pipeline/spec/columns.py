"""The types that a column of a real table can have, and the schema that is inferred once and then enforced."""

from enum import StrEnum

from pydantic import Field

from synth_pipeline.spec.base import Spec


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


class Column(Spec):
    """One column of a table, as inferred from the first load of its source."""

    name: str
    kind: Kind
    grid: float | None = Field(
        default=None,
        description="The step on which all values lie: 1 for integers, 0.01 for cents, seconds for datetimes; "
        "none where values lie on no grid.",
    )
    nullable: bool = False


class ColumnOverride(Spec):
    """What a user knows better than the inference."""

    kind: Kind = Field(description="The type of this column, instead of the inferred one.")


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
