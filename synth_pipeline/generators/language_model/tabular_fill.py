"""``tabular_fill``: rows of the table's own schema, by the example of few."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
from pydantic import BaseModel, Field, create_model

from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row
from synth_pipeline.spec.columns import Column, Kind

MOST_LEVELS = 100  # of a column that an endpoint is held to; above, any text is let in and looked at afterwards
UNKNOWN = "with a value that its column cannot have"

_TYPES: Mapping[Kind, type] = {Kind.INTEGER: int, Kind.DECIMAL: float, Kind.BOOLEAN: bool}


class TabularFill(Fields):
    """All columns but identifiers."""

    kind: Literal["tabular_fill"] = "tabular_fill"

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
            kind = _type(column, known.levels.get(name, ()))
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


def _type(column: Column, levels: Sequence[Any]) -> Any:
    if column.kind is Kind.CATEGORY and 0 < len(levels) <= MOST_LEVELS:
        return Literal[tuple(levels)]
    return _TYPES.get(column.kind, str)


def _conformed(values: Sequence[Any], known: Known) -> Row | str:
    """Values in the order of the columns as a row; or why they are none of this table."""
    row = {}
    for name, value in zip(known.schema.modelled, values, strict=True):
        row[name] = None if value is None else _cell(value, known.schema[name], known.levels.get(name, ()))
        if value is not None and row[name] is None:
            return UNKNOWN
    return row


def _cell(value: Any, column: Column, levels: Sequence[Any]) -> Any:
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
