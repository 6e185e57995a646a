"""Which values of a column conditions may name, and which rows have them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.conditions import Where

HOLDERS = 5  # train rows that share a value; rows by order of what a single record has would show that record
_SHOWN = 20

Plain = float | str


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The values of each column that at least ``HOLDERS`` rows of the training table have, the commonest first."""

    schema: Schema
    values: Mapping[str, list[Plain]]
    ends: Mapping[str, tuple[float, float]]  # of columns of numbers, where there are any

    @classmethod
    def of(cls, table: Table) -> "Known":
        values: dict[str, list[Plain]] = {}
        ends: dict[str, tuple[float, float]] = {}
        for name in (name for name in table.schema.modelled if table.schema[name].kind is not Kind.TEXT):
            counts = pd.Series(plain(table, name)).dropna().value_counts()
            counts = counts[counts >= HOLDERS]
            order = np.lexsort((counts.index.astype("object").argsort().argsort(), -counts.to_numpy()))
            values[name] = counts.index[order].tolist()
            numbers = table.numbers(name) if table.schema[name].kind.is_numeric else np.empty(0)
            if (known := numbers[~np.isnan(numbers)]).size:
                ends[name] = (float(known.min()), float(known.max()))
        return cls(table.schema, values, ends)

    def column(self, name: str) -> Column:
        """Raises SynthError where no condition can be about it."""
        if name not in self.schema.names:
            raise SynthError(f"The conditions name {name!r}, and there is no such column.",
                             f"name one of {', '.join(self.schema.modelled)}.")  # fmt: skip
        if self.schema[name].kind in (Kind.IDENTIFIER, Kind.TEXT):
            raise SynthError(f"The conditions name {name!r}, which is of type {self.schema[name].kind} and made up.",
                             "leave it out of the conditions.")  # fmt: skip
        return self.schema[name]

    def value(self, name: str, text: str) -> Plain:
        """A value as it is compared; raises SynthError where it is not among those that are known."""
        value = read(text, self.column(name))
        if value not in self.values[name]:
            known = [written(one, self.schema[name]) for one in self.values[name][:_SHOWN]]
            more = f" and {len(self.values[name]) - _SHOWN} more" if len(self.values[name]) > _SHOWN else ""
            within = ", or give bounds under 'within'" if self.schema[name].kind.is_numeric else ""
            raise SynthError(f"The conditions ask for {name} = {text}, which fewer than {HOLDERS} train rows have.",
                             f"use one of {', '.join(known) or 'another column'}{more}{within}.")  # fmt: skip
        return value


@dataclass(frozen=True, slots=True)
class Filter:
    """Rows whose value of a column is within bounds; a text is its own lower and upper bound."""

    column: str
    low: Plain
    high: Plain

    def holds(self, table: Table) -> np.ndarray:
        """A mask of the rows; a missing value is within no bounds."""
        values = plain(table, self.column)
        if isinstance(self.low, str) or isinstance(self.high, str):
            return values == self.low
        with np.errstate(invalid="ignore"):
            return (values >= self.low) & (values <= self.high)


def filters(where: Where, known: Known) -> tuple[Filter, ...]:
    """What rows must have; raises SynthError for columns and values that no drawn row could have."""
    out = []
    for name, text in where.fixed.items():
        value = known.value(name, text)
        out.append(Filter(name, value, value))
    for name, bounds in where.within.items():
        column = known.column(name)
        if not column.kind.is_numeric:
            raise SynthError(f"The conditions give bounds of {name!r}, which is of type {column.kind}.",
                             "give bounds of numbers and datetimes, and values of others under 'fixed'.")  # fmt: skip
        low = -math.inf if bounds.min is None else read(bounds.min, column)
        high = math.inf if bounds.max is None else read(bounds.max, column)
        least, greatest = known.ends.get(name, (math.inf, -math.inf))
        if low > high:
            raise SynthError(f"The conditions ask for {name} {bounds.title}: min is above max.", "exchange the two.")
        if low > greatest or high < least:
            raise SynthError(f"The conditions ask for {name} {bounds.title}, where no train row is.",
                             "choose bounds that hold some of its values.")  # fmt: skip
        out.append(Filter(name, low, high))
    return tuple(out)


def all_hold(wanted: tuple[Filter, ...], table: Table) -> np.ndarray:
    """A mask of the rows that every filter lets through."""
    return np.logical_and.reduce([one.holds(table) for one in wanted]) if wanted else np.ones(len(table), bool)


def plain(table: Table, name: str) -> np.ndarray:
    """A column as floats or texts, missing as NaN or None; datetimes in seconds since 1970."""
    if table.schema[name].kind.is_numeric:
        return table.numbers(name)
    values = table.frame[name]
    if table.schema[name].kind is Kind.BOOLEAN:
        values = values.astype("boolean").map({True: "true", False: "false"})
    return values.astype("object").where(values.notna(), None).to_numpy()


def read(text: str, column: Column) -> Plain:
    """A value as the column means it; raises SynthError where it has none of such kind."""
    try:
        if column.kind in (Kind.INTEGER, Kind.DECIMAL):
            return float(text)
        if column.kind is Kind.DATETIME:
            return pd.Timestamp(text).tz_localize(None).timestamp()
    except ValueError:
        problem = f"The conditions give {column.name!r}, which is of type {column.kind}, the value {text!r}."
        form = "as 2024-12-31" if column.kind is Kind.DATETIME else "as a number"
        raise SynthError(problem, f"write it {form}.") from None
    return {"1": "true", "0": "false"}.get(text, text.lower()) if column.kind is Kind.BOOLEAN else text


def written(value: Plain, column: Column) -> str:
    """A value as people write it."""
    if isinstance(value, str):
        return value
    return str(pd.Timestamp(value, unit="s")) if column.kind is Kind.DATETIME else f"{value:.15g}"
