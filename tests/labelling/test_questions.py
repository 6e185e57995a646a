"""Questions by rules, and records as such."""

import re

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.records import RECORDS, grounded
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.labelling.questions import QuestionsByRule, filled
from synth_pipeline.steps import label
from tests.labelling.conftest import SCHEMA

RULE = {"kind": "colour", "find": r"is (?P<span>\w+)", "questions": ["Which colour has {id}?"]}


def train(*texts: str | None) -> Train:
    frame = pd.DataFrame({"name": [f"d{place}" for place in range(len(texts))], "library": "x", "object": "y",
                          "text": list(texts)})  # fmt: skip
    return Train(Table.conform(frame, SCHEMA))


def asked(rule: dict, *texts: str | None) -> pd.DataFrame:
    return QuestionsByRule.model_validate({"text": "text", "id": "name", "rules": [rule]}).label(
        train(*texts), Seed(1)).records.frame  # fmt: skip


def test_every_record_quotes_its_document_at_its_offsets(clean):
    frame = clean.frame
    assert len(frame) > 3_000
    assert set(frame["kind"]) == {"purpose", "choice", "result", "parameter", "default", "version"}
    for record in frame.to_dict("records"):
        assert clean.documents[record["document_id"]][record["start"] : record["end"]] == record["span"]
        assert "\n" not in record["question"] + record["answer"]


def test_the_same_seed_gives_the_same_records_and_another_seed_others(spec, sides):
    hashes = [of_frame(label(spec.model_copy(update={"seed": seed}), Train(sides[0])).records.frame)
              for seed in (1, 1, 2)]  # fmt: skip
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_rule_asks_where_it_finds_something_and_no_more_often_than_it_may():
    found = asked(RULE, "It is red.\nIt is green.", "Nothing.", None, "It is blue")
    assert found["document_id"].tolist() == ["d0", "d3"]
    assert found["answer"].isin(["red", "green", "blue"]).all()
    every = asked(RULE | {"most": 5, "questions": ["Is {id} {span}?"]}, "It is red.\nIt is green.")
    assert every[["question", "span", "start", "end"]].to_numpy().tolist() == [
        ["Is d0 red?", "red", 6, 9], ["Is d0 green?", "green", 17, 22]
    ]  # fmt: skip
    assert not len(asked(RULE | {"where": {"object": ["z"]}}, "It is red."))


def test_templates_take_groups_and_columns_on_one_line():
    values = {"x": "Compute\n   this", "y": "SQL table"}
    assert filled("{x} of {y}", values) == "Compute this of SQL table"
    assert filled("{x:small}, {y:small}", values) == "compute this, SQL table"


def test_what_does_not_stand_in_its_document_is_dropped_and_counted():
    rows = pd.DataFrame({
        "document_id": ["d", "d", "e", "d", "d", "d"], "question": ["a?", "b?", "c?", " ", "a?", "f?"], "answer": "x",
        "span": ["green owl", "green owls", "owl", "owl", "owl", "the"], "start": [-1, -1, 0, -1, -1, 0],
        "end": [-1, -1, 3, -1, -1, 3], "kind": "k",
    })  # fmt: skip
    made = grounded(rows, {"d": "the green owl", "f": "owl"})
    assert made.dropped == {"unknown document": 1, "empty": 1, "span not in document": 1, "asked before": 1}
    assert made.records.frame[["question", "start", "end"]].to_numpy().tolist() == [["a?", 4, 13], ["f?", 0, 3]]
    assert made.records.schema == RECORDS
    assert len(grounded(rows.assign(start=np.arange(6), end=9), {"d": "the green owl"}).records) == 0


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (RULE | {"questions": ["{colour}?"]}, "{colour} is neither a group of 'find' nor a column"),
        (RULE | {"where": {"size": ["x"]}}, "where: there is no column 'size'"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_place(rule, told):
    with pytest.raises(SynthError, match=re.escape(told)) as refusal:
        asked(rule, "It is red.")
    assert "rule 'colour'" in str(refusal.value)


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ValidationError, match="regular expression"):
        QuestionsByRule.model_validate({"text": "text", "id": "name", "rules": [RULE | {"find": "("}]})
    with pytest.raises(ValidationError, match="same column"):
        QuestionsByRule.model_validate({"text": "text", "id": "text", "rules": [RULE]})
    for declared, told in (
        ({"text": "words"}, "no column 'words'"),
        ({"text": "name", "id": "object"}, "is of type identifier"),
        ({"id": "library"}, "has a value twice"),
    ):
        labeller = QuestionsByRule.model_validate({"text": "text", "id": "name", "rules": [RULE]} | declared)
        with pytest.raises(SynthError, match=told):
            labeller.label(train("is red", "is blue"), Seed(1))


def test_no_record_at_all_is_an_error_that_says_so(spec):
    with pytest.raises(SynthError, match="make no record"):
        label(spec, train("nothing", "to ask"))
    with pytest.raises(SynthError, match="declares no labels"):
        label(spec.model_copy(update={"labels": None}), train("nothing"))
