"""A table: a data frame that keeps its schema."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.columns import Column, Kind, Schema

RECORD_ID = "_record_id"

_PLAIN: Mapping[Kind, str] = {Kind.INTEGER: "int64", Kind.BOOLEAN: "bool"}
_WITH_NULLS: Mapping[Kind, str] = {Kind.INTEGER: "Int64", Kind.BOOLEAN: "boolean"}
_ALWAYS: Mapping[Kind, str] = {
    Kind.DECIMAL: "float64",
    Kind.CATEGORY: "str",
    Kind.TEXT: "str",
    Kind.IDENTIFIER: "str",
    Kind.DATETIME: "datetime64[us]",
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows under a schema.

    ``frame`` holds exactly the schema's columns in its order; ``ids`` names the records of a real
    table, one per row, and is absent for a synthetic one.
    """

    frame: pd.DataFrame
    schema: Schema
    ids: pd.Series | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @classmethod
    def conform(cls, frame: pd.DataFrame, schema: Schema, called: str = "the table") -> "Table":
        """Bring a data frame to its schema's types; a column ``_record_id`` becomes ``ids``.

        Raises SynthError with the list of differences when columns are missing, surplus or of another type.
        """
        ids = frame.loc[:, RECORD_ID].astype("str").reset_index(drop=True) if RECORD_ID in frame else None
        own = [column for column in frame.columns if not str(column).startswith("_")]
        missing = [name for name in schema.names if name not in frame.columns]
        surplus = [str(name) for name in own if name not in schema.names]
        if missing or surplus:
            parts = [f"lacks {missing}"] * bool(missing) + [f"has in addition {surplus}"] * bool(surplus)
            raise SynthError(
                f"The columns of {called} differ from those of the real table: it {' and '.join(parts)}.",
                "give both tables the same columns.",
            )
        cast = {column.name: _cast(frame.loc[:, column.name], column, called) for column in schema.columns}
        return cls(pd.DataFrame(cast).reset_index(drop=True), schema, ids)

    def take(self, rows: np.ndarray) -> "Table":
        """The rows at these positions, in this order, or those under a mask."""
        positions = np.flatnonzero(rows) if rows.dtype == bool else rows
        ids = None if self.ids is None else self.ids.iloc[positions].reset_index(drop=True)
        return Table(self.frame.iloc[positions].reset_index(drop=True), self.schema, ids)

    def numbers(self, name: str) -> np.ndarray:
        """A numeric column as float64, missing as NaN; datetimes in seconds since 1970."""
        column = self.frame[name]
        if self.schema[name].kind is Kind.DATETIME:
            seconds = column.astype("int64").to_numpy() / 1e6
            return np.where(column.isna().to_numpy(), np.nan, seconds)
        return column.to_numpy(dtype="float64", na_value=np.nan)


def from_numbers(numbers: np.ndarray, column: Column) -> pd.Series:
    """The reverse of ``Table.numbers``: floats with NaN become a column of its kind."""
    missing = np.isnan(numbers)
    if column.kind is Kind.DATETIME:
        micros = np.round(np.where(missing, 0, numbers) * 1e6).astype("int64")
        return pd.Series(micros.astype("datetime64[us]")).mask(missing)
    if column.kind is Kind.INTEGER:
        whole = pd.Series(np.round(np.where(missing, 0, numbers)).astype("int64"))
        return whole.astype("Int64").mask(missing) if missing.any() else whole
    return pd.Series(numbers)


def _cast(values: pd.Series, column: Column, called: str) -> pd.Series:
    """One column in the type of its kind."""
    try:
        if column.kind in _ALWAYS:
            if column.kind in (Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER):
                return _to_text(values)
            return values.astype(_ALWAYS[column.kind])
        values = _to_boolean(values) if column.kind is Kind.BOOLEAN else _to_whole(values)
        return values.astype((_WITH_NULLS if values.isna().any() else _PLAIN)[column.kind])
    except (ValueError, TypeError):
        raise SynthError(
            f"Column {column.name!r} of {called} does not hold {column.kind} values as the real table does.",
            f"convert it to {column.kind}, or declare another type under 'columns'.",
        ) from None  # pandas quotes the value, and a chained error ends up in the orchestrator's log


def _to_text(values: pd.Series) -> pd.Series:
    """Text with missing kept missing; whole floats lose their '.0' so that 3 and 3.0 are one level."""
    if pd.api.types.is_float_dtype(values.dtype):
        known = values.dropna()
        if (known == known.round()).all():
            values = values.astype("Int64")
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype("object")
    return values.astype("str")


def _to_whole(values: pd.Series) -> pd.Series:
    """Integers, also where they are stored as floats; pandas would cut a fraction off in silence."""
    if pd.api.types.is_float_dtype(values.dtype) and not (values.dropna() % 1 == 0).all():
        raise ValueError("not whole")
    return values


def _to_boolean(values: pd.Series) -> pd.Series:
    """True and false, also where they are written out or as 0 and 1."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("boolean")
    words = values.astype("str").str.lower()
    known = words.map({"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False})
    if (known.isna() & values.notna()).any():
        raise ValueError("neither true nor false")
    return known.astype("boolean")
