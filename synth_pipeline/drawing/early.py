"""Which values of a learned column a wanted row may have: what has others need not be drawn to its end."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.drawing.cells import Cells, Shares
from synth_pipeline.drawing.derived import Lookup
from synth_pipeline.drawing.plan import Plan
from synth_pipeline.drawing.pool import Pool
from synth_pipeline.generators.protocol import Wanted
from synth_pipeline.spec.columns import Schema

Mask = Callable[[Table], np.ndarray]


def wanted_values(plan: Plan, cells: Cells, pool: Pool) -> dict[str, Wanted]:
    """For learned columns that nothing moves after they are drawn, the values of rows that could be wanted.

    Necessary and not sufficient: all rows are looked at again when they are whole.
    """
    out: dict[str, Wanted] = {}
    moved = {name for name, *_ in plan.settled.bounds} | {name for one in plan.settled.orders for name in one.columns}
    derived = {one.target for one in plan.derivations}
    for named, tested in _masks(cells, pool):
        name, mask = _source(plan, named, tested)
        joint = next((one for one in plan.joints if name in one.columns), None)
        if joint is not None:
            allowed = mask(joint.known)
            out[joint.column.name] = _both(out.get(joint.column.name), _Level(allowed))
        elif name not in moved | derived:
            out[name] = _both(out.get(name), _Value(name, mask, plan.schema))
    return out


def _source(plan: Plan, name: str, mask: Mask) -> tuple[str, Mask]:
    """The column that a looked-up one follows from, and which of its rows will be wanted."""
    source = next((one.source for one in plan.derivations if one.target == name and not one.is_learned), None)
    if not isinstance(source, Lookup) or len(source.inputs) > 1:
        return name, mask

    def looked_up(table: Table) -> np.ndarray:
        return mask(Table(pd.DataFrame({name: source.derive(table)[0]}), plan.schema))

    return source.inputs[0], looked_up


def _masks(cells: Cells, pool: Pool) -> Iterator[tuple[str, Mask]]:
    """Columns, and which rows may be wanted by what they have in them alone."""
    for one in cells.filters:
        yield one.column, one.holds
    counts = np.flatnonzero(pool.short[len(pool.open) :])
    if len(counts) == 1 and not pool.open.any():
        for one in cells.least[counts[0]].filters:
            yield one.column, one.holds
    if not len(counts):
        open_ = (pool.open > 0).reshape([len(one.shares) for one in cells.balances])
        for axis, balance in enumerate(cells.balances):
            others = tuple(other for other in range(open_.ndim) if other != axis)
            yield from _of_balance(balance, open_.any(axis=others))


def _of_balance(balance: Shares, allowed: np.ndarray) -> Iterator[tuple[str, Mask]]:
    """Of each column of a balance, the values of some cell that is allowed."""
    if len(balance.columns) == 1:
        yield balance.columns[0], lambda table: np.append(allowed, False)[balance.cells(table)]
        return
    grid = allowed.reshape([len(levels) for levels in balance.levels])
    for axis, name in enumerate(balance.columns):
        others = tuple(other for other in range(grid.ndim) if other != axis)
        yield name, _among(balance, axis, np.append(grid.any(axis=others), False))


def _among(balance: Shares, axis: int, allowed: np.ndarray) -> Mask:
    return lambda table: allowed[balance.codes(table, axis)]


class _Value:
    """A mask of a column as a test of its values."""

    def __init__(self, name: str, mask: Mask, schema: Schema) -> None:
        self._name, self._mask, self._schema = name, mask, schema

    def __call__(self, values: pd.Series) -> np.ndarray:
        return self._mask(Table(pd.DataFrame({self._name: values}), self._schema))


class _Level:
    """A test of the levels of a joint column."""

    def __init__(self, allowed: np.ndarray) -> None:
        self._allowed = allowed

    def __call__(self, values: pd.Series) -> np.ndarray:
        return self._allowed[values.astype("int64").to_numpy()]


def _both(first: Wanted | None, second: Wanted) -> Wanted:
    return second if first is None else lambda values: first(values) & second(values)
