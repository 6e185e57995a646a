"""``tabular_fill``: rows of the table's own schema by the example of few, or what another generator leaves empty."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import BaseModel, Field, create_model, model_validator

from synth_pipeline.generators.autoregressive import Autoregressive
from synth_pipeline.generators.copula import Copula
from synth_pipeline.generators.diffusion import Diffusion
from synth_pipeline.generators.forest import Forest
from synth_pipeline.generators.gan import Gan
from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row
from synth_pipeline.generators.marginals import Marginals
from synth_pipeline.generators.rules import Rules
from synth_pipeline.spec.base import OneOf, OrAbsent
from synth_pipeline.spec.columns import Column, Kind

MOST_LEVELS = 100  # of a column that an endpoint is held to; above, any text is let in and looked at afterwards
UNKNOWN = "with a value that its column cannot have"


def _is_absent(value: object) -> bool:
    return value is None


def _is_empty(value: object) -> bool:
    return not value


_TYPES: Mapping[Kind, type] = {Kind.INTEGER: int, Kind.DECIMAL: float, Kind.BOOLEAN: bool}


AnyBase = Annotated[
    Forest | Autoregressive | Copula | Diffusion | Gan | Marginals | Rules, Field(discriminator="kind"), OneOf()
]


class TabularFill(Fields):
    """All columns but identifiers; or, of rows that a ``base`` generator draws, those cells that it leaves empty.

    Real rows are never filled in: they would be published as synthetic ones.
    """

    kind: Literal["tabular_fill"] = "tabular_fill"
    base: Annotated[AnyBase | None, OrAbsent()] = Field(
        default=None,
        exclude_if=_is_absent,
        description="Generator that draws the rows; if absent, the model makes them.",
    )
    fill: tuple[str, ...] = Field(
        default=(),
        exclude_if=_is_empty,
        description="Columns of the base's rows that the model fills in: text, and missing cells of other columns.",
    )
    complete: bool = Field(
        default=False,
        exclude_if=_is_empty,
        description="Write a text in every row, also where train has none in some.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> "TabularFill":
        if (self.base is None) != (not self.fill):
            raise ValueError("'base' and 'fill' go together: who draws the rows, and which columns are filled in")
        if self.base is not None and (self.label is not None or self.per_request > 1):
            raise ValueError("with 'base', each question is about one row: leave out 'label' and 'per_request'")
        if self.complete and self.base is None:
            raise ValueError("'complete' is about the columns of 'fill'")
        return self

    def asked(self) -> str:
        if self.base is None:
            return super().asked()
        told = "Fill in what is missing of the row below, so that the whole could stand in the same table."
        return self.template or (told + " {about}" * bool(self.about))

    @property
    def words(self) -> str:
        return "rows as they could stand in the same table"

    def columns(self) -> Sequence[str] | None:
        return None

    def reply(self, known: Known) -> type[BaseModel]:
        """Columns go by number, since endpoints take few signs in names; their titles say what they are called."""
        fields: dict[str, Any] = {}
        for place, name in enumerate(known.schema.modelled):
            column = known.schema[name]
            kind = type_of(column, known.levels.get(name, ()))
            fields[f"c{place}"] = (kind | None if column.nullable else kind, Field(title=name))
        row = create_model("TableRow", __base__=Reply, **fields)
        return create_model("TableRows", __base__=Reply, records=(list[row], ...))

    def shown(self, row: Row) -> str:
        return json.dumps(dict(row), ensure_ascii=False, default=str)

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        records: list[BaseModel] = parsed.records  # type: ignore[attr-defined]
        return [_conformed(list(one.model_dump().values()), known) for one in records]

    def key(self, row: Row) -> str:
        return json.dumps(list(row.values()), ensure_ascii=False, default=str)


def type_of(column: Column, levels: Sequence[Any]) -> Any:
    if column.kind is Kind.CATEGORY and 0 < len(levels) <= MOST_LEVELS:
        return Literal[tuple(levels)]
    return _TYPES.get(column.kind, str)


def _conformed(values: Sequence[Any], known: Known) -> Row | str:
    """Values in the order of the columns as a row; or why they are none of this table."""
    row = {}
    for name, value in zip(known.schema.modelled, values, strict=True):
        row[name] = None if value is None else cell(value, known.schema[name], known.levels.get(name, ()))
        if value is not None and row[name] is None:
            return UNKNOWN
    return row


def cell(value: Any, column: Column, levels: Sequence[Any]) -> Any:
    """A value as its column has it; None where it cannot stand there."""
    if column.kind is Kind.DATETIME:
        moment = pd.to_datetime(value, errors="coerce", format="ISO8601")
        return None if pd.isna(moment) or moment.tzinfo is not None else moment
    if column.kind is Kind.CATEGORY:
        return value if value in levels else None
    if not column.kind.is_numeric:
        return value
    if not math.isfinite(value):
        return None
    return round(round(value / column.grid) * column.grid, 12) if column.grid else value
