"""Declared tables made from scratch, those first that others refer to."""

from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.rules.correlations import check
from synth_pipeline.generators.rules.drawing import draw_columns, in_order
from synth_pipeline.spec.rules import ForeignKeyRule, Numbers, Tables


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Tables by name, in the order of their declaration; ``edge_cases`` names each cell that was made odd on purpose,
    with ``table``, ``column``, ``row`` (from 0) and ``case``.
    """

    tables: dict[str, pd.DataFrame]
    edge_cases: pd.DataFrame


def made(declared: Tables, seed: Seed, rows: int | None = None) -> Made:
    """All tables, each of ``rows`` rows where that is given.  Raises SynthError as ``check_tables`` does."""
    order = check_tables(declared)
    frames: dict[str, pd.DataFrame] = {}
    cases: dict[str, pd.DataFrame] = {}
    for name in order:
        table = declared.tables[name]
        used = {rule.references for rule in table.columns.values() if isinstance(rule, ForeignKeyRule)}
        others = {reference: frames[table][column] for reference in sorted(used)
                  for table, column in [split(reference)] if table in frames}  # fmt: skip
        size = table.rows if rows is None else rows
        columns, odd = draw_columns(table.columns, table.correlations, size, seed.child(name),
                                    called=_called(name), table=name, others=others)  # fmt: skip
        frames[name], cases[name] = pd.DataFrame(columns), odd
    injected = [cases[name].assign(table=name)[["table", "column", "row", "case"]] for name in declared.tables]
    return Made({name: frames[name] for name in declared.tables}, pd.concat(injected, ignore_index=True))


def check_tables(declared: Tables) -> list[str]:
    """The tables in an order in which they can be made.

    Raises SynthError naming table, column and fix: references to what does not exist, loops of tables or of
    columns, and correlations that cannot be.
    """
    for name, column, rule in _references(declared):
        table, other = split(rule.references)
        where = f"{_called(name)}, column {column!r}, references"
        if table not in declared.tables:
            raise SynthError(f"{where}: there is no table {table!r}.", f"name one of {', '.join(declared.tables)}.")
        if other not in declared.tables[table].columns:
            known = ", ".join(declared.tables[table].columns)
            raise SynthError(f"{where}: table {table!r} has no column {other!r}.", f"name one of {known}.")
    for name, table in declared.tables.items():
        in_order(table.columns, _called(name), name)
        numeric = [column for column, rule in table.columns.items() if isinstance(rule, Numbers)]
        check(table.correlations, numeric, _called(name))
    before: dict[str, set[str]] = {name: set() for name in declared.tables}
    for name, _, rule in _references(declared):
        before[name] |= {split(rule.references)[0]} - {name}
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        loop = " refers to ".join(map(repr, reversed(error.args[1])))
        raise SynthError(f"The tables refer to each other in a loop: {loop}.",
                         "give one of the columns on the way another rule than foreign_key.") from None  # fmt: skip


def split(reference: str) -> tuple[str, str]:
    """Table and column."""
    table, _, column = reference.partition(".")
    return table, column


def _references(declared: Tables) -> Iterator[tuple[str, str, ForeignKeyRule]]:
    for name, table in declared.tables.items():
        for column, rule in table.columns.items():
            if isinstance(rule, ForeignKeyRule):
                yield name, column, rule


def _called(name: str) -> str:
    return f"Table {name!r}"
