"""Conditions are met to the row, or what is short of them is said; nothing is drawn for what no row could be."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from synth_pipeline.core.constraints import violations
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import drawer as drawing
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from tests.drawing.conftest import orders
from tests.every_generator import KINDS

SEED = Seed(3)


@pytest.fixture(scope="module")
def drawer(fitted, shop, rules):
    return fitted(shop, rules)


def where(**conditions: Any) -> Conditions:
    return Conditions.model_validate(conditions)


@pytest.mark.parametrize("kind", KINDS)
def test_every_generator_meets_all_conditions_at_once(fitted, shop, rules, kind):
    wanted = where(
        fixed={"country": "country 1"}, within={"adults": {"min": 2}},
        balance=[{"columns": ["band"]}, {"columns": ["paid"], "shares": {True: 0.25}}],
        at_least=[{"rows": 90, "fixed": {"city": "city 5"}}],
    )  # fmt: skip
    made = fitted(shop, rules, kind).sample(200, SEED, wanted)
    assert set(made.frame["country"]) == {"country 1"}
    assert made.frame["adults"].min() >= 2
    assert made.frame.groupby(["band", "paid"]).size().to_dict() == {
        ("cheap", False): 75, ("cheap", True): 25, ("dear", False): 75, ("dear", True): 25,
    }  # fmt: skip
    assert (made.frame["city"] == "city 5").sum() >= 90
    assert not any(violations(rule, made, shop).any() for rule in rules)


@pytest.mark.parametrize(("text", "column"), [(30.0, "children"), ("2021-03-05", "ordered"), ("TRUE", "paid")])
def test_a_value_means_what_its_column_means(fitted, shop, text, column):
    often = shop.frame.assign(
        children=pd.Series([30, 1] * 250, dtype="int64"), ordered=pd.to_datetime(["2021-03-05", "2021-03-06"] * 250)
    )
    drawer = fitted(Table.conform(often, shop.schema))
    made = drawer.sample(50, SEED, where(fixed={column: text}))
    expected = {"children": 30, "ordered": pd.Timestamp("2021-03-05"), "paid": True}[column]
    assert (made.frame[column] == expected).all()


def test_bounds_hold_their_ends_and_no_missing_value(drawer):
    made = drawer.sample(300, SEED, where(within={"children": {"min": 1, "max": 2}, "ordered": {"min": "2021-06-01"}}))
    assert set(made.frame["children"]) == {1, 2}
    assert made.frame["ordered"].min() >= pd.Timestamp("2021-06-01")


def test_equal_shares_of_each_city_by_being_paid(fitted, shop):
    made = fitted(shop).sample(240, SEED, where(balance=[{"columns": ["city", "band"]}]))
    counts = made.frame.groupby(["city", "band"]).size()
    assert (len(counts), set(counts)) == (24, {10})


def test_a_share_leaves_the_others_as_they_come(fitted, shop):
    """The rest keeps its distribution: of 9,000 rows a share is off by .02 once in ten thousand times."""
    made = fitted(shop).sample(10_000, SEED, where(balance=[{"columns": ["city"], "shares": {"city 3": 0.1}}]))
    shares = made.frame["city"].value_counts()
    assert shares["city 3"] == 1_000
    real = shop.frame.loc[shop.frame["city"] != "city 3", "city"].value_counts(normalize=True)
    assert (shares.drop("city 3") / 9_000 - real).abs().max() < 0.02


def test_least_counts_are_topped_up_and_no_more(fitted, shop):
    drawer = fitted(shop)
    free = int(drawer.sample(1_000, SEED).frame["paid"].sum())
    assert free < 60
    made = drawer.sample(1_000, SEED, where(at_least=[{"rows": 60, "fixed": {"paid": True}}]))
    assert made.frame["paid"].sum() == 60
    assert len(made) == 1_000
    enough = drawer.sample(1_000, SEED, where(at_least=[{"rows": free, "fixed": {"paid": True}}]))
    assert enough.frame["paid"].sum() == free


def test_least_counts_that_overlap_or_fill_the_table_are_met(fitted, shop):
    wanted = where(at_least=[{"rows": 60, "fixed": {"paid": True}}, {"rows": 40, "fixed": {"city": "city 1"}},
                             {"rows": 30, "fixed": {"city": "city 1", "paid": True}}])  # fmt: skip
    made = fitted(shop).sample(75, SEED, wanted).frame
    paid, city = made["paid"], made["city"] == "city 1"
    assert paid.sum() >= 60
    assert city.sum() >= 40
    assert (paid & city).sum() >= 30
    assert len(made) == 75


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data(), st.integers(0, 10**6))
def test_any_conditions_on_any_table_are_met_to_the_row(fitted, data, seed):
    table = orders(200, seed)
    rows = data.draw(st.integers(1, 150))
    columns = data.draw(st.lists(st.sampled_from(["country", "band", "paid", "adults"]), max_size=2, unique=True))
    rare = data.draw(st.integers(0, rows))
    free = "country" not in columns  # of what decides the country
    wanted = where(
        balance=[{"columns": [name]} for name in columns],
        at_least=[{"rows": rare, "fixed": {"city": "city 2"}}] if rare and free else [],
        fixed=data.draw(st.sampled_from([{}, {"currency": "currency 1"}])) if free else {},
    )
    made = fitted(table).sample(rows, Seed(seed), wanted)
    assert len(made) == rows
    levels = [sorted(table.frame[name].unique()) for name in columns if table.frame[name].value_counts().min() >= 5]
    if columns and len(levels) == len(columns):
        counts = made.frame.groupby(columns).size().reindex(pd.MultiIndex.from_product(levels).map(
            lambda key: key if len(columns) > 1 else key[0]), fill_value=0)  # fmt: skip
        assert counts.max() - counts.min() <= 1
    if wanted.at_least:
        assert (made.frame["city"] == "city 2").sum() >= rare
    assert set(made.frame["currency"]) == {"currency 1"} or not wanted.fixed


def test_shards_together_hold_what_is_asked_for(fitted, shop, monkeypatch):
    monkeypatch.setattr(drawing, "SHARD", 70)
    wanted = where(balance=[{"columns": ["band"]}], at_least=[{"rows": 31, "fixed": {"paid": True}}])
    shards = [shard.table for shard in fitted(shop).shards(300, SEED, wanted)]
    assert [len(one) for one in shards] == [70, 70, 70, 70, 20]
    made = pd.concat([one.frame for one in shards])
    assert set(made["band"].value_counts()) == {150}
    assert made["paid"].sum() >= 31
    assert all(0 < (one.frame["band"] == "dear").mean() < 1 for one in shards), "each shard has its part"


def test_rows_of_a_balance_come_in_no_order(fitted, shop):
    made = fitted(shop).sample(1_000, SEED, where(balance=[{"columns": ["paid"]}]))
    assert 0.4 < made.frame["paid"][:500].mean() < 0.6


def test_a_shortfall_is_an_error_with_counts_or_is_returned_with_them(fitted):
    """Of 3,000 independent rows, 5 have the city and 5 are paid: both at once come once in 360,000 draws."""
    table = orders(3_000, 7)
    place = np.arange(3_000)
    frame = table.frame.assign(city=np.where(place < 5, "city 1", "city 2"), paid=place >= 2_995)
    drawer = fitted(Table(frame, table.schema))
    wanted = where(fixed={"city": "city 1"}, balance=[{"columns": ["paid"]}])
    with pytest.raises(SynthError, match=r"city = city 1, paid = true: \d+ of 100") as refusal:
        drawer.sample(200, SEED, wanted)
    assert "200 draws for each row" in refusal.value.problem
    made = drawer.attempt(200, SEED, wanted)
    assert {short.wanted for short in made.short} == {100}
    assert len(made.table) == 200 - sum(short.wanted - short.got for short in made.short)
    assert (made.table.frame["city"] == "city 1").all()


def test_a_shortfall_of_several_shards_is_counted_over_all_of_them(fitted, shop, monkeypatch):
    """A city lies in one country, and cannot be shared out among four."""
    monkeypatch.setattr(drawing, "SHARD", 40)
    wanted = where(balance=[{"columns": ["paid"]}], within={"adults": {"min": 2}})
    drawer = fitted(shop, [{"kind": "determines", "columns": ["city"], "of": "country"}])
    none = where(fixed={"city": "city 1"}, balance=[{"columns": ["country"]}])
    made = drawer.attempt(100, SEED, none)
    assert [(short.title, short.wanted, short.got) for short in made.short] == [
        (f"city = city 1, country = country {place}", 25, 0) for place in (0, 2, 3)
    ]
    assert len(made.table) == 25
    assert drawer.attempt(100, SEED, wanted).short == ()


UNMET = {
    "column": ({"fixed": {"citi": "city 1"}}, "'citi', and there is no such column", "name one of net, tax"),
    "identifier": ({"fixed": {"id": "synthetic-1"}}, "'id', which is of type identifier", "leave it out"),
    "level": ({"fixed": {"city": "Rome"}}, "city = Rome, which fewer than 5 train rows have", "one of city"),
    "level of a balance": ({"balance": [{"columns": ["band"], "shares": {"free": 0.5}}]}, "band = free", "cheap"),
    "level of a least count": ({"at_least": [{"rows": 1, "fixed": {"city": "Rome"}}]}, "city = Rome", "one of"),
    "number": ({"fixed": {"adults": "two"}}, "type integer, the value 'two'", "as a number"),
    "date": ({"within": {"ordered": {"min": "soon"}}}, "type datetime, the value 'soon'", "2024-12-31"),
    "number nobody has": ({"fixed": {"adults": 7}}, "adults = 7, which fewer", "bounds under 'within'"),
    "bounds of words": ({"within": {"city": {"min": 1}}}, "bounds of 'city', which is of type category", "'fixed'"),
    "bounds beyond all": ({"within": {"adults": {"min": 70}}}, "adults from 70, where no train row is", "bounds"),
    "bounds crossed": ({"within": {"adults": {"min": 3, "max": 1}}}, "min is above max", "exchange"),
    "more than all": (
        {"at_least": [{"rows": 60, "fixed": {"paid": True}}]}, "at least 60 rows of paid = true, and 50", "more",
    ),
    "too many cells": ({"balance": [{"columns": ["net", "city", "price", "adults", "country", "currency", "band",
                                                 "children", "people"]}]}, "combinations", "few values"),
}  # fmt: skip


@pytest.mark.parametrize(("conditions", "problem", "fix"), UNMET.values(), ids=UNMET)
def test_what_no_row_could_be_is_said_before_anything_is_drawn(fitted, shop, conditions, problem, fix, monkeypatch):
    drawer = fitted(shop)
    monkeypatch.setattr(type(drawer.sampler), "sample", None)
    with pytest.raises(SynthError) as refusal:
        drawer.sample(50, SEED, where(**conditions))
    assert problem in refusal.value.problem
    assert fix in refusal.value.fix


def test_a_value_of_few_train_rows_is_neither_drawn_on_purpose_nor_named(fitted, shop):
    frame = shop.frame.assign(city=["city of four"] * 4 + ["city of five"] * 5 + ["city 3"] * 491)
    drawer = fitted(Table(frame, shop.schema))
    with pytest.raises(SynthError, match="city = city of four, which fewer") as refusal:
        drawer.sample(10, SEED, where(fixed={"city": "city of four"}))
    assert "four" not in refusal.value.fix
    assert set(drawer.sample(40, SEED, where(balance=[{"columns": ["city"]}])).frame["city"]) == {
        "city of five",
        "city 3",
    }


MISTAKES = {
    "two ways": ({"fixed": {"a": 1}, "within": {"a": {"min": 1}}}, "'a' has a fixed value and bounds"),
    "no bound": ({"within": {"a": {}}}, "'min' or 'max'"),
    "balanced and fixed": ({"fixed": {"a": 1}, "balance": [{"columns": ["a"]}]}, "balanced and has a fixed"),
    "balanced twice": ({"balance": [{"columns": ["a"]}, {"columns": ["a", "b"]}]}, "'a' is balanced twice"),
    "named twice": ({"balance": [{"columns": ["a", "a"]}]}, "'a' is named twice"),
    "too large": ({"balance": [{"columns": ["a"], "shares": {"x": 0.6, "y": 0.5}}]}, "sum to 1.1"),
    "negative": ({"balance": [{"columns": ["a"], "shares": {"x": -0.1}}]}, "between 0 and 1"),
    "shares of pairs": ({"balance": [{"columns": ["a", "b"], "shares": {"x": 0.1}}]}, "of one column"),
    "of nothing": ({"at_least": [{"rows": 3}]}, "needs 'fixed' or 'within'"),
    "of no rows": ({"at_least": [{"rows": 0, "fixed": {"a": 1}}]}, "greater than or equal to 1"),
}


@pytest.mark.parametrize(("conditions", "words"), MISTAKES.values(), ids=MISTAKES)
def test_conditions_that_contradict_themselves_are_no_conditions(conditions, words):
    with pytest.raises(ValidationError, match=words):
        where(**conditions)


def test_values_are_the_same_however_they_are_written():
    assert where(fixed={"a": 1.0, "b": True}) == where(fixed={"a": "1", "b": "true"})
    assert not where()
    assert where(at_least=[{"rows": 1, "fixed": {"a": 0.5}}]).named == {"at_least[0].fixed.a": "a"}


def test_a_column_of_two_words_is_balanced_where_it_has_gaps(fitted):
    frame = pd.DataFrame({"a": ["x", "y", None] * 40, "n": range(120)})
    schema = Schema(columns=(Column(name="a", kind=Kind.CATEGORY, nullable=True), Column(name="n", kind=Kind.INTEGER)))
    made = fitted(Table.conform(frame, schema)).sample(100, SEED, where(balance=[{"columns": ["a"]}]))
    assert made.frame["a"].value_counts().to_dict() == {"x": 50, "y": 50}
