"""Drawn numbers put where constraints allow them, as far as no other column depends on where they were.

What is put on a grid or into a range moves by less than it is off.  An order is mended by exchanging the values of
a row, and only where too few rows keep it by themselves: rows that keep it follow the generator's own law.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.drawing.derived import on_step
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.constraints import Constraint, Grid, Order, Range


@dataclass(frozen=True, slots=True)
class Settled:
    """Rules about columns that are drawn as they are: neither joined nor derived."""

    orders: tuple[Order, ...]
    bounds: tuple[tuple[str, float | None, float, float], ...]  # column, step, least, greatest

    @classmethod
    def make(cls, schema: Schema, constraints: Sequence[Constraint], free: set[str]) -> "Settled":
        """Of the rules that are about ``free`` columns alone."""
        orders = tuple(rule for rule in constraints if isinstance(rule, Order) and {*rule.columns} <= free)
        bounded = {rule.column for rule in constraints if isinstance(rule, Range | Grid)} & free
        return cls(orders, tuple(_bounds(schema, constraints, name) for name in schema.names if name in bounded))

    def sorting(self, orders: Sequence[Order]) -> "Settled":
        """The same, which mends these orders alone."""
        return replace(self, orders=tuple(orders))

    def settle(self, table: Table) -> pd.DataFrame:
        """The frame of the table with numbers in order, on their grids and within their ranges."""
        frame = table.frame
        for rule in self.orders:
            frame = _sorted(Table(frame, table.schema), rule.columns)
        for name, step, low, high in self.bounds:
            numbers = Table(frame, table.schema).numbers(name)
            moved = on_step(numbers, step) if step is not None else numbers
            moved = np.clip(moved, low, high)
            if (off := ~np.isnan(numbers) & (moved != numbers)).any():
                settled = from_numbers(moved, table.schema[name])
                frame = frame.assign(**{name: frame[name].where(~off, settled)})
        return frame


def _bounds(schema: Schema, constraints: Sequence[Constraint], name: str) -> tuple[str, float | None, float, float]:
    """The strictest that is asked of a column, the ends of a range moved in to its grid."""
    steps = [float(rule.step) for rule in constraints if isinstance(rule, Grid) and rule.column == name]
    ranges = [rule for rule in constraints if isinstance(rule, Range) and rule.column == name]
    low = max((float(rule.min) for rule in ranges if rule.min is not None), default=-math.inf)
    high = min((float(rule.max) for rule in ranges if rule.max is not None), default=math.inf)
    step = max(steps, default=1.0 if schema[name].kind is Kind.INTEGER else None)
    if step is not None:
        low = float(on_step(np.array(math.ceil(low / step - 1e-9) * step), step)) if math.isfinite(low) else low
        high = float(on_step(np.array(math.floor(high / step + 1e-9) * step), step)) if math.isfinite(high) else high
    return name, step, low, high


def _sorted(table: Table, columns: Sequence[str]) -> pd.DataFrame:
    """Known values of each row that is out of order exchanged, so that they do not fall; gaps stay where they are."""
    numbers = np.column_stack([table.numbers(name) for name in columns])
    known = ~np.isnan(numbers)
    rank = np.maximum(np.cumsum(known, axis=1) - 1, 0)
    sorted_ = np.where(known, np.take_along_axis(np.sort(numbers, axis=1), rank, axis=1), np.nan)
    changed = ((sorted_ != numbers) & known).any(axis=1)
    out = {
        name: table.frame[name].where(~changed, from_numbers(sorted_[:, place], table.schema[name]))
        for place, name in enumerate(columns)
    }
    return table.frame.assign(**out)
