"""A corpus before the split and after the drawing: who is dropped, and what is written down."""

import inspect

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.dedup import KINDS, distinct_candidates, distinct_source
from synth_pipeline.dedup.clusters import COLUMNS
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.dedup import Dedup, Near, Semantic
from synth_pipeline.text.documents import documents_of, is_corpus

SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT), Column(name="label", kind=Kind.CATEGORY)))
FIRST = "please tell me how many days it takes until a new card arrives at my home address"
NEAR = "please tell me how many days it takes until a new card arrives at my home"
OTHER = "the machine has swallowed my card and does not give me any money back at all"
SHUFFLED = "at all back money any me give not does and card my swallowed has machine the"


def corpus(*texts: str, ids: list[str] | None = None) -> Table:
    frame = pd.DataFrame({"text": texts, "label": "x"})
    return Table.conform(frame if ids is None else frame.assign(**{RECORD_ID: ids}), SCHEMA)


def distinct(
    table: Table, against: dict[str, list[str]] | None = None, earlier: tuple[str, ...] = (), **fields: object
):
    return distinct_candidates(table, Dedup(**fields), Seed(1), against or {}, earlier)


def test_of_real_near_duplicates_the_first_stays_under_its_record_id():
    outcome = distinct_source(corpus(FIRST, OTHER, NEAR, ids=["a", "b", "c"]), Near())
    assert outcome.table.frame["text"].tolist() == [FIRST, OTHER]
    assert outcome.table.ids.tolist() == ["a", "b"]
    assert list(outcome.clusters.columns) == list(COLUMNS)
    assert outcome.clusters[["member", "kept", "origin"]].values.tolist() == [
        ["a", True, "source"],
        ["c", False, "source"],
    ]
    assert outcome.clusters["similarity"].tolist() == [1.0, pytest.approx(31 / 33, abs=1e-6)]


def test_synthetic_documents_are_dropped_by_kind_and_counted():
    spaced = corpus(
        FIRST, OTHER, NEAR, SHUFFLED, "an item of the evaluation set", "of an earlier release was this one", "alone"
    )
    outcome = distinct(spaced, {"e.csv": ["An item of the evaluation set!"]}, ("Of an earlier release was this one.",),
                       semantic=Semantic(threshold=0.9))  # fmt: skip
    assert outcome.table.frame["text"].tolist() == [FIRST, OTHER, "alone"]
    assert {kind: outcome.dropped(kind) for kind in KINDS} == dict.fromkeys(KINDS, 1)
    assert outcome.clusters.groupby(["kind", "cluster"])["kept"].sum().eq(1).all()
    rows = outcome.clusters.set_index(["kind", "kept"])
    assert rows.loc[("evaluation", True), ["member", "origin"]].tolist() == ["1", "e.csv"]
    assert rows.loc[("evaluation", False), ["member", "origin"]].tolist() == ["5", "candidates"]
    assert rows.loc[("near", False), "member"] == "3"
    assert rows.loc[("semantic", False), "member"] == "4"


def test_nothing_to_drop_leaves_all_and_an_empty_table_of_clusters():
    outcome = distinct(corpus(FIRST, OTHER))
    assert len(outcome.table) == 2
    assert list(outcome.clusters.columns) == list(COLUMNS)
    assert outcome.clusters.empty
    assert distinct(corpus(FIRST).take(np.arange(0))).table.frame.empty


def test_the_threshold_is_the_declared_one():
    assert len(distinct(corpus(FIRST, NEAR), near=Near(threshold=0.95)).table) == 2
    assert len(distinct(corpus(FIRST, NEAR), near=Near(threshold=0.85)).table) == 1


def test_real_rows_have_no_way_in():
    """Copies of train or holdout are the audit's to find."""
    names = set(inspect.signature(distinct_candidates).parameters)
    assert names == {"candidates", "dedup", "seed", "against", "earlier", "embed"}


def test_a_corpus_is_text_and_at_most_a_label():
    text, label, number = SCHEMA.columns[0], SCHEMA.columns[1], Column(name="n", kind=Kind.INTEGER)
    key = Column(name="id", kind=Kind.IDENTIFIER)
    assert is_corpus(Schema(columns=(key, text, label)))
    assert is_corpus(Schema(columns=(text,)))
    assert not is_corpus(Schema(columns=(text, label, number)))
    assert not is_corpus(Schema(columns=(label,)))


def test_a_document_is_all_its_text():
    schema = Schema(columns=(Column(name="q", kind=Kind.TEXT), Column(name="a", kind=Kind.TEXT, nullable=True)))
    table = Table.conform(pd.DataFrame({"q": ["one", "two"], "a": ["three", None]}), schema)
    assert documents_of(table) == ["one\nthree", "two\n"]
