"""Constraints hold on every row that is drawn, whatever the table and whichever rules are declared."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_pipeline.core.constraints import violations
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema
from tests.drawing.conftest import RULES, orders, read_rules
from tests.every_generator import KINDS

SEED = Seed(2)


def broken(constraints: Any, made: Table, real: Table | None = None) -> dict[str, int]:
    counts = {rule.title: int(violations(rule, made, real).sum()) for rule in constraints}
    return {title: count for title, count in counts.items() if count}


@pytest.mark.parametrize("kind", KINDS)
def test_every_generator_keeps_all_rules_at_once(fitted, shop, rules, kind):
    made = fitted(shop, rules, kind).sample(3_000, SEED)
    assert (len(made), made.schema) == (3_000, shop.schema)
    assert broken(rules, made, shop) == {}
    assert made.frame.isna().any().tolist() == shop.frame.isna().any().tolist(), "gaps stay gaps"


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(RULES), min_size=1, max_size=6, unique_by=str), st.integers(0, 10**6))
def test_any_rules_in_any_order_hold_on_any_table(fitted, chosen, seed):
    table = orders(150, seed)
    constraints = read_rules(chosen)
    made = fitted(table, constraints).sample(200, Seed(seed))
    assert len(made) == 200
    assert broken(constraints, made, table) == {}


def small(seed: int) -> Table:
    """A table of few values with gaps, which may break any rule."""
    stream = np.random.default_rng(seed)
    rows, most = int(stream.integers(20, 60)), int(stream.integers(2, 6))
    frame = pd.DataFrame({name: pd.Series(stream.integers(0, most, rows)) for name in "abc"})
    frame["b"] += frame["a"] * int(stream.integers(0, 2))
    frame["c"] = np.where(stream.random() < 0.5, frame["a"] + frame["b"], frame["c"])
    frame["x"] = [f"x{code}" for code in frame["a"] % int(stream.integers(1, 4))]
    frame["y"] = [f"y{code}" for code in stream.integers(0, most, rows)]
    frame = frame.astype({"a": "Int64", "b": "Int64", "c": "float64"}).mask(
        stream.random((rows, 5)) < stream.choice([0, 0.1])
    )
    kinds = {"a": Kind.INTEGER, "b": Kind.INTEGER, "c": Kind.DECIMAL, "x": Kind.CATEGORY, "y": Kind.CATEGORY}
    columns = tuple(Column(name=name, kind=kind, nullable=True) for name, kind in kinds.items())
    return Table.conform(frame, Schema(columns=columns))


SMALL = [
    {"kind": "order", "columns": ["a", "b"]}, {"kind": "order", "columns": ["a", "b", "c"], "strict": True},
    {"kind": "sum", "total": "c", "parts": ["a", "b"]},
    {"kind": "sum", "total": "b", "parts": ["a", "c"], "tolerance": 3},
    {"kind": "determines", "columns": ["a"], "of": "x"}, {"kind": "determines", "columns": ["x", "y"], "of": "a"},
    {"kind": "determines", "columns": ["c"], "of": "a"}, {"kind": "combinations", "columns": ["x", "y"]},
    {"kind": "combinations", "columns": ["a", "b", "x"]}, {"kind": "unique", "columns": ["a", "b", "c", "x", "y"]},
    {"kind": "range", "column": "c", "min": 0.5}, {"kind": "range", "column": "a", "max": 3},
    {"kind": "grid", "column": "b", "step": 2}, {"kind": "pattern", "column": "y", "regex": "y[0-3]"},
    {"kind": "not_null", "columns": ["a", "x"]},
]  # fmt: skip


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.lists(st.sampled_from(SMALL), min_size=1, max_size=4, unique_by=str), st.integers(0, 10**6))
def test_rules_hold_or_the_table_is_refused_because_it_breaks_them(fitted, chosen, seed):
    table, constraints = small(seed), read_rules(chosen)
    if wrong := broken(constraints, table):
        with pytest.raises(SynthError, match="train rows break it themselves") as refusal:
            fitted(table, constraints)
        assert any(f"{count:,} of {len(table)}" in refusal.value.problem for count in wrong.values())
        return
    drawer = fitted(table, constraints)
    try:
        made = drawer.sample(40, Seed(seed))
    except SynthError as error:
        refused = error.problem
    else:
        refused = ""
        assert len(made) == 40
        assert broken(constraints, made, table) == {}
    assert not refused or any(f"'{rule.title}' by" in refused for rule in constraints)


def test_what_follows_from_other_columns_is_not_learned(fitted, shop, rules):
    drawer = fitted(shop, rules)
    learned = drawer.rules.plan.learned(shop).schema.names
    assert learned == ["id", "net", "tax", "adults", "children", "people", "ordered", "shipped", "city",
                       "country × currency", "price", "paid"]  # fmt: skip


def test_most_rows_are_kept_where_columns_are_computed(fitted, shop):
    """A learned total would be right in one row of hundreds."""
    assert fitted(shop, RULES[:2]).accepted == 1


@pytest.mark.parametrize(
    "total", [{"total": "gross", "parts": ["net", "tax"]}, {"total": "net", "parts": ["gross", "tax"]}]
)
def test_a_sum_of_cents_has_no_more_digits_than_cents(fitted, shop, total):
    table = shop if total["total"] == "gross" else swapped(shop)
    made = fitted(table, [{"kind": "sum", **total}]).sample(2_000, SEED)
    values = made.frame[total["total"]].dropna()
    assert (values == values.round(2)).all()


def swapped(table: Table) -> Table:
    """With the names of net and gross exchanged."""
    return Table(table.frame.rename(columns={"net": "gross", "gross": "net"})[table.schema.names], table.schema)


def test_two_totals_of_the_same_column_leave_a_part_to_be_computed(fitted):
    stream = np.random.default_rng(3)
    a, b = stream.integers(0, 500, (2, 400))
    frame = pd.DataFrame({"a": a, "b": b, "whole": a + b, "c": (a + b) // 3, "d": (a + b) - (a + b) // 3})
    columns = tuple(Column(name=name, kind=Kind.INTEGER, grid=1.0) for name in frame)
    table = Table.conform(frame, Schema(columns=columns))
    rules = [{"kind": "sum", "total": "whole", "parts": parts} for parts in (["a", "b"], ["c", "d"])]
    made = fitted(table, rules).sample(1_000, SEED)
    assert broken(read_rules(rules), made, table) == {}
    assert made.frame["d"].min() >= frame["d"].min(), "what is left is not below what real rows have"


def test_a_number_between_two_that_determine_the_same_value_determines_it_too(fitted, shop):
    rules = [{"kind": "determines", "columns": ["net"], "of": "band"}]
    banded = shop.frame.assign(band=np.where(shop.frame["net"] < 20, "low", "high"))
    table = Table(banded.assign(band=pd.Series(banded["band"]).mask(banded["net"].isna()).astype("str")), shop.schema)
    made = fitted(table, rules).sample(2_000, SEED)
    known = made.frame.dropna(subset=["net"])
    assert (~known["net"].isin(table.frame["net"])).any(), "new amounts are drawn"
    assert ((known["net"] < 20) == (known["band"] == "low")).all()


@pytest.mark.parametrize(("low", "repaired"), [(0, False), (900, True)])
def test_an_order_is_kept_by_rejection_unless_too_few_rows_keep_it(fitted, low, repaired):
    stream = np.random.default_rng(4)
    first = stream.integers(0, 1_000, 500)
    last = np.maximum(first, low + stream.integers(0, 1_000 - low, 500) if repaired else first + 0)
    last = first + stream.integers(0, 5, 500) if repaired else last
    frame = pd.DataFrame({"first": first, "middle": first + (last - first) // 2, "last": last})
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.INTEGER, grid=1.0) for name in frame))
    rules = [{"kind": "order", "columns": ["first", "middle", "last"]}] if repaired else [
        {"kind": "order", "columns": ["first", "last"]}]  # fmt: skip
    drawer = fitted(Table.conform(frame, schema), rules)
    assert bool(drawer.rules.plan.settled.orders) is repaired
    assert broken(read_rules(rules), drawer.sample(1_000, SEED), Table.conform(frame, schema)) == {}


IMPOSSIBLE = {
    "few values": ({"kind": "unique", "columns": ["city"]}, 12, "city unique"),
    "few pairs": ({"kind": "unique", "columns": ["city", "paid"]}, 24, "city, paid unique"),
}


@pytest.mark.parametrize(("rule", "rows", "title"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_what_cannot_be_met_is_refused_with_counts(fitted, rule, rows, title):
    table = orders(12, 5)
    frame = table.frame.assign(city=[f"city {place}" for place in range(12)])
    drawer = fitted(Table(frame, table.schema), [rule])
    assert len(drawer.sample(12, SEED)) == 12
    with pytest.raises(SynthError, match=rf"only \d+ keep the constraints.*{rows + 1:,} are wanted.*'{title}' by"):
        drawer.sample(rows + 1, SEED)


def test_a_rule_that_no_drawn_row_keeps_is_named(fitted):
    """Three independent columns of which the first two give the third: no new pair has a known value."""
    stream = np.random.default_rng(6)
    frame = pd.DataFrame({"a": stream.normal(size=400), "b": stream.normal(size=400)})
    frame["c"] = frame["a"] * frame["b"]
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in "abc"))
    drawer = fitted(Table.conform(frame, schema), [{"kind": "determines", "columns": ["a", "b"], "of": "c"}])
    with pytest.raises(SynthError, match="only 0 keep the constraints") as refusal:
        drawer.sample(100, SEED)
    assert "a, b → c" in refusal.value.problem


WRONG = {
    "no such column": ({"kind": "range", "column": "nett", "min": 0}, "no column 'nett'"),
    "of another kind": ({"kind": "sum", "total": "city", "parts": ["net", "tax"]}, "'city' is of type category"),
    "a made-up column": ({"kind": "pattern", "column": "id", "regex": ".*"}, "'id' is an identifier"),
    "broken by train": ({"kind": "range", "column": "adults", "max": 2}, r"break it themselves, \d+ of 500"),
}


@pytest.mark.parametrize(("rule", "words"), WRONG.values(), ids=WRONG)
def test_a_rule_that_does_not_fit_the_table_is_refused(fitted, shop, rule, words):
    with pytest.raises(SynthError, match=words):
        fitted(shop, [rule])
