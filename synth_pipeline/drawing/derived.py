"""Columns that follow from others: computed from them, and not drawn."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.drawing.joined import distinct, places_of
from synth_pipeline.spec.columns import Column, Kind
from synth_pipeline.spec.constraints import Determines, Sum


@dataclass(frozen=True, slots=True, eq=False)
class Signed:
    """The total of some columns, or what is left of a total: each term with its sign."""

    column: Column
    terms: tuple[tuple[str, int], ...]
    low: float = -np.inf  # what is left of a total may be less than any such column ever was
    high: float = np.inf

    @classmethod
    def learn(cls, table: Table, rule: Sum, target: str) -> "Signed":
        """The target is the total of the rule, or one of its parts."""
        if target == rule.total:
            return cls(table.schema[target], tuple((part, 1) for part in rule.parts))
        numbers = table.numbers(target)
        known = numbers[~np.isnan(numbers)]
        low, high = (float(known.min()), float(known.max())) if len(known) else (-np.inf, np.inf)
        others = tuple((part, -1) for part in rule.parts if part != target)
        return cls(table.schema[target], ((rule.total, 1), *others), low, high)

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.terms)

    def derive(self, table: Table) -> tuple[pd.Series, np.ndarray]:
        """The column, missing where a term is; and which rows cannot have it."""
        kinds = {table.schema[name].kind for name in self.inputs}
        if {self.column.kind, *kinds} == {Kind.INTEGER}:
            whole = sum(table.frame[name].astype("Int64") * sign for name, sign in self.terms)
            assert isinstance(whole, pd.Series)
            numbers = whole.to_numpy(dtype="float64", na_value=np.nan)
            return whole, (numbers < self.low) | (numbers > self.high)
        numbers = np.sum([table.numbers(name) * sign for name, sign in self.terms], axis=0)
        numbers = on_step(numbers, self.column.grid) if self.column.grid else numbers
        return from_numbers(numbers, self.column), (numbers < self.low) | (numbers > self.high)


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """The value that each combination of other values has among real rows.

    ``known`` holds each combination of known values once, with its value.
    """

    rule: Determines
    known: Table

    @classmethod
    def learn(cls, table: Table, rule: Determines) -> "Lookup":
        """Of a training table that keeps the rule."""
        whole = table.take(table.frame[list(rule.names)].notna().all(axis=1).to_numpy())
        return cls(rule, distinct(whole, rule.names))

    @property
    def column(self) -> Column:
        return self.known.schema[self.rule.of]

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.rule.columns

    def derive(self, table: Table) -> tuple[pd.Series, np.ndarray]:
        """The column, missing where one of the others is; and which rows no real row tells the value of."""
        whole = table.frame[list(self.inputs)].notna().all(axis=1).to_numpy()
        places = self._places(table)
        found = (places >= 0) & whole
        values = self.known.frame[self.rule.of]
        if not len(values):
            return pd.Series([None] * len(table), dtype=values.dtype), whole
        return values.iloc[np.where(found, places, 0)].reset_index(drop=True).where(found), whole & ~found

    def broken(self, table: Table) -> np.ndarray:
        """Rows that have another value than their combination has, or a combination that is not known."""
        expected, unknown = self.derive(table)
        held = table.frame[self.rule.of]
        both = held.notna().to_numpy() & expected.notna().to_numpy()
        other = places_of(table, self.known, list(self.rule.names)) < 0
        return (both & other) | (unknown & held.notna().to_numpy())

    def _places(self, table: Table) -> np.ndarray:
        """Where in ``known`` each row belongs, -1 where that cannot be told.

        A number between two that have the same value is taken to have it too: new amounts are seldom real ones.
        """
        places = places_of(table, self.known, list(self.inputs))
        name = self.inputs[0]
        if len(self.inputs) > 1 or not self.known.schema[name].kind.is_numeric or len(self.known) < 2:
            return places
        numbers, known = table.numbers(name), self.known.numbers(name)
        above = np.searchsorted(known, numbers)
        inside = (above > 0) & (above < len(known)) & (places < 0) & ~np.isnan(numbers)
        right = np.clip(above, 1, len(known) - 1)
        values = pd.factorize(self.known.frame[self.rule.of])[0]
        return np.where(inside & (values[right - 1] == values[right]), right, places)


def on_step(numbers: np.ndarray, step: float) -> np.ndarray:
    """The nearest multiples of a step, with its digits: no 0.30000000000000004."""
    exponent = Decimal(repr(float(step))).as_tuple().exponent
    digits = max(0, -exponent) if isinstance(exponent, int) else 0
    return np.round(np.round(numbers / step) * step, min(digits, 15))
