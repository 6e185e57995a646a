"""What drawing is made of, where a whole drawer would hide it: settling, hashes, exchanges."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.constraints import violations
from synth_pipeline.core.table import Table
from synth_pipeline.drawing.cells import Goal
from synth_pipeline.drawing.derived import on_step
from synth_pipeline.drawing.pool import Pool
from synth_pipeline.drawing.seen import Seen
from synth_pipeline.drawing.settled import Settled
from synth_pipeline.spec.columns import Column, Kind, Schema
from tests.drawing.conftest import read_rules

KINDS = {"i": Kind.INTEGER, "d": Kind.DECIMAL, "t": Kind.DATETIME, "c": Kind.CATEGORY, "b": Kind.BOOLEAN}


def table(**columns: list) -> Table:
    """The first letter of a column's name says its kind."""
    schema = Schema(columns=tuple(Column(name=name, kind=KINDS[name[0]], nullable=True) for name in columns))
    dtypes = {"i": "Int64", "d": "float64", "t": "datetime64[us]", "c": "str", "b": "boolean"}
    frame = pd.DataFrame({name: pd.Series(held, dtype=dtypes[name[0]]) for name, held in columns.items()})
    return Table.conform(frame, schema)


SETTLED = {
    "range": ([{"kind": "range", "column": "i1", "min": 0, "max": 9}], {"i1": [-3, 4, None, 12]}, [0, 4, None, 9]),
    "range of halves": ([{"kind": "range", "column": "i1", "min": 0.5, "max": 2.5}], {"i1": [0, 2, 9]}, [1, 2, 2]),
    "grid": ([{"kind": "grid", "column": "d1", "step": 0.05}], {"d1": [0.17, None, 0.3000001]}, [0.15, None, 0.3]),
    "grid of fives": ([{"kind": "grid", "column": "i1", "step": 5}], {"i1": [7, 8, -1]}, [5, 10, 0]),
    "grid within a range": (
        [{"kind": "grid", "column": "d1", "step": 0.25}, {"kind": "range", "column": "d1", "min": 0.1, "max": 0.9}],
        {"d1": [0.0, 0.6, 1.0]}, [0.25, 0.5, 0.75],
    ),
    "days": (
        [{"kind": "grid", "column": "t1", "step": 86400}], {"t1": ["2021-03-01 05:00", None, "1960-01-01 20:00"]},
        ["2021-03-01", None, "1960-01-02"],
    ),
    "order": (
        [{"kind": "order", "columns": ["i1", "i2", "i3"]}], {"i1": [3, 1, 9], "i2": [2, None, None], "i3": [1, 2, 4]},
        [1, 1, 4],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rules", "columns", "expected"), SETTLED.values(), ids=SETTLED)
def test_numbers_are_put_where_rules_allow_them(rules, columns, expected):
    made, constraints = table(**columns), read_rules(rules)
    settled = Table.conform(Settled.make(made.schema, constraints, set(columns)).settle(made), made.schema)
    first = next(iter(columns))
    assert settled.frame[first].astype("object").where(settled.frame[first].notna(), None).tolist() == [
        pd.Timestamp(one) if isinstance(one, str) else one for one in expected
    ]
    assert not any(violations(one, settled).any() for one in constraints)
    assert (settled.frame.isna() == made.frame.isna()).all(axis=None), "gaps stay where they are"


def test_columns_that_others_depend_on_are_left_alone():
    made = table(i1=[-3], i2=[4])
    rules = read_rules([{"kind": "range", "column": "i1", "min": 0}, {"kind": "order", "columns": ["i2", "i1"]}])
    assert Settled.make(made.schema, rules, {"i2"}).settle(made).equals(made.frame)


def test_a_step_has_no_more_digits_than_it_is_written_with():
    assert on_step(np.array([0.1 + 0.2, 1.149999]), 0.05).tolist() == [0.3, 1.15]
    assert on_step(np.array([1e6 + 0.3]), 0.1).tolist() == [1000000.3]
    assert on_step(np.array([7.0]), 5).tolist() == [5.0]


@pytest.mark.parametrize("columns", [
    {"i1": [5, None], "c1": ["a", "b"]}, {"b1": [True, None]}, {"d1": [0.0, None]}, {"t1": ["2021-01-01", None]},
])  # fmt: skip
def test_a_repeat_is_seen_whether_or_not_its_table_has_gaps(columns):
    """The types of a column with gaps are others, and so would be the hashes."""
    [rule] = read_rules([{"kind": "unique", "columns": list(columns)}])
    gaps, whole = table(**columns), table(**{name: held[:1] for name, held in columns.items()})
    seen = Seen(rule)
    seen.add(gaps)
    assert seen.repeated(whole).tolist() == [True]
    assert seen.repeated(gaps).tolist() == [True, False], "a row with a gap repeats none"


def test_hashes_are_found_in_every_run():
    [rule] = read_rules([{"kind": "unique", "columns": ["i1"]}])
    seen = Seen(rule)
    for start in range(0, 1_000, 37):
        seen.add(table(i1=list(range(start, start + 37))))
    assert seen.repeated(table(i1=list(range(1_000)))).all()
    assert not seen.repeated(table(i1=[5_000, -1])).any()
    assert seen.repeated(table(i1=[5_000, 5_000])).tolist() == [False, True]


def filled(least: list[int], *rounds: list[list[int]]) -> tuple[Pool, list[int]]:
    """A pool for two rows of one cell, and the numbers of the rows that it keeps of rows with these marks."""
    pool = Pool.of(Goal(2, np.array([2]), np.array(least)))
    number = 0
    for marks in rounds:
        rows = table(i1=list(range(number, number + len(marks))))
        pool.add(rows, np.zeros(len(marks), int), np.array(marks, bool).reshape(-1, len(least)))
        number += len(marks)
    return pool, pool.rows(None).frame["i1"].tolist()


EXCHANGED = {
    "nothing is wanted": ([0], [[[0], [0], [1]]], [0, 1]),
    "the last one leaves": ([1], [[[0], [0], [1]]], [1, 2]),
    "it came later": ([1], [[[0], [0]], [[0], [1]]], [1, 3]),
    "what is needed stays": ([2, 1], [[[1, 0], [1, 0], [0, 1]]], [0, 1]),
    "what is needed leaves for what counts as well": ([2, 1], [[[1, 0], [1, 0], [0, 1]], [[1, 1]]], [1, 3]),
    "what counts twice is taken first": ([1, 1], [[[0, 0], [0, 0], [1, 0], [1, 1]]], [1, 3]),
    "what is not needed leaves": ([1, 1], [[[1, 0], [1, 0], [0, 1]]], [1, 2]),
}


@pytest.mark.parametrize(("least", "rounds", "kept"), EXCHANGED.values(), ids=EXCHANGED)
def test_rows_are_exchanged_for_least_counts_and_no_other_is_broken(least, rounds, kept):
    pool, rows = filled(least, *rounds)
    assert rows == kept
    assert len(rows) == 2
    marks = np.array([mark for one in rounds for mark in one])[kept].sum(0)
    assert pool.short.tolist() == [0, *np.maximum(np.array(least) - marks, 0)]
