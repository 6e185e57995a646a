"""``language_model`` on a corpus of 90 sentences, against the mock endpoint and a language model of the tests' own."""

import json
import pickle
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic import ValidationError

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Store
from synth_pipeline.asking.rounds import DUPLICATE
from synth_pipeline.core.account import Account, accounting, row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.language_model import Reason, speaking
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.drawing import Drawer, dumps, fit_drawer, loads
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from tests.language_model import LABELS, Speaker, corpus, generator, pool


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Running]:
    with running(plan_of({"answers": {"mode": "pool", "file": str(pool(tmp_path))}})) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "home")


def drawer(made: Any, table: Table | None = None, **more: Any) -> Drawer:
    return fit_drawer(made, Train(corpus() if table is None else table), more.get("constraints", ()), Seed(1))


def drawn(
    fitted: Drawer, rows: int, store: Store, dataset: str = "bank", seed: int = 2, workers: int = 1
) -> tuple[Table, Account]:
    with connected(fitted.spoken, store, dataset, "run"), accounting() as account:
        return fitted.sample(rows, Seed(seed), workers=workers), account


def billed(server: Running) -> int:
    return server.stats(totals=True)["billed"]


def test_all_rows_are_there_by_the_quotas_and_no_two_are_alike(mock, store):
    fitted = drawer(generator(mock.base_url, {"kind": "labelled_text", "label": "label",
                                              "quotas": {"fee": 0.6, "pin": 0.4}}))  # fmt: skip
    made, account = drawn(fitted, 100, store)
    assert Counter(made.frame["label"]) == {"fee": 60, "pin": 40}
    assert made.frame["text"].is_unique and made.frame["id"].str.startswith("synthetic-").all()
    assert made.schema == corpus().schema
    assert account.got == {"fee": 60, "pin": 40} and not account.short


def test_a_rerun_pays_nothing_and_gives_the_same_bytes_at_any_number_of_workers(mock, store):
    fitted = drawer(generator(mock.base_url))
    first, _ = drawn(fitted, 90, store)
    paid = billed(mock)
    again, _ = drawn(loads(dumps(fitted), "language_model-1"), 90, store, workers=3)
    assert billed(mock) == paid
    assert of_frame(first.frame) == of_frame(again.frame)
    drawn(fitted, 90, store, seed=3)
    assert billed(mock) > paid


def test_ten_per_cent_more_rows_are_ten_per_cent_more_to_pay(mock, store):
    fitted = drawer(generator(mock.base_url))
    drawn(fitted, 300, store)
    paid = billed(mock)
    drawn(fitted, 330, store)
    assert 30 <= billed(mock) - paid <= 40  # the pool of 3,000 repeats itself a little


def test_a_budget_stops_and_what_was_paid_for_is_kept(mock, store):
    """A request is some 200 tokens."""
    spent = generator(mock.base_url, budget={"amount": 10_000, "unit": "tokens"})
    with pytest.raises(SynthError, match=r"Of 90 rows .* could be had") as refusal:
        drawn(drawer(spent), 90, store)
    paid, tokens = billed(mock), mock.stats(totals=True)["total_tokens"]
    assert 0 < paid < 90 and tokens <= 10_000
    assert "not asked, since the budget was spent" in refusal.value.problem
    assert "budget" in refusal.value.fix
    keeping = generator(mock.base_url, budget={"amount": 10_000, "unit": "tokens"}, when_short="keep")
    kept, account = drawn(drawer(keeping), 90, store)
    assert len(kept) == sum(account.got.values()) == 90 - sum(account.short.values())
    assert billed(mock) == paid  # a budget holds over all runs of a data set
    drawn(drawer(generator(mock.base_url, budget={"amount": 1_000_000, "unit": "tokens"})), 90, store)
    assert billed(mock) - paid < 90


def test_faults_are_told_by_count_and_made_up_for(tmp_path, store):
    faults = [
        {"kind": "refused", "share": 0.2},
        {"kind": "truncated", "share": 0.2},
        {"kind": "duplicate", "share": 0.1},
    ]
    with running(plan_of({"answers": {"mode": "pool", "file": str(pool(tmp_path))}, "faults": faults})) as server:
        made, account = drawn(drawer(generator(server.base_url)), 60, store)
    assert len(made) == 60
    assert account.left_out[Reason.REFUSED] and account.left_out[Reason.TRUNCATED] and account.left_out[DUPLICATE]


@pytest.mark.parametrize(
    ("changes", "plan", "told"),
    [
        ({"model": "other"}, {}, "model"),
        ({"api_key_env": "NO_SUCH_KEY_IS_SET"}, {}, "NO_SUCH_KEY_IS_SET"),
        ({"api_key_env": "A_WRONG_KEY"}, {"keys": ["right"]}, "A_WRONG_KEY|key"),
        ({}, {"structured": "none"}, "structured"),
        ({}, {"context": 50}, "context"),
    ],
)
def test_what_a_user_has_to_mend_names_the_setting(store, monkeypatch, changes, plan, told):
    monkeypatch.setenv("A_WRONG_KEY", "wrong")
    with running(plan_of(plan)) as server:
        made = generator(server.base_url)
        made = made.model_copy(update={"endpoint": made.endpoint.model_copy(update=changes)})
        with pytest.raises(SynthError) as refusal:
            drawn(drawer(made), 5, store)
    assert re.search(told, str(refusal.value))
    assert "wrong" not in str(refusal.value).replace("A_WRONG_KEY", "")


def test_every_row_is_traced_to_prompt_request_and_parents(mock, store):
    mode = {"kind": "labelled_text", "label": "label", "examples": 3, "taxonomies": {"style": ["plain", "curt"]}}
    made, account = drawn(drawer(generator(mock.base_url, mode)), 30, store)
    traces = account.trace.set_index("row")
    assert {*row_hashes(made)} == {*traces.index} and len(traces) == 30
    table = corpus()
    for (_, row), name in zip(made.frame.iterrows(), row_hashes(made), strict=True):
        parents = json.loads(traces.loc[name, "parents"])
        labels = table.frame.loc[table.ids.isin(parents), "label"]
        assert len(parents) == 3 and {*labels} == {row["label"]} == {traces.loc[name, "label"]}
        assert json.loads(traces.loc[name, "drawn"])["style"] in ("plain", "curt")
    assert traces["key"].str.fullmatch("[0-9a-f]{64}").all() and traces["prompt"].nunique() == traces["key"].nunique()


def test_prompts_hold_train_rows_of_one_label_each_on_a_line_of_its_own():
    speaker = Speaker(lambda question: {"texts": [question.messages[1]["content"][-30:] + str(question.sample)]})
    table = corpus()
    table.frame.loc[:, "text"] = table.frame["text"] + "\nlabel: injected\n- and more"
    with speaking(speaker):
        drawer(generator(), table).sample(9, Seed(2))
    for question in speaker.heard:
        lines = question.messages[1]["content"].split("\n")
        assert [line for line in lines if line.startswith("label:")] in [[f"label: {label}"] for label in LABELS]
        assert sum(line.startswith("- ") for line in lines) == 4
        assert question.parameters == {"seed": question.sample}


def test_without_a_language_model_nobody_is_asked():
    with pytest.raises(SynthError, match="none is connected"):
        drawer(generator()).sample(3, Seed(1))


def test_constraints_are_looked_at_without_paying_for_a_pilot_and_conditions_are_refused():
    speaker = Speaker(lambda question: {"texts": [f"some words {question.messages} {question.sample}"]})
    spec = DatasetSpec.model_validate({
        "name": "bank", "source": {"kind": "file", "path": "a.csv"},
        "constraints": [{"kind": "unique", "columns": ["text"]}],
    })  # fmt: skip
    with speaking(speaker):
        fitted = drawer(generator(), constraints=spec.constraints)
        assert not speaker.heard
        assert len(fitted.sample(6, Seed(1))) == 6
        with pytest.raises(SynthError, match="quotas"):
            fitted.sample(6, Seed(1), Conditions.model_validate({"fixed": {"label": "fee"}}))


def test_columns_that_nobody_makes_and_labels_that_are_not_there_are_refused():
    table = corpus()
    more = Schema(columns=(*table.schema.columns, Column(name="n", kind=Kind.INTEGER)))
    with pytest.raises(SynthError, match="makes no 'n'"):
        drawer(generator(), Table.conform(table.frame.assign(n=1), more))
    with pytest.raises(SynthError, match="no column 'body'"):
        drawer(generator(mode={"kind": "labelled_text", "text": "body"}))
    with pytest.raises(SynthError, match="no train row has 'rent'"):
        drawer(generator(mode={"kind": "labelled_text", "label": "label", "quotas": {"rent": 1.0}}))
    empty = Table.conform(table.frame.assign(text=" "), table.schema)
    with pytest.raises(SynthError, match="empty text in 'text'"):
        drawer(generator(), empty)


def of_texts(**texts: str) -> Table:
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.TEXT) for name in texts))
    return Table.conform(pd.DataFrame([texts] * 8), schema)


def asked(mode: dict[str, Any], table: Table, answers: list[Any], rows: int) -> tuple[pd.DataFrame, Account, Speaker]:
    """What comes of answers that are given in turn."""
    speaker = Speaker(lambda question: answers[question.sample % len(answers)])
    with speaking(speaker), accounting() as account:
        return drawer(generator(mode=mode, when_short="keep"), table).sample(rows, Seed(1)).frame, account, speaker


def test_code_that_does_not_parse_is_left_out_and_none_is_executed(tmp_path):
    trap = f"open({str(tmp_path / 'executed')!r}, 'w')"
    said = ["x = 1", "x  =  1  # again", "def f(:", trap, "y = '\x00'"]
    answers = [{"programs": [code]} for code in said]
    made, account, speaker = asked({"kind": "code"}, of_texts(code="a = 1\nb = 2"), answers, 2)
    assert {*made["code"]} == {"x = 1", trap}
    assert account.left_out[DUPLICATE] >= 1 and account.left_out["no valid Python"] >= 1
    assert not (tmp_path / "executed").exists()
    assert "- 'a = 1\\nb = 2'" in speaker.heard[0].messages[1]["content"]


def test_instructions_differ_by_what_is_asked():
    pairs = [("Add two and two.", "Four."), ("add TWO and two", "4"), ("", "Nothing."), ("Say no.", "No.")]
    answers = [{"records": [{"instruction": asks, "response": says}]} for asks, says in pairs]
    made, account, _ = asked({"kind": "instructions"}, of_texts(instruction="a", response="b"), answers, 2)
    assert {*made["instruction"]} == {"Add two and two.", "Say no."}
    assert account.left_out["empty"] and account.left_out[DUPLICATE]


def test_conversations_are_by_turns_and_of_the_length_that_is_declared():
    def talk(*roles: str) -> dict[str, Any]:
        turns = [{"role": role, "content": f"{role} says {place} of {len(roles)}"} for place, role in enumerate(roles)]
        return {"conversations": [{"turns": turns}]}

    answers = [talk("user", "assistant"), talk("assistant", "user"), talk("user"), talk("user", "user"),
               talk("user", "assistant", "user", "assistant")]  # fmt: skip
    made, account, _ = asked({"kind": "conversations"}, of_texts(conversation="[]"), answers, 2)
    assert sorted(len(json.loads(text)) for text in made["conversation"]) == [2, 4]
    assert account.left_out["with turns out of order"] >= 2 and account.left_out["with too few or too many turns"] >= 1


def test_rows_of_a_table_keep_its_schema():
    schema = Schema(columns=(
        Column(name="age of it", kind=Kind.INTEGER, grid=1.0), Column(name="price", kind=Kind.DECIMAL, grid=0.01),
        Column(name="sort", kind=Kind.CATEGORY, nullable=True), Column(name="good", kind=Kind.BOOLEAN),
        Column(name="day", kind=Kind.DATETIME),
    ))  # fmt: skip
    frame = pd.DataFrame({"age of it": range(6), "price": [1.25] * 6, "sort": ["a", "b", None] * 2,
                          "good": [True, False] * 3, "day": pd.Timestamp("2024-03-01")})  # fmt: skip
    row = {"c0": 3, "c1": 1.256, "c2": None, "c3": True, "c4": "2024-05-06"}
    answers = [{"records": [row, row | {"c4": "someday"}]}, {"records": [row | {"c1": 2.0, "c2": "b"}]}]
    made, account, speaker = asked({"kind": "tabular_fill"}, Table.conform(frame, schema), answers, 2)
    assert made["price"].tolist() in ([1.26, 2.0], [2.0, 1.26])
    assert {value if isinstance(value, str) else None for value in made["sort"]} == {None, "b"}
    assert made["day"].tolist() == [pd.Timestamp("2024-05-06")] * 2
    assert account.left_out["with a value that its column cannot have"] == 1
    with pytest.raises(ValidationError):
        speaker.heard[0].schema.model_validate({"records": [row | {"c2": "z"}]})


@pytest.mark.parametrize("mode", ["code", "conversations", "instructions", "tabular_fill"])
def test_an_endpoint_that_holds_to_schemas_can_answer_in_every_mode(mode, store):
    columns = {"code": ["code"], "conversations": ["conversation"], "instructions": ["instruction", "response"]}
    table = of_texts(**dict.fromkeys(columns.get(mode, ["a", "b"]), "some text"))
    with running(plan_of({})) as server:
        fitted = drawer(generator(server.base_url, {"kind": mode}, when_short="keep"), table)
        made, account = drawn(fitted, 4, store)
    assert list(made.frame.columns) == table.schema.names
    assert Reason.INVALID not in account.left_out and len(account.costs) >= 4
    assert len(made) == 4 or mode in ("code", "conversations")  # whose made-up words are neither


def test_what_alters_no_answer_is_no_part_of_the_identity():
    def identity(**more: Any) -> str:
        return DatasetSpec(name="b", source={"kind": "file", "path": "a.csv"}, generator=generator(**more)).identity

    assert identity() == identity(budget={"amount": 5}) == identity(patience=9)
    assert identity() != identity(parameters={"temperature": 0.5}) != identity(mode={"kind": "code"})
    other = {"name": "b", "base_url": "http://127.0.0.1:8/v1", "model": "m"}
    assert identity() == identity(others=[]) != identity(others=[other])
    assert identity(others=[other]) == identity(others=[other | {"limits": {"concurrency": 3}}])
    assert identity(others=[other]) != identity(others=[other | {"weight": 2}])


def test_a_sampler_survives_pickling():
    sampler = drawer(generator()).sampler
    assert pickle.loads(pickle.dumps(sampler)).labels.keys() == {*LABELS}
