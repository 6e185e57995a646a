"""Which rows break a declared constraint.

Whole numbers, datetimes and texts are compared exactly.  Decimals of ``sum`` and ``grid`` are given the rounding of
the arithmetic itself: 0.1 + 0.2 is 0.3.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.constraints import (
    Combinations,
    Constraint,
    Determines,
    Grid,
    NotNull,
    Order,
    Pattern,
    Range,
    Sum,
    Unique,
)

_NUMBERS = (Kind.INTEGER, Kind.DECIMAL)
_TEXTS = (Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER)
_INT64 = np.iinfo(np.int64)
_MICROS = 1_000_000  # steps of a stored datetime in a second
_ROUNDING = 4 * float(np.finfo(np.float64).eps)  # of the numbers and of the arithmetic, relative to their sizes


class Misfit(NamedTuple):
    """A constraint that means nothing for a column; ``field`` is the one that names it, such as ``columns[1]``."""

    field: str
    problem: str
    fix: str


def misfits(constraint: Constraint, schema: Schema) -> Iterator[Misfit]:
    """Columns of kinds that the constraint is not about; those that do not exist are passed over."""
    found = {field: schema[name].kind for field, name in constraint.named.items() if name in schema.names}
    wanted, words = _FITTING.get(constraint.kind, (tuple(Kind), ""))
    for field, kind in found.items():
        if kind not in wanted:
            name = constraint.named[field]
            problem = f"column {name!r} is of type {kind}, and {constraint.kind!r} is about {words}."
            yield Misfit(field, problem, "name another column, or declare its type under 'columns'.")
            return
    if constraint.kind == "order" and len({kind is Kind.DATETIME for kind in found.values()}) > 1:
        problem = "datetimes cannot be compared with numbers."
        yield Misfit("columns", problem, "name columns of one type, or declare their types under 'columns'.")


def made_up(constraint: Constraint, schema: Schema) -> str | None:
    """The field that names an identifier whose real values a synthetic row would have to repeat."""
    bound = {"combinations": list(constraint.named), "pattern": ["column"], "determines": ["of"]}
    fields = bound.get(constraint.kind, [])
    return next((field for field in fields if schema[constraint.named[field]].kind is Kind.IDENTIFIER), None)


_FITTING: Mapping[str, tuple[tuple[Kind, ...], str]] = {
    "order": ((*_NUMBERS, Kind.DATETIME), "numbers or datetimes"),
    "sum": (_NUMBERS, "numbers"),
    "range": (_NUMBERS, "numbers"),
    "grid": ((*_NUMBERS, Kind.DATETIME), "numbers or datetimes"),
    "pattern": (_TEXTS, "texts"),
}


def violations(constraint: Constraint, table: Table, real: Table | None = None) -> np.ndarray:
    """A mask of the rows of ``table`` that break the constraint, which must fit both tables.

    ``real`` is what a combination or a dependency is held against; without it the table is judged by itself.
    Of rows that contradict each other those break a dependency that do not have their group's commonest value,
    and of rows that repeat each other all but the first break uniqueness.  Unless said otherwise a row holds as
    far as its values are missing.
    """
    if not len(table):
        return np.zeros(0, bool)
    return _BROKEN[constraint.kind](constraint, table, real)


def _order(rule: Order, table: Table, _: Table | None) -> np.ndarray:
    """A missing value is skipped, so that those on both sides of it are still compared."""
    first, *others = (_values(table, name) for name in rule.columns)
    least, known = _ordered(first.values), first.known
    broken = np.zeros(len(table), bool)
    for values, here in others:
        whole, rest = _ordered(values)
        falls = rest <= least.rest if rule.strict else rest < least.rest
        broken |= ((whole < least.whole) | (whole == least.whole) & falls) & here & known
        least = _Ordered(np.where(here, whole, least.whole), np.where(here, rest, least.rest))
        known = known | here
    return broken


def _sum(rule: Sum, table: Table, _: Table | None) -> np.ndarray:
    columns = [_values(table, name) for name in (rule.total, *rule.parts)]
    known = np.logical_and.reduce([here for _, here in columns])
    floats = [np.where(known, values, 0).astype(np.float64) for values, _ in columns]
    with np.errstate(invalid="ignore"):
        off = np.abs(floats[0] - np.sum(floats[1:], axis=0))
    if all(values.dtype.kind == "i" for values, _ in columns):
        # Exact but for multiples of 2**64, which the floats would see.
        rest = np.where(known, columns[0].values - np.sum([values for values, _ in columns[1:]], axis=0), 0)
        return (off > 2**62) | (rest > rule.tolerance) | (rest < -rule.tolerance)
    rounding = _ROUNDING * np.sum(np.abs(floats), axis=0)
    return known & ~(np.isfinite(off) & (off <= rule.tolerance + rounding))


def _range(rule: Range, table: Table, _: Table | None) -> np.ndarray:
    values, known = _values(table, rule.column)
    below = False if rule.min is None else values < _bound(rule.min)
    above = False if rule.max is None else values > _bound(rule.max)
    return known & (below | above)


def _grid(rule: Grid, table: Table, _: Table | None) -> np.ndarray:
    values, known = _values(table, rule.column)
    step = rule.step * _MICROS if table.schema[rule.column].kind is Kind.DATETIME else rule.step
    if values.dtype.kind == "i" and (step >= 2**63 or step == int(step)):
        return known & ((values if step >= 2**63 else values % int(step)) != 0)
    with np.errstate(invalid="ignore", over="ignore"):
        ratio = np.where(known, values, 0).astype(np.float64) / step
        return np.abs(ratio - np.round(ratio)) > 1e-6 + _ROUNDING * np.abs(ratio)


def _pattern(rule: Pattern, table: Table, _: Table | None) -> np.ndarray:
    codes, texts = pd.factorize(table.frame[rule.column])
    expression = re.compile(rule.regex)
    fails = [expression.fullmatch(text) is None for text in texts]  # each distinct text once
    return np.array([*fails, False])[codes]  # the code of a missing one is -1


def _not_null(rule: NotNull, table: Table, _: Table | None) -> np.ndarray:
    return np.logical_or.reduce([table.frame[name].isna().to_numpy() for name in rule.columns])


def _unique(rule: Unique, table: Table, _: Table | None) -> np.ndarray:
    codes, known = combined([table], rule.columns)
    return pd.Series(codes).where(known, -1 - np.arange(len(codes))).duplicated().to_numpy()


def _combinations(rule: Combinations, table: Table, real: Table | None) -> np.ndarray:
    if real is None:
        return np.zeros(len(table), bool)
    codes, _ = combined([table, real], rule.columns)
    rows = len(table)
    return ~_marked(codes, slice(rows, None))[codes[:rows]]


def _determines(rule: Determines, table: Table, real: Table | None) -> np.ndarray:
    """Where real rows themselves contradict each other, each of their values is right."""
    tables, rows = [table] if real is None else [table, real], len(table)
    groups, _ = combined(tables, rule.columns)
    pairs, whole = combined(tables, [*rule.columns, rule.of])
    own = np.flatnonzero(whole[:rows])
    theirs = np.flatnonzero(whole[rows:]) + rows
    is_real = _marked(pairs, theirs)[pairs[own]]
    is_known = _marked(groups, theirs)[groups[own]]
    common = _commonest(groups[own], pairs[own])
    broken = np.zeros(rows, bool)
    broken[own] = np.where(is_known, ~is_real, pairs[own] != common)
    return broken


def _commonest(groups: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Of each row the commonest pair of its group; of equally common ones the first."""
    codes, distinct = pd.factorize(pairs)  # in order of appearance
    counts = np.bincount(codes, minlength=len(distinct))
    group_of = np.zeros(len(distinct), np.int64)
    group_of[codes] = groups
    order = np.lexsort((np.arange(len(distinct)), -counts, group_of))
    kept, first = np.unique(group_of[order], return_index=True)
    return np.asarray(distinct)[order[first]][np.searchsorted(kept, groups)]


def _marked(codes: np.ndarray, rows: np.ndarray | slice) -> np.ndarray:
    """For each code whether one of the rows has it."""
    out = np.zeros(int(codes.max(initial=-1)) + 1, bool)
    out[codes[rows]] = True
    return out


class _Known(NamedTuple):
    """Values of a column, and which of them are there; the others hold anything."""

    values: np.ndarray
    known: np.ndarray


def _values(table: Table, name: str) -> _Known:
    """Whole numbers as int64, datetimes as int64 microseconds, decimals as float64."""
    column = table.frame[name]
    known = column.notna().to_numpy()
    if table.schema[name].kind is Kind.DECIMAL:
        return _Known(column.to_numpy(dtype="float64", na_value=np.nan), known)
    if table.schema[name].kind is Kind.DATETIME:
        return _Known(column.to_numpy().astype("datetime64[us]").astype("int64"), known)
    return _Known(column.fillna(0).to_numpy(dtype="int64"), known)


class _Ordered(NamedTuple):
    """Numbers in two parts by which whole ones and decimals are compared exactly: first the whole, then the rest."""

    whole: np.ndarray  # int64
    rest: np.ndarray  # float64


def _ordered(values: np.ndarray) -> _Ordered:
    """Floats are cut towards zero, which loses no digit; the rest of those beyond all int64 is themselves."""
    if values.dtype.kind == "i":
        return _Ordered(values, np.zeros(len(values)))
    rest, whole = np.modf(values)
    below, above = whole < _INT64.min, whole >= 2.0**63
    beyond = below | above
    inside = np.where(beyond | np.isnan(whole), 0, whole).astype(np.int64)
    return _Ordered(np.where(below, _INT64.min, np.where(above, _INT64.max, inside)), np.where(beyond, values, rest))


def combined(tables: Sequence[Table], names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """A number for each combination of values, from 0; and which rows have all of them."""
    parts = [pd.concat([table.frame[name] for table in tables], ignore_index=True) for name in names]
    known = np.logical_and.reduce([part.notna().to_numpy() for part in parts])
    codes = pd.factorize(parts[0], use_na_sentinel=False)[0].astype(np.int64)
    for part in parts[1:]:
        more = pd.factorize(part, use_na_sentinel=False)[0]
        codes = pd.factorize(codes * (int(more.max(initial=0)) + 1) + more)[0].astype(np.int64)
    return codes, known


def _bound(number: float) -> float:
    """A whole bound as an int, so that whole numbers are compared with it exactly."""
    return int(number) if number == int(number) else number


_BROKEN: Mapping[str, Callable[[Any, Table, Table | None], np.ndarray]] = {
    "order": _order,
    "sum": _sum,
    "determines": _determines,
    "combinations": _combinations,
    "unique": _unique,
    "range": _range,
    "grid": _grid,
    "pattern": _pattern,
    "not_null": _not_null,
}
