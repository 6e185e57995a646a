"""A corpus through the stages that are not alike for tables: source, deduplicated, and what is staged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline import stages
from synth_pipeline.adapters.project import store
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.provenance import Provenance
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import plan_of, running
from synth_pipeline.stages import DRILL, Run
from synth_pipeline.stages.documents import without_sealed
from synth_pipeline.stages.real import table_of

WORDS = np.array([f"w{number}" for number in range(5_000)])
SIDES = ("train", "holdout", "sealed")


def texts(count: int, seed: int) -> list[str]:
    return [" ".join(words) for words in WORDS[np.random.default_rng(seed).integers(0, len(WORDS), (count, 20))]]


REAL, MADE, ITEMS = texts(300, 1), texts(200, 2), texts(20, 3)
NEAR_REAL = [text.rsplit(" ", 1)[0] for text in REAL[:40]]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    rows = pd.DataFrame({"text": REAL + NEAR_REAL, "label": "a"})
    rows.loc[::2, "label"] = "b"
    rows.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    (tmp_path / "items.txt").write_text("\n".join(ITEMS))
    return DatasetSpec.model_validate(
        {"name": "corpus", "source": {"kind": "file", "path": str(tmp_path / "rows.jsonl")}}
    )


def with_dedup(spec: DatasetSpec, **fields: object) -> DatasetSpec:
    return DatasetSpec.model_validate(spec.model_dump() | {"dedup": fields})


def real_parts(run: Run) -> None:
    stages.load_source(run)
    stages.split_source(run)


def candidates(run: Run, made: list[str]) -> None:
    """As a generator would have drawn them."""
    frame = pd.DataFrame({"text": made, "label": "a"})
    with run.store.writing(run.name, "candidates", run.id) as draft:
        frame.to_parquet(draft.data, index=False)
        draft.content = of_frame(frame)
        draft.facts = {"rows": len(frame), "drill": 0.0, "schema": run.get("train").facts["schema"],
                       "seed": run.spec.seed, "generator": "hand-1", "spec": run.spec.hash}  # fmt: skip


def left(run: Run, made: list[str]) -> list[str]:
    candidates(run, made)
    return table_of(stages.remove_repeats(run)).frame["text"].tolist()


def test_of_real_near_duplicates_one_stays_before_the_split(spec):
    run = Run(spec, store(), "one")
    real_parts(run)
    source = run.get("source")
    assert source.facts["near_duplicates"] == 40
    assert source.facts["rows"] == sum(run.get(side).facts["rows"] for side in SIDES) == 300
    clusters = pd.read_parquet(source.file("clusters.parquet"))
    assert clusters["kept"].sum() == 40
    ids = pd.concat([pd.read_parquet(run.get(side).data)["_record_id"] for side in SIDES])
    assert set(clusters.loc[clusters["kept"], "member"]) <= set(ids)
    assert not set(clusters.loc[~clusters["kept"], "member"]) & set(ids)
    assert ids.is_unique


def test_the_order_of_the_source_decides_nothing(spec, tmp_path):
    stages.load_source(run := Run(spec, store(), "one"))
    rows = pd.read_json(tmp_path / "rows.jsonl", lines=True)
    rows.iloc[::-1].to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    stages.load_source(again := Run(spec, store(), "two"))
    assert run.get("source").content == again.get("source").content


def test_a_table_without_text_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    pd.DataFrame({"a": range(60), "b": ["x", "y"] * 30}).to_parquet(tmp_path / "t.parquet")
    spec = DatasetSpec.model_validate({"name": "t", "source": {"kind": "file", "path": str(tmp_path / "t.parquet")}})
    source = stages.load_source(Run(spec, store(), "one"))
    assert set(source.files) == {"data.parquet"}
    assert "near_duplicates" not in source.facts


def test_candidates_lose_what_resembles_each_other_and_evaluation_sets_and_keep_what_resembles_real_ones(
    spec, tmp_path
):
    run = Run(with_dedup(spec, against=[str(tmp_path / "items.txt")]), store(), "one")
    real_parts(run)
    made = [*MADE, *(f"{text} more" for text in MADE[:10]), *(f"before {text}" for text in ITEMS[:5])]
    train = table_of(run.get("train")).frame["text"].tolist()[:30]
    assert left(run, [*made, *train]) == [*MADE, *train], "copies of train are the audit's to find"
    facts = run.get("deduplicated").facts
    assert (facts["dropped_near"], facts["dropped_evaluation"], facts["rows"]) == (10, 5, 230)
    clusters = pd.read_parquet(run.get("deduplicated").file("clusters.parquet"))
    assert clusters.groupby("kind")["kept"].sum().to_dict() == {"evaluation": 5, "near": 10}
    with pytest.raises(SynthError, match="every synthetic document resembles another"):
        left(run, ITEMS)


def released(run: Run, made: list[str]) -> None:
    """As staging and publication would have left it."""
    rows = pd.DataFrame({"text": made, "label": "a"})
    source = run.get("source").content
    provenance = Provenance(source, run.spec.hash, run.spec.seed, "hand-1")
    with run.store.writing(run.name, "staged_release", run.id) as draft:
        provenance.stamp(rows).to_parquet(draft.data, index=False)
        draft.content, draft.facts = of_frame(rows), {"rows": len(rows), "schema": run.get("train").facts["schema"]}
    event = {**run.who(), "event": "released", "version": of_frame(rows), "batch_id": provenance.batch_id, "rows": 1,
             "generator": "hand-1", "generation": 1, "seed": run.spec.seed, "source": source, "spec": run.spec.hash,
             "reasons": ""}  # fmt: skip
    run.ledger.write("releases", [event])


def test_what_an_earlier_release_had_is_dropped_and_an_equal_rerun_gives_the_same(spec):
    declared = with_dedup(spec, earlier=True)
    first = Run(declared, store(), "one")
    real_parts(first)
    assert left(first, MADE) == MADE
    released(first, MADE)
    second = Run(declared.model_copy(update={"seed": 9}), store(), "two")
    other = texts(50, 7)
    assert left(second, [*MADE[:20], *other]) == other
    assert second.get("deduplicated").facts["dropped_earlier"] == 20
    released(second, other)
    again = Run(declared, store(), "three")
    assert left(again, MADE) == MADE, "its own release is no earlier one"
    once_more = Run(second.spec, store(), "four")
    assert left(once_more, [*MADE[:20], *other]) == other


def test_sealed_documents_are_left_out_only_where_that_is_declared(spec):
    run = Run(with_dedup(spec, against=["sealed"]), store(), "one")
    real_parts(run)
    sealed = table_of(run.get("sealed"))
    copies = sealed.take(np.arange(7))
    assert left(run, [*MADE[:20], *copies.frame["text"]])[20:] == copies.frame["text"].tolist(), "not before the audit"
    rows = table_of(run.get("deduplicated"))
    outcome = without_sealed(run, rows)
    assert outcome.table.frame["text"].tolist() == MADE[:20]
    assert outcome.dropped("evaluation") == 7
    assert without_sealed(Run(spec, store(), "one"), rows) is None
    with pytest.raises(SynthError, match="every synthetic document holds a sealed one"):
        without_sealed(run, copies)


def test_dedup_decides_what_comes_out_and_not_what_is_learned(spec):
    other = with_dedup(spec, near={"threshold": 0.9})
    assert other.hash != spec.hash
    assert other.identity == spec.identity


def test_what_says_the_same_by_the_vectors_of_an_endpoint_is_dropped_and_paid_for_once(spec):
    """The mock's vectors are those of words, in whatever order."""
    made = [*MADE, *(" ".join(reversed(text.split())) for text in MADE[:7])]
    with running(plan_of({})) as server:
        endpoint = {"name": "vectors", "base_url": server.base_url, "model": "mock"}
        semantic = {"threshold": 0.99, "embedding": {"endpoint": endpoint}}
        run = Run(with_dedup(spec, semantic=semantic), store(), "one")
        real_parts(run)
        assert left(run, made) == MADE
        arrived = server.stats(totals=True)["arrived"]
        assert left(run, made) == MADE
        assert server.stats(totals=True)["arrived"] == arrived <= 4
        assert run.get("deduplicated").facts["dropped_semantic"] == 7
        drill = replace(run, tags={DRILL: "0.2"})
        left(drill, [f"a text of train, {text}" for text in MADE])
        assert server.stats(totals=True)["arrived"] == arrived, "a drill plants rows of train, which are sent nowhere"
