"""Every kind of constraint: rows that break it are found, exactly they, and no others."""

import time
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter, ValidationError

from synth_pipeline.core.constraints import misfits, violations
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.constraints import Constraint

READ = TypeAdapter(Constraint)
LETTERS = {"i": Kind.INTEGER, "d": Kind.DECIMAL, "b": Kind.BOOLEAN, "c": Kind.CATEGORY, "t": Kind.DATETIME,
           "k": Kind.IDENTIFIER}  # fmt: skip
HUGE = 2**53  # from here on floats skip whole numbers
NO = None


def of(**fields: Any) -> dict[str, Any]:
    return fields


def rule(**fields: Any) -> Constraint:
    return READ.validate_python(fields)


def table(**columns: list[Any]) -> Table:
    """The first letter of a column's name says its kind."""
    schema = Schema(columns=tuple(Column(name=name, kind=LETTERS[name[0]], nullable=True) for name in columns))
    cast = {"i": "Int64", "d": "float64", "b": "boolean", "t": "datetime64[us]", "c": "str", "k": "str"}
    return Table.conform(
        pd.DataFrame({name: pd.Series(held, dtype=cast[name[0]]) for name, held in columns.items()}), schema
    )


def broken(constraint: Constraint, made: Table, real: Table | None = None) -> list[int]:
    mask = violations(constraint, made, real)
    assert (mask.dtype, len(mask)) == (np.dtype(bool), len(made))
    return np.flatnonzero(mask).tolist()


DAYS = ["2021-03-01", "2021-03-02", "1969-12-31", None]
LATER = ["2021-03-01", "2021-03-01", "1969-12-30 23:59:59.999999", "2021-01-01"]

# kind and fields, columns, rows that break it
ALONE = {
    "order": (of(columns=["i1", "i2"]), of(i1=[1, 2, 3, NO, 9], i2=[1, 1, 4, -9, NO]), [1]),
    "order, strict": (of(columns=["i1", "i2"], strict=True), of(i1=[1, 2, 3], i2=[1, 1, 4]), [0, 1]),
    "order of dates": (of(columns=["t1", "t2"]), of(t1=DAYS, t2=LATER), [1, 2]),
    "order of three": (
        of(columns=["d1", "d2", "d3"]), of(d1=[1, 5, 5, NO, 1], d2=[2, NO, NO, 3, 0], d3=[3, 4, 5, 2, 9]),
        [1, 3, 4],
    ),
    "order of huge numbers": (
        of(columns=["i1", "i2"]), of(i1=[HUGE + 1, 2**62 + 1, -(2**63)], i2=[HUGE, 2**62 + 1, 2**63 - 1]), [0],
    ),
    "order of numbers and decimals": (of(columns=["i1", "d2"]), of(i1=[1, 1, NO], d2=[1.5, 0.5, NO]), [1]),
    "sum": (
        of(total="d1", parts=["d2", "d3"]), of(d1=[0.3, 3, NO, 7, 7], d2=[0.1, 1, 1, NO, 4], d3=[0.2, 1, 1, 1, 3]),
        [1],
    ),
    "sum within tolerance": (
        of(total="d1", parts=["d2", "d3"], tolerance=0.01),
        of(d1=[0.31, 0.29, 0.32, 1e9 + 0.01], d2=[0.1, 0.1, 0.1, 1e9], d3=[0.2, 0.2, 0.2, 0]), [2],
    ),
    "sum of huge numbers": (
        of(total="i1", parts=["i2", "i3"]),
        of(i1=[HUGE + 1, HUGE, 0, 2**63 - 1], i2=[HUGE, HUGE, 2**63 - 1, 2**62], i3=[1, 1, -(2**63) + 1, 2**62 - 1]),
        [1],
    ),
    "sum that only wraps around": (
        of(total="i1", parts=["i2", "i3"]), of(i1=[-(2**63), 0], i2=[2**62, 2**62], i3=[2**62, -(2**62)]), [0],
    ),
    "sum of mixed numbers": (of(total="d1", parts=["i2", "d3"]), of(d1=[1.5, 2], i2=[1, 1], d3=[0.5, 0.5]), [1]),
    "sum of numbers with a decimal": (
        of(total="i1", parts=["i2", "d3"]), of(i1=[3, 3, NO], i2=[1, 1, 1], d3=[2, 2.5, 9]), [1],
    ),
    "sum beyond all bounds": (of(total="d1", parts=["d2", "d3"]), of(d1=[np.inf], d2=[1], d3=[1]), [0]),
    "determines": (
        of(columns=["c1"], of="c2"),
        of(c1=["a", "a", "a", "b", NO, NO, "c", "c"], c2=["x", "y", "y", "x", "x", "y", NO, "x"]), [0],
    ),
    "determines, equally common": (of(columns=["c1"], of="i2"), of(c1=["a", "a", "b"], i2=[2, 1, 1]), [1]),
    "combinations": (of(columns=["c1", "c2"]), of(c1=["a", "b"], c2=["x", "y"]), []),
    "unique": (of(columns=["k1"]), of(k1=["a", "b", "a", NO, NO, "a", "A"]), [2, 5]),
    "unique pairs": (of(columns=["c1", "i2"]), of(c1=["a", "a", "b", "a", "a", "a"], i2=[1, 2, 1, 1, NO, NO]), [3]),
    "unique huge numbers": (of(columns=["i1"]), of(i1=[HUGE, HUGE + 1, HUGE + 1, NO]), [2]),
    "range": (of(column="i1", min=0, max=120), of(i1=[-1, 0, 120, 121, NO]), [0, 3]),
    "range from": (of(column="d1", min=0.5), of(d1=[0.4999, 0.5, 1e300, NO]), [0]),
    "range to": (of(column="d1", max=-2), of(d1=[-3, -2, -1.5, np.inf]), [2, 3]),
    "range between whole numbers": (of(column="i1", min=0.5, max=2.5), of(i1=[0, 1, 2, 3]), [0, 3]),
    "range of huge numbers": (of(column="i1", max=HUGE + 1), of(i1=[HUGE, HUGE + 1, HUGE + 2]), [2]),
    "range beyond all numbers": (of(column="i1", min=-(10**30), max=10**30), of(i1=[-(2**63), 2**63 - 1]), []),
    "grid": (of(column="d1", step=0.05), of(d1=[0, 0.15, 1e6 + 0.05, 0.17, -0.05, NO, 0.0500001]), [3, 6]),
    "grid of whole numbers": (of(column="i1", step=5), of(i1=[0, 5, -5, 7, NO, HUGE * 5 + 1]), [3, 5]),
    "grid of halves": (of(column="d1", step=0.5), of(d1=[0.5, 0.25]), [1]),
    "grid of dates": (
        of(column="t1", step=86400), of(t1=["2021-03-01", "2021-03-01 00:00:01", "1960-01-01", NO]), [1],
    ),
    "grid of moments": (
        of(column="t1", step=0.5), of(t1=["2021-03-01 00:00:00.5", "2021-03-01 00:00:00.25"]), [1],
    ),
    "grid beyond all numbers": (of(column="i1", step=1e300), of(i1=[0, 1, NO]), [1]),
    "pattern": (
        of(column="c1", regex=r"[A-Z]{2}\d{4}"), of(c1=["AB1234", "ab1234", "AB12345", " AB1234", NO, "", "AB1234\n"]),
        [1, 2, 3, 5, 6],
    ),
    "pattern beyond ASCII": (
        of(column="k1", regex="[äöü]+🦊"), of(k1=["äö🦊", "a🦊", "ä🦊", "a\u0308🦊", NO]), [1, 3],
    ),
    "not null": (of(columns=["c1", "i2"]), of(c1=["a", NO, "", NO], i2=[1, 1, NO, NO]), [1, 2, 3]),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "columns", "expected"), ALONE.values(), ids=ALONE)
def test_a_table_by_itself(request, fields, columns, expected):
    kind = request.node.callspec.id.replace("not null", "not_null").partition(",")[0].partition(" ")[0]
    constraint = rule(kind=kind, **fields)
    made = table(**columns)
    assert broken(constraint, made) == expected
    assert not list(misfits(constraint, made.schema))
    without = made.take(np.setdiff1d(np.arange(len(made)), expected))
    assert broken(constraint, without) == []
    assert broken(constraint, made.take(np.arange(0))) == []


REAL = of(c1=["a", "a", "b", "ß", NO, "d"], c2=["x", "x", "y", "é", "x", NO], i3=[1, 1, 2, 3, 4, 5])

AGAINST = {
    "combinations": (
        of(columns=["c1", "c2"]), of(c1=["a", "a", "b", "ß", "new", NO, NO], c2=["x", "y", "x", "é", "x", "x", NO]),
        [1, 2, 4, 6],
    ),
    "combinations of three": (of(columns=["c1", "c2", "i3"]), of(c1=["a", "a"], c2=["x", "x"], i3=[1, 2]), [1]),
    "determines": (
        of(columns=["c1"], of="c2"),
        # Of what real rows have, of what they lack and agree on, of what they lack and contradict each other.
        of(c1=["a", "a", "b", "ß", "new", "new", "odd", "odd", "odd", NO, "a"],
             c2=["x", "y", "x", "é", "x", "x", "x", "y", "y", "z", NO]), [1, 2, 6],
    ),
    "determines what real rows leave open": (of(columns=["c1"], of="c2"), of(c1=["d", "d"], c2=["x", "x"]), []),
    "determines by two": (
        of(columns=["c1", "c2"], of="i3"), of(c1=["a", "a", "b"], c2=["x", "x", "x"], i3=[1, 3, 9]), [1],
    ),
    "unique": (of(columns=["c1"]), of(c1=["a", "b", "c"]), []),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "columns", "expected"), AGAINST.values(), ids=AGAINST)
def test_a_table_against_real_rows(request, fields, columns, expected):
    constraint = rule(kind=request.node.callspec.id.partition(" ")[0], **fields)
    real = table(**{name: held for name, held in REAL.items() if name in columns})
    assert broken(constraint, table(**columns), real) == expected
    assert broken(constraint, table(**{name: [] for name in columns}), real) == []
    if constraint.kind != "unique":
        assert broken(constraint, real, real) == []


EDGES = [-np.inf, -1e300, -(2.0**64), -(2.0**63), -1.5, -1.0, -1e-20, 0.0, 5e-324, 0.5, 1.0, float(HUGE),
         2.0**63 - 1024, 2.0**63, 2.0**63 + 2048, 1e19, 1e300, np.inf]  # fmt: skip
WHOLE = [-(2**63), 1 - 2**63, -2, -1, 0, 1, HUGE, HUGE + 1, 2**63 - 1025, 2**63 - 1024, 2**63 - 1]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("numbers", [(WHOLE, EDGES), (EDGES, WHOLE), (EDGES, EDGES), (WHOLE, WHOLE)])
def test_numbers_are_compared_to_their_last_digit(numbers, strict):
    """Each with each, as Python does, which compares whole numbers and decimals exactly."""
    pairs = list(product(*numbers))
    wrong = [place for place, (first, second) in enumerate(pairs) if second < first or (strict and second == first)]
    names = [f"{'i' if side is WHOLE else 'd'}{place}" for place, side in enumerate(numbers)]
    made = table(**{name: list(side) for name, side in zip(names, zip(*pairs, strict=True), strict=True)})
    assert broken(rule(kind="order", columns=names, strict=strict), made) == wrong


def test_a_column_after_a_gap_is_compared_with_the_last_known_number():
    made = table(i1=[HUGE + 1, HUGE], d2=[NO, NO], d3=[float(HUGE), float(HUGE)])
    assert broken(rule(kind="order", columns=["i1", "d2", "d3"]), made) == [0]


def test_without_real_rows_every_combination_is_new():
    made, nothing = table(c1=["a", "a", "a"], c2=["x", "y", "x"]), table(c1=[], c2=[])
    assert broken(rule(kind="combinations", columns=["c1", "c2"]), made, nothing) == [0, 1, 2]
    assert broken(rule(kind="determines", columns=["c1"], of="c2"), made, nothing) == [1]


def test_of_contradictory_real_rows_each_value_is_right():
    made, real = table(c1=["a", "a", "a"], c2=["x", "y", "z"]), table(c1=["a", "a"], c2=["x", "y"])
    assert broken(rule(kind="determines", columns=["c1"], of="c2"), made, real) == [2]


def test_whole_numbers_with_and_without_gaps_are_the_same_numbers():
    made, real = table(i1=[1, 2, NO], b2=[True, False, NO]), table(i1=[1, 2], b2=[True, True])
    assert made.frame["i1"].dtype != real.frame["i1"].dtype
    assert broken(rule(kind="combinations", columns=["i1", "b2"]), made, real) == [1, 2]


@pytest.mark.parametrize("count", [1, 37])
def test_planted_violations_are_counted_exactly_among_duplicates(count):
    stream = np.random.default_rng(count)
    zips, rows = stream.integers(0, 50, 4_000), stream.permutation(4_000)[:count]
    cities = zips // 5
    real = table(i1=zips, i2=cities)
    cities = cities.copy()
    cities[rows] += 1
    made = table(i1=zips, i2=cities)
    for fields in (of(kind="determines", columns=["i1"], of="i2"), of(kind="combinations", columns=["i1", "i2"])):
        assert broken(rule(**fields), made, real) == sorted(rows)
    assert len(broken(rule(kind="determines", columns=["i1"], of="i2"), made)) == count


def test_many_rows_are_quick():
    stream, rows = np.random.default_rng(0), 200_000
    zips = stream.integers(0, 20_000, rows)
    made = table(i1=zips, i2=zips // 7, c3=[f"AB{one}" for one in zips])
    rules = [
        of(kind="determines", columns=["c3"], of="i2"), of(kind="combinations", columns=["c3", "i2"]),
        of(kind="pattern", column="c3", regex=r"AB\d+"), of(kind="order", columns=["i2", "i1"]),
    ]  # fmt: skip
    start = time.perf_counter()
    assert [broken(rule(**fields), made, made) for fields in rules] == [[], [], [], []]
    assert time.perf_counter() - start < 4  # 0.2 s on two idle cores


UNFIT = {
    "order of categories": (of(kind="order", columns=["i1", "c2"]), "columns[1]", "of type category"),
    "order of dates and numbers": (of(kind="order", columns=["i1", "t3"]), "columns", "cannot be compared"),
    "sum of words": (of(kind="sum", total="c2", parts=["i1", "d4"]), "total", "is about numbers"),
    "sum of dates": (of(kind="sum", total="i1", parts=["d4", "t3"]), "parts[1]", "of type datetime"),
    "range of words": (of(kind="range", column="c2", min=0), "column", "is about numbers"),
    "grid of booleans": (of(kind="grid", column="b5", step=1), "column", "of type boolean"),
    "pattern of numbers": (of(kind="pattern", column="i1", regex="1"), "column", "is about texts"),
}


@pytest.mark.parametrize(("fields", "field", "problem"), UNFIT.values(), ids=UNFIT)
def test_columns_that_a_constraint_is_not_about(fields, field, problem):
    schema = table(i1=[], c2=[], t3=[], d4=[], b5=[]).schema
    [found] = misfits(rule(**fields), schema)
    assert found.field == field
    assert problem in found.problem


TITLES = [
    (of(kind="order", columns=["start", "end"]), "start ≤ end"),
    (of(kind="order", columns=["start", "end"], strict=True), "start < end"),
    (of(kind="sum", total="all", parts=["a", "b"], tolerance=0.01), "all = a + b ± 0.01"),
    (of(kind="determines", columns=["zip", "country"], of="city"), "zip, country → city"),
    (of(kind="combinations", columns=["country", "currency"]), "country × currency as in real rows"),
    (of(kind="unique", columns=["a", "b"]), "a, b unique"),
    (of(kind="range", column="age", min=0, max=120), "0 ≤ age ≤ 120"),
    (of(kind="range", column="age", min=2**60 + 1), f"{2**60 + 1} ≤ age"),
    (of(kind="grid", column="price", step=0.05), "price in steps of 0.05"),
    (of(kind="pattern", column="code", regex=r"\d"), r"code like \d"),
    (of(kind="not_null", columns=["a", "b"]), "a, b not missing"),
]


@pytest.mark.parametrize(("fields", "title"), TITLES)
def test_a_title_reads_as_people_write_it(fields, title):
    constraint = rule(**fields)
    assert constraint.title == title
    assert set(constraint.names) <= set(str(fields).replace("'", " ").split())


def test_a_whole_bound_keeps_its_digits_in_a_declaration_and_in_json():
    constraint = rule(kind="range", column="i1", min=2**60 + 1)
    assert constraint.model_dump()["min"] == 2**60 + 1
    for bad in ("x", float("nan"), float("inf")):
        with pytest.raises(ValidationError):
            rule(kind="range", column="i1", min=bad)
