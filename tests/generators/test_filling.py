"""``tabular_fill`` with a base: the base draws the rows, and the language model fills in what they lack."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Store
from synth_pipeline.asking.rounds import DUPLICATE
from synth_pipeline.core.account import Account, accounting, row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.language_model import Question, Reason, speaking
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import Drawer, dumps, fit_drawer, loads
from synth_pipeline.generators.language_model.filling import UNRULY
from synth_pipeline.mock import plan_of, running
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.constraints import Order, Range
from tests.language_model import Speaker, generator, sentences

ROWS = 400
SCHEMA = Schema(columns=(
    Column(name="id", kind=Kind.IDENTIFIER), Column(name="low", kind=Kind.INTEGER, grid=1.0),
    Column(name="high", kind=Kind.INTEGER, grid=1.0), Column(name="sort", kind=Kind.CATEGORY, nullable=True),
    Column(name="remark", kind=Kind.TEXT, nullable=True),
))  # fmt: skip
MODE = {"kind": "tabular_fill", "base": {"kind": "marginals"}, "fill": ["remark"]}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


def real(rows: int = ROWS) -> Table:
    stream = np.random.default_rng(3)
    low = stream.integers(0, 50, rows)
    sort = np.where(stream.random(rows) < 0.2, None, stream.choice(["a", "b"], rows))
    frame = pd.DataFrame({"id": [f"r{place}" for place in range(rows)], "low": low,
                          "high": low + stream.integers(0, 10, rows), "sort": sort,
                          "remark": pd.Series(sentences(rows, 4)).where(stream.random(rows) < 0.7)})  # fmt: skip
    return Table.conform(frame, SCHEMA)


def fitted(mode: dict[str, Any] | None = None, constraints: Any = (), **more: Any) -> Drawer:
    return fit_drawer(generator(mode=mode or MODE, **more), Train(real()), constraints, Seed(1))


def answers(question: Question) -> dict[str, Any]:
    """A sort that exists, and a remark of the question's own."""
    fields = question.schema.model_json_schema()["properties"]
    return {name: "b" if one.get("title") == "sort" else f"remark {question.sample} {name}"
            for name, one in fields.items()}  # fmt: skip


def drawn(made: Drawer, rows: int, speaker: Speaker, seed: int = 2) -> tuple[pd.DataFrame, Account]:
    with speaking(speaker), accounting() as account:
        return made.sample(rows, Seed(seed)).frame, account


def test_texts_are_written_where_the_base_says_and_only_these_are_paid_for():
    speaker = Speaker(answers)
    made, account = drawn(fitted(), 300, speaker)
    assert abs(made["remark"].notna().mean() - 0.7) < 0.1  # four standard errors
    assert len(speaker.heard) == made["remark"].notna().sum() == len(account.trace)
    assert 0.1 < made["sort"].isna().mean() < 0.3 and made["id"].str.startswith("synthetic-").all()
    asked = speaker.heard[0].messages[1]["content"]
    assert asked.count('"remark": "') == 4 and asked.endswith("- remark")
    assert not set(made["remark"].dropna()) & set(real().frame["remark"].dropna())


def test_how_many_are_asked_about_is_known_before():
    sampler = fitted().sampler
    speaker = Speaker(answers)
    with speaking(speaker):
        sampler.sample(2_500, Seed(2))
    assert sampler.asked_for(2_500, Seed(2)) == len(speaker.heard) == pytest.approx(1_750, abs=100)


def test_missing_cells_of_other_columns_are_filled_and_what_the_base_drew_stays():
    plain, _ = drawn(fitted(), 300, Speaker(answers))
    made, _ = drawn(fitted(MODE | {"fill": ["sort", "remark"], "complete": True}), 300, Speaker(answers))
    assert not made["sort"].isna().any() and not made["remark"].isna().any()
    gaps = plain["sort"].isna().mean()
    assert abs((made["sort"] == "b").mean() - (plain["sort"] == "b").mean() - gaps) < 0.12


def test_more_rows_ask_what_fewer_have_asked_and_the_same_seed_gives_the_same_bytes():
    few, many = Speaker(answers), Speaker(answers)
    first, _ = drawn(fitted(), 100, few)
    second, _ = drawn(loads(dumps(fitted()), "language_model-1"), 110, many)
    assert of_frame(first.drop(columns="id")) == of_frame(second.head(100).drop(columns="id"))
    assert [one.messages for one in few.heard] == [one.messages for one in many.heard[: len(few.heard)]]


def test_cells_that_cannot_stand_there_are_left_out_by_reason_and_other_rows_come():
    def mostly(question: Question) -> Any:
        if question.sample % 5 == 0:
            return Reason.REFUSED
        return {"c0": " "} if question.sample % 5 == 1 else answers(question)

    made, account = drawn(fitted(), 100, Speaker(mostly))
    assert len(made) == 100 and account.left_out["empty"] > 5 and account.left_out[Reason.REFUSED] > 5
    assert made["remark"].dropna().str.len().min() > 5


def test_texts_repeat_only_where_those_of_train_do():
    said = Speaker(lambda question: {"c0": f"remark {question.sample // 2}"})
    made, account = drawn(fitted(), 100, said)
    assert made["remark"].dropna().is_unique and account.left_out[DUPLICATE] > 30
    remark = real().frame["remark"]
    plain = Table.conform(real().frame.assign(remark=remark.where(remark.isna(), "ok")), SCHEMA)
    with speaking(Speaker(lambda _: {"c0": "ok"})):
        often = fit_drawer(generator(mode=MODE), Train(plain), (), Seed(1)).sample(100, Seed(2))
    assert {*often.frame["remark"].dropna()} == {"ok"}


def test_a_value_is_held_to_the_type_and_the_levels_of_its_column():
    schema = fitted(MODE | {"fill": ["sort", "remark"], "complete": True})
    speaker = Speaker(answers)
    drawn(schema, 50, speaker)
    both = next(one.schema for one in speaker.heard if len(one.schema.model_fields) == 2)
    with pytest.raises(ValidationError):
        both.model_validate({"c0": "z", "c1": "some words"})
    with pytest.raises(ValidationError):
        both.model_validate({"c0": "a", "c1": None})


def test_rows_that_break_a_rule_are_not_paid_for():
    """Independent columns keep the order in about half of the rows."""
    rule = Order(kind="order", columns=("low", "high"))
    speaker = Speaker(answers)
    made, _ = drawn(fitted(constraints=[rule]), 200, speaker)
    assert len(made) == 200 and (made["low"] <= made["high"]).all()
    assert len(speaker.heard) == made["remark"].notna().sum()


def test_a_filled_row_that_breaks_a_rule_is_left_out_and_another_one_asked_about():
    schema = Schema(columns=(Column(name="sort", kind=Kind.CATEGORY),
                             Column(name="price", kind=Kind.DECIMAL, nullable=True)))  # fmt: skip
    frame = pd.DataFrame({"sort": ["a", "b"] * 100, "price": [1.5, None, 2.5, None] * 50})
    rule = Range.model_validate({"kind": "range", "column": "price", "min": 0, "max": 10})
    made = fit_drawer(generator(mode=MODE | {"fill": ["price"]}), Train(Table.conform(frame, schema)), [rule], Seed(1))
    speaker = Speaker(lambda question: {"c0": 99.0 if question.sample % 2 else 5.0})
    table, account = drawn(made, 80, speaker)
    assert len(table) == 80 and table["price"].between(0, 10).all() and (table["price"] == 5).sum() > 20
    assert account.left_out[UNRULY] > 20


def test_a_base_that_never_keeps_the_rules_is_told(monkeypatch):
    monkeypatch.setattr("synth_pipeline.generators.language_model.filling._MOST_BLOCKS", 2)
    sampler = fitted().sampler
    with speaking(Speaker(answers)), pytest.raises(SynthError, match=r"2,000 rows that the base .* drew 0 keep"):
        sampler.sample_kept(10, Seed(2), lambda table: np.zeros(len(table), bool))


def test_filled_rows_are_traced_and_paid_for_once_against_an_endpoint(store):
    with running(plan_of({})) as server:
        made = fit_drawer(generator(server.base_url, MODE), Train(real()), (), Seed(1))
        for _ in range(2):
            with connected(made.spoken, store, "shop", "run"), accounting() as account:
                table = made.sample(60, Seed(2))
        billed = server.stats(totals=True)["billed"]
    traced = account.trace
    assert billed == len(traced) == table.frame["remark"].notna().sum()
    assert set(traced["row"]) <= set(row_hashes(table))
    assert json.loads(traced["drawn"].iloc[0]) == {"filled in": "remark"}


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ({"kind": "tabular_fill", "fill": ["remark"]}, "'base' and 'fill' go together"),
        (MODE | {"fill": []}, "'base' and 'fill' go together"),
        (MODE | {"per_request": 3}, "each question is about one row"),
        (MODE | {"base": {"kind": "grammar"}}, "base"),
    ],
)
def test_what_does_not_fit_together_is_refused(mode, told):
    with pytest.raises(ValidationError, match=told):
        generator(mode=mode)


@pytest.mark.parametrize(
    ("fill", "told"),
    [
        (["nothing"], "no column 'nothing'"),
        (["id"], "of type identifier"),
        (["sort"], "nobody writes the text of 'remark'"),
    ],
)
def test_columns_that_cannot_be_filled_are_told(fill, told):
    with pytest.raises(SynthError, match=told):
        fitted(MODE | {"fill": fill})
