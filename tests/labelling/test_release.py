"""Records through the job of their data set, over 2,600 real documents: released, made again, refused, and traced."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_pipeline import stages
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.storage import point
from synth_pipeline.adapters.warehouse import Build
from synth_pipeline.cli import app
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.component import SyntheticDataset
from synth_pipeline.orchestration.labels import WHOLE
from synth_pipeline.orchestration.launch import Outcome, launch
from synth_pipeline.orchestration.lineage import lineage_definitions
from synth_pipeline.stages import LineageFailed, Run, label_release, publication
from synth_pipeline.stages.settled import records_settled
from synth_pipeline.stages.status import status_of
from synth_pipeline.stages.trace import trace

VAGUE = {"kind": "vague", "find": r"^(?P<span>[A-Z][^\n]*\.)$", "questions": ["What does it say?"], "most": 1}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNTH_HOME", str(place))
        patch.setenv("DAGSTER_HOME", str(place / "restricted" / "dagster"))
        yield place


@pytest.fixture(scope="module")
def declared(spec, corpus, tmp_path_factory) -> DatasetSpec:
    path = tmp_path_factory.mktemp("corpus") / "documents.parquet"
    corpus.sample(2_600, random_state=1).to_parquet(path, index=False)
    return DatasetSpec.model_validate(spec.model_dump() | {"source": {"kind": "file", "path": str(path)}})


@pytest.fixture(scope="module")
def vague(declared) -> DatasetSpec:
    labels = declared.labels.model_dump() | {"rules": [VAGUE]}
    return DatasetSpec.model_validate(declared.model_dump() | {"labels": labels})


def definitions(spec: DatasetSpec) -> dg.Definitions:
    return dg.Definitions.merge(SyntheticDataset(spec).build_defs(None), lineage_definitions([spec.name]))


def labelled(spec: DatasetSpec) -> Outcome:
    """As ``synth label`` runs it."""
    return launch(lambda: definitions(spec), spec, {}, WHOLE)


def asked(sql: str) -> pd.DataFrame:
    """Of the published warehouse."""
    with duckdb.connect(str(store().warehouse), read_only=True) as opened:
        return opened.sql(sql).df()


def ledger(kind: str) -> pd.DataFrame:
    return Ledger(store()).read(kind, "docstrings")


@pytest.fixture(scope="module")
def made(declared) -> Outcome:
    return labelled(declared)


@pytest.fixture(scope="module")
def again(declared, made) -> Outcome:
    return labelled(declared)


@pytest.fixture(scope="module")
def refused(vague, again) -> Outcome:
    return labelled(vague)


@pytest.fixture(scope="module")
def manifest(made) -> dict:
    return json.loads((made.records / "manifest.json").read_text())


def test_records_are_released_with_their_origin_and_evidence(made, manifest, declared, corpus):
    assert made.verdict.holds and made.reasons == []
    assert made.records.name == manifest["version"] == store().current_records("docstrings")
    assert (manifest["mode"], manifest["quotes_real_documents"]) == ("labels_only", True)
    assert manifest["gates"].keys() == {"source", "train", "holdout", "grounding"}
    assert manifest["files"].keys() == {"data.parquet", "report.html", "card.md"}
    assert all(of_file(made.records / name) == digest for name, digest in manifest["files"].items())
    rows = pd.read_parquet(made.records / "data.parquet")
    assert manifest["rows"] == len(rows) > 4_000
    assert (rows["_provenance"] == "synthetic").all() and rows["_record_id"].is_unique
    texts = corpus.set_index("name")["text"]
    for row in rows.sample(200, random_state=1).to_dict("records"):
        assert texts[row["document_id"]][row["start"] : row["end"]] == row["span"]
    train = pd.read_parquet(Run(declared, store(), made.run).get("train").data)
    assert set(rows["document_id"]) <= set(train["name"])


def test_report_and_card_say_what_was_measured_and_show_no_document(made, manifest):
    page, card = ((made.records / name).read_text() for name in ("report.html", "card.md"))
    rows = pd.read_parquet(made.records / "data.parquet")
    for text in (page, card):
        assert "Questions that cannot be told what they are about" in text
        assert f"{manifest['rows']:,}" in text and manifest["version"] in text
        assert not any(span in text for span in rows["span"].sample(300, random_state=2) if len(span) > 20)
    assert "labels\\_only" in card and "passes on\nwords of the real documents" in card
    assert "asked before" in card and "synth trace" in card
    assert "Real–real" not in page and "no generator has seen" not in page


def test_ledger_and_warehouse_tell_real_documents_from_made_records(made, manifest, refused):
    mine = ledger("releases").query("run_id == @made.run")
    assert mine["event"].tolist() == ["records_staged", "records_released"]
    assert set(mine["version"]) == {manifest["version"]} and set(mine["generator"]) == {"rules-1"}
    found = asked("""
        select made.dataset, made.version, made._generator, made._provenance, made.document_provenance, made.source,
            count(*) as n, count(train.name) as of_train
        from released_records as made left join stg_docstrings__train as train on train.name = made.document_id
        group by all
    """)
    assert len(found) == 1
    row = found.iloc[0]
    assert row[["dataset", "version", "_generator"]].tolist() == ["docstrings", manifest["version"], "rules-1"]
    assert row[["_provenance", "document_provenance"]].tolist() == ["synthetic", "real"]
    assert row["n"] == row["of_train"] == manifest["rows"] and row["source"] == manifest["source"]
    assert asked("select * from release_ledger").empty, "records are no release of rows"


def test_what_is_published_says_by_which_rules_the_same_records_were_judged_last(made, declared):
    def written(spec: DatasetSpec) -> dict[str, bytes]:
        run = Run(spec, store(), made.run)
        assert label_release._folder(run, run.get("labels")) == made.records
        return {path.name: path.read_bytes() for path in made.records.iterdir()}

    before = written(declared)
    endpoint = {"name": "far", "base_url": "http://localhost:1", "model": "mock"}
    judge = {"endpoint": endpoint, "labels": {"rubric": [{"name": "sense", "question": "Does it make sense?"}]}}
    judged = DatasetSpec.model_validate(declared.model_dump() | {"judge": judge})
    now = written(judged)
    assert json.loads(now["manifest.json"])["rules"] == judged.rules
    assert {name for name in now if now[name] == before[name]} == {"data.parquet"}
    assert b"mock at far" in now["report.html"] and b"mock at far" in now["card.md"]
    assert written(declared) == before


def test_an_equal_run_opens_sealed_no_second_time_and_adds_no_version(made, again, refused):
    assert again.records == made.records and again.run != made.run
    assert ledger("openings")["run_id"].tolist() == [made.run, refused.run]
    assert set(ledger("findings").query("gate == 'grounding'")["run_id"]) == {made.run, again.run, refused.run}
    row = asked("select runs, sealed_openings, is_current, released_at from record_ledger where is_current").iloc[0]
    assert row[["runs", "sealed_openings", "is_current"]].tolist() == [2, 1, True]
    assert row["released_at"] == ledger("releases").query("event == 'records_released'")["at"].min()


def test_a_faulty_rule_is_refused_and_leaves_a_trace_and_no_release(refused, made, declared, vague):
    assert (refused.records, refused.verdict, refused.refused) == (None, Verdict.BLOCK, True)
    assert any("round_trip lost" in reason for reason in refused.reasons)
    place = store().published("docstrings") / "labels"
    assert {path.name for path in place.iterdir()} == {"current", made.records.name}
    assert store().current_records("docstrings") == made.records.name
    assert ledger("releases").query("run_id == @refused.run")["event"].tolist() == ["records_staged", "records_refused"]
    assert "round_trip lost" in refused.records_report.read_text()
    assert store().restricted in refused.records_report.parents
    row = asked("select * from record_ledger where not is_current").iloc[0]
    assert row["refusals"] == 1 and row["released_at"] is pd.NaT and "round_trip lost" in row["refusal_reasons"]
    assert records_settled(vague, store()) and records_settled(declared, store()), "one is blocked, one in force"
    assert not records_settled(declared.model_copy(update={"seed": 9}), store())
    status = status_of(store(), "docstrings")
    assert status["labels"].startswith(made.records.name) and status["release"] is None
    assert status["latest_run"].startswith("records refused")


def test_a_record_is_traced_to_document_labeller_and_release(made, manifest, refused):
    record = pd.read_parquet(made.records / "data.parquet").iloc[5]
    facts = trace(store(), record["_record_id"]).facts
    assert facts["parents"] == record["document_id"] and facts["version"] == manifest["version"]
    assert (facts["labeller"], facts["mode"], facts["state"]) == ("rules-1", "labels_only", "released")
    blocked = pd.read_parquet(store().made_by("docstrings", "labels", refused.run).data).iloc[0]
    assert trace(store(), blocked["_record_id"]).facts["state"] == "staged, not released"


def test_release_alone_is_refused_where_the_gate_did_not_judge_these_records(vague, refused, made):
    run = Run(vague, store(), "alone")
    assert any("the gate grounding says block" in reason for reason in stages.verify_labels(run))
    other = Run(vague.model_copy(update={"seed": 9}), store(), "other")
    stages.make_labels(other)
    with pytest.raises(stages.Refused, match="grounding was made from another labels"):
        stages.release_labels(other)
    assert ledger("releases")["event"].iloc[-1] == "records_refused"
    assert store().current_records("docstrings") == made.records.name


def test_records_of_another_train_are_not_released(declared, made):
    run = Run(declared, store(), "moved")
    place = store().restricted / "docstrings" / "train"
    before = (place / "current").resolve().name
    with store().writing("docstrings", "train", run.id) as draft:
        draft.data.write_bytes(b"")
        draft.content, draft.parents = "other", {"source": run.get("source").content}
    point(place / "current", before)
    assert "labels was made from another train than the one in force" in stages.verify_labels(run)


def test_records_that_fail_a_dbt_test_are_refused_with_its_words(declared, made, monkeypatch):
    run, failure = Run(declared, store(), "untested"), "stg_records: 2 rows break the rule 'a rule' (a_test)."

    def fails(*_):
        raise LineageFailed(Build(False, [failure], []))

    monkeypatch.setattr("synth_pipeline.stages.label_release.publish_records", fails)
    monkeypatch.setattr("synth_pipeline.stages.label_release.verify_labels", lambda run: [])
    monkeypatch.setattr("synth_pipeline.stages.label_release.refresh", lambda *_: None)
    with pytest.raises(LineageFailed):
        stages.release_labels(run)
    last = ledger("releases").iloc[-1]
    assert (last["event"], last["reasons"], last["run_id"]) == ("records_refused", failure, "untested")
    page = stages.label_refusal(run).read_text()
    assert "2 rows break the rule" in page and 'verdict block"' in page


def test_a_crash_after_the_swap_is_finished_by_the_next_publication(declared, refused, made, monkeypatch):
    run = Run(declared.model_copy(update={"seed": 5}), store(), "crash")
    stages.make_labels(run)
    stages.audit_labels(run)
    assert stages.judge(run, "grounding").verdict.holds

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publication, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            stages.release_labels(run)
    assert store().current_records("docstrings") == made.records.name
    publication.reconcile(store())
    assert store().current_records("docstrings") == run.get("labels").content
    assert ledger("releases")["event"].iloc[-1] == "records_released"
    shown = asked("select distinct version from released_records")["version"].tolist()
    assert shown == [run.get("labels").content]


def test_the_command_shows_records_and_ends_with_the_verdict(declared, made, refused, monkeypatch):
    monkeypatch.setattr("synth_pipeline.cli.pipeline.spec_of", lambda dataset: declared)
    for outcome, status, told in ((made, 0, "release    "), (refused, 1, "not released: grounding: round_trip lost")):
        monkeypatch.setattr("synth_pipeline.orchestration.launch.launch", lambda *_, out=outcome: out)
        done = CliRunner().invoke(app, ["label", "docstrings", "--show", "1"])
        assert done.exit_code == status, done.output
        assert told in done.output and "characters" in done.output


def test_a_data_set_without_labels_says_so(declared, monkeypatch):
    bare = declared.model_copy(update={"labels": None})
    monkeypatch.setattr("synth_pipeline.cli.pipeline.spec_of", lambda dataset: bare)
    done = CliRunner().invoke(app, ["label", "docstrings"])
    assert isinstance(done.exception, SynthError) and "declares no labels" in str(done.exception)
