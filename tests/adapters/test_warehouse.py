"""The warehouse that dbt builds.  dbt is slow to start, so the builds are shared: each fixture adds to one home."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import md5
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from synth_pipeline.adapters import dbt, warehouse
from synth_pipeline.adapters.dbt import PROJECT
from synth_pipeline.adapters.ledger import KINDS, Ledger
from synth_pipeline.adapters.requests import export_requests, request_ledger
from synth_pipeline.adapters.storage import Store
from synth_pipeline.adapters.warehouse import Build, Staged, StagedRecords
from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm import Kind, Usage
from synth_pipeline.llm.ledger import Asked
from synth_pipeline.llm.outcome import Reply

PARTS = ("train", "holdout", "sealed")
LEDGERS = ("releases", "findings", "judgements", "openings")
EVENT = {"dataset": "fair", "run_id": "r1", "event": "staged", "version": "v1", "batch_id": "b1", "rows": 4,
         "generator": "forest", "generation": 1, "seed": 0, "source": "s", "spec": "p", "reasons": ""}  # fmt: skip
FINDING = {"dataset": "fair", "run_id": "r1", "gate": "fidelity", "artefact": "c1", "check": "marginals",
           "family": "fidelity", "subject": "age", "metric": "ks", "value": 0.1, "n": 4, "note": ""}  # fmt: skip
JUDGEMENT = {"dataset": "fair", "run_id": "r1", "gate": "fidelity", "artefact": "c1", "suite": "s",
             "verdict": "block", "reasons": "far"}  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def identify(*names: str) -> list[str]:
    return [md5(name.encode(), usedforsecurity=False).hexdigest() for name in names]


def real(*names: str, **more: Any) -> pd.DataFrame:
    return pd.DataFrame({"age": range(20, 20 + len(names)), "town": "a", "_record_id": identify(*names)}).assign(**more)


def synthetic(*names: str, **more: Any) -> pd.DataFrame:
    marks = {"_provenance": "synthetic", "_generator": "forest", "_generation": 1, "_batch_id": "b1"}
    return real(*names).assign(**(marks | more))


def put(store: Store, run: str, **frames: pd.DataFrame) -> None:
    for asset, frame in frames.items():
        with store.writing("fair", asset, run) as draft:
            frame.to_parquet(draft.data, index=False)


def built(store: Store, name: str) -> Path:
    return store.home / "builds" / name / "warehouse.duckdb"


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def columns(file: Path, table: str) -> set[str]:
    return {row[0] for row in rows(file, f"describe {table}")}


def staged(store: Store, run: str, version: str) -> Mapping[str, Staged]:
    return {"fair": Staged(store.get("fair", "staged_release", run).data, version)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(tmp_path_factory.mktemp("home of 'synth'"))


@pytest.fixture(scope="module")
def empty(store: Store) -> Build:
    return warehouse.build(store, built(store, "empty"), {}, {"fair": None})


@pytest.fixture(scope="module")
def without_holdout(store: Store, empty: Build) -> Build:
    put(store, "r0", train=real("t1"), sealed=real("s1"), staged_release=synthetic("x1"))
    return warehouse.build(store, built(store, "without"), staged(store, "r0", "v0"), {})


@pytest.fixture(scope="module")
def clean(store: Store, without_holdout: Build) -> Build:
    put(store, "r1", train=real(*"abcdef"), holdout=real("h1", "h2"), sealed=real("s1", "s2"))
    put(store, "r1", staged_release=synthetic("x1", "x2", "x3", "x4"))
    ledger = Ledger(store)
    ledger.write("releases", [EVENT | {"run_id": "r0", "event": "refused", "version": "v0", "reasons": "too close"}])
    ledger.write("releases", [EVENT])
    ledger.write("findings", [FINDING, FINDING | {"subject": "town"}, FINDING | {"run_id": "r2"}])
    ledger.write("judgements", [JUDGEMENT])
    ledger.write("openings", [{"dataset": "fair", "run_id": "r1", "version": "v1"}])
    with request_ledger(store) as requests:
        asked = Asked("k", None, "local", "http://localhost/v1", "small", 0, "{}")
        reply = Reply(Kind.ANSWERED, usage=Usage(3, 4), cost=0.5, currency="USD", billed=True)
        asyncio.run(requests.settle(asked, reply, ("fair", "r1")))
        export_requests(store, requests)
    (store.ledgers / "releases" / ".0-being-written.parquet").write_bytes(b"half")
    build = warehouse.build(store, built(store, "clean"), staged(store, "r1", "v1"), {"fair": None})
    if build.succeeded:
        warehouse.publish(store, built(store, "clean"))
    return build


@pytest.fixture(scope="module")
def faulty(store: Store, clean: Build) -> Build:
    """Every fault at once, each on records of its own."""
    both_sides = ["train and holdout", "train and sealed", "twice", "twice"]
    put(store, "r2", train=real("a", *both_sides, "leaked to train"))
    put(store, "r2", holdout=real("h1", "train and holdout", "holdout and sealed", "leaked to holdout"))
    put(
        store,
        "r2",
        sealed=real("s1", "train and sealed", "holdout and sealed", "marked", _provenance=[None] * 3 + ["synthetic"]),
    )
    release = synthetic("x1", "x2", "x3", "leaked to train", "leaked to holdout")
    release["_batch_id"] = ["b1", "unheard of", None, "b1", "b1"]
    release.loc[0, "_provenance"] = "real"
    put(store, "r2", staged_release=release)
    return warehouse.build(store, built(store, "faulty"), staged(store, "r2", "v2"), {})


@pytest.fixture(scope="module")
def released(store: Store, clean: Build) -> Build:
    """No release is staged and nobody says which one is in force: the ledger does."""
    put(store, "r3", train=real(*"abcdef"), holdout=real("h1", "h2"), sealed=real("s1", "s2"))
    release = store.published("fair") / "releases" / "v1"
    release.mkdir(parents=True)
    synthetic("x1", "x2").to_parquet(release / "data.parquet", index=False)
    (store.published("fair") / "current").symlink_to("releases/v1")
    Ledger(store).write("releases", [EVENT | {"event": "released"}])
    return warehouse.build(store, built(store, "released"), {}, {})


def records(*documents: str, **more: Any) -> pd.DataFrame:
    """Questions over documents that the column age names."""
    said = {"question": "Where?", "answer": "a", "span": "a", "start": 0, "end": 1, "kind": "where"}
    marks = {"_provenance": "synthetic", "_generator": "rules-1", "_generation": 1, "_batch_id": "b9"}
    ids = [f"synthetic-b9-{place}" for place in range(len(documents))]
    return pd.DataFrame({"document_id": documents, "_record_id": ids}).assign(**(said | marks | more))


def questions(store: Store, version: str, frame: pd.DataFrame) -> Mapping[str, StagedRecords]:
    path = store.home / f"{version}.parquet"
    frame.to_parquet(path, index=False)
    event = {"event": "records_staged", "version": version, "batch_id": "b9", "generator": "rules-1"}
    Ledger(store).write("releases", [EVENT | event])
    return {"fair": StagedRecords(path, version, "age")}


def test_missing_files_give_empty_models_with_their_columns(store: Store, empty: Build) -> None:
    assert (empty.succeeded, empty.failures) == (True, [])
    file = built(store, "empty")
    for table in (
        *(f"stg_fair__{part}" for part in PARTS),
        "stg_fair__synthetic",
        "fair__training_mix",
        "training_mix",
    ):
        assert columns(file, table) >= {"_record_id", "_provenance", "_generator", "_generation", "_batch_id"}
        assert rows(file, f"from {table}") == []
    for mart in ("provenance_summary", "release_ledger", "findings_history", "current_releases", "released_records",
                 "record_ledger"):  # fmt: skip
        assert rows(file, f"from {mart}") == []


@pytest.mark.parametrize("kind", LEDGERS)
def test_ledger_models_have_the_columns_of_the_ledger(store: Store, clean: Build, kind: str) -> None:
    for name in ("empty", "clean"):
        assert columns(built(store, name), f"stg_ledger__{kind}") == {*KINDS[kind], "at"}


def test_requests_to_language_models_have_a_mart_with_and_without_any(store: Store, clean: Build) -> None:
    assert columns(built(store, "empty"), "stg_ledger__requests") == columns(
        built(store, "clean"), "stg_ledger__requests"
    )
    query = "select dataset, run_id, model, answered, input_tokens, cost from language_model_spending"
    assert rows(built(store, "empty"), query) == []
    assert rows(built(store, "clean"), query) == [("fair", "r1", "small", 1, 3, 0.5)]


def test_staged_release_is_refused_without_its_controls(without_holdout: Build) -> None:
    assert not without_holdout.succeeded
    reason = "stg_fair__holdout could not be built: holdout of fair is missing, though a release of it is staged."
    assert reason in without_holdout.failures


def test_clean_build_succeeds_and_mixes_train_with_synthetic(store: Store, clean: Build) -> None:
    assert (clean.succeeded, clean.failures) == (True, [])
    query = "select _origin, _provenance, _version, _dataset, count(*) from {} group by all order by all"
    expected = [("real", "real", None, "fair", 6), ("synthetic", "synthetic", "v1", "fair", 4)]
    for table in ("fair__training_mix", "training_mix"):
        assert rows(store.warehouse, query.format(table)) == expected
    assert rows(store.warehouse, "from provenance_summary") == [("fair", "v1", 6, 4, 1.5, "forest", 1)]


def test_staged_release_counts_as_released_in_its_build(store: Store, clean: Build) -> None:
    query = """select version, released_at is not null and released_at = first_staged_at, refusals, refusal_reasons,
        runs, is_current, sealed_openings from release_ledger order by version"""
    assert rows(store.warehouse, query) == [
        ("v0", False, 1, "too close", 1, False, 0),
        ("v1", True, 0, None, 1, True, 1),
    ]


def test_findings_stand_with_the_verdict_of_their_gate(store: Store, clean: Build) -> None:
    query = 'select run_id, "check", subject, value, gate_verdict from findings_history order by all'
    assert rows(store.warehouse, query) == [
        ("r1", "marginals", "age", 0.1, "block"),
        ("r1", "marginals", "town", 0.1, "block"),
        ("r2", "marginals", "age", 0.1, None),
    ]


def test_events_tell_of_every_model_and_test(clean: Build) -> None:
    finished = [event["data"]["node_info"] for event in clean.events if event["info"]["name"] == "NodeFinished"]
    kinds = {info["resource_type"] for info in finished}
    assert kinds == {"model", "test"}
    assert {info["node_status"] for info in finished} == {"success", "pass"}
    assert "model.synth_lineage.fair__training_mix" in {info["unique_id"] for info in finished}


@pytest.mark.parametrize(
    ("test", "model", "number"),
    [
        ("fair_train_stands_apart", "stg_fair__train", 2),
        ("fair_holdout_stands_apart", "stg_fair__holdout", 1),
        ("fair_train_record_id_unique", "stg_fair__train", 1),
        ("fair_sealed_is_real", "stg_fair__sealed", 1),
        ("fair_synthetic_stands_apart", "stg_fair__synthetic", 2),
        ("fair_synthetic_is_synthetic", "stg_fair__synthetic", 1),
        ("fair_synthetic_has_a_known_release", "stg_fair__synthetic", 2),
    ],
)
def test_each_planted_fault_is_found(faulty: Build, test: str, model: str, number: int) -> None:
    (failure,) = [line for line in faulty.failures if f"({test})" in line]
    assert failure.startswith(f"{model}: {number} row")


def test_failed_build_says_only_what_failed_and_names_no_record(faulty: Build) -> None:
    assert not faulty.succeeded
    assert len(faulty.failures) == 7
    assert not any(name in " ".join(faulty.failures) for name in identify("twice", "marked", "leaked to holdout"))


def test_failed_build_leaves_the_published_warehouse(store: Store, faulty: Build) -> None:
    assert rows(store.warehouse, "select version from current_releases") == [("v1",)]
    assert rows(store.warehouse, "select count(*) from fair__training_mix") == [(10,)]


def test_release_in_force_is_read_from_the_ledger_when_nobody_says(store: Store, released: Build) -> None:
    assert (released.succeeded, released.failures) == (True, [])
    query = "select distinct _version from stg_fair__synthetic"
    assert rows(built(store, "released"), query) == [("v1",)]
    query = "select runs, is_current, released_at > first_staged_at from release_ledger where version = 'v1'"
    assert rows(built(store, "released"), query) == [(1, True, True)]


def test_origin_that_is_null_or_wrong_is_found(store: Store, released: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files cannot cause it, so the SQL is broken."""
    project = copied(store.home / "broken")
    mix = project / "models" / "fair" / "fair__training_mix.sql"
    first = "select min(_record_id) from {{ ref('stg_fair__train') }}"
    wrong = f"case when _record_id = ({first}) then null else 'synthetic' end"
    mix.write_text(f"from ({mix.read_text()}) select * replace ({wrong} as _origin)")
    monkeypatch.setattr(dbt, "PROJECT", project)
    build = warehouse.build(store, built(store, "broken"), {}, {"fair": "v9"})
    assert sorted(build.failures) == [
        "fair__training_mix: 1 row breaks the rule '_origin: not null' (fair_mix_origin_not_null).",
        "fair__training_mix: 6 rows break the rule 'the origin is what the row itself says' (fair_mix_origin_agrees).",
    ]
    assert rows(built(store, "broken"), "select version from current_releases") == [("v9",)]


def test_staged_records_are_over_documents_of_train_and_count_as_released(store: Store, released: Build) -> None:
    made = questions(store, "q1", records("20", "21", "21"))
    Ledger(store).write("openings", [{"dataset": "fair", "run_id": "r1", "version": "q1"}])
    build = warehouse.build(store, built(store, "questions"), {}, {"fair": "v1"}, made, {})
    assert (build.succeeded, build.failures) == (True, [])
    file = built(store, "questions")
    query = "select version, document_id, _provenance, document_provenance, _generator, source from released_records"
    said = ("synthetic", "real", "rules-1", "s")
    assert rows(file, f"{query} order by all") == [("q1", "20", *said), ("q1", "21", *said), ("q1", "21", *said)]
    query = "select version, is_current, released_at is not null, refusals, sealed_openings from record_ledger"
    assert rows(file, query) == [("q1", True, True, 0, 1)]
    assert rows(file, "select version from release_ledger order by 1") == [("v0",), ("v1",)]


def test_records_over_anything_else_or_of_unknown_origin_are_found(store: Store, released: Build) -> None:
    frame = records("20", "99", "22")
    frame.loc[2, ["_provenance", "_batch_id"]] = ["real", "unheard of"]
    made = questions(store, "q2", frame)
    build = warehouse.build(store, built(store, "questions"), {}, {"fair": "v1"}, made, {})
    assert sorted(line.split(":")[0] + line.split("(")[-1] for line in build.failures) == [
        "stg_recordsrecords_are_over_documents_of_train).",
        "stg_recordsrecords_are_synthetic).",
        "stg_recordsrecords_have_a_known_release).",
    ]


def test_records_in_force_stay_though_their_documents_left_the_source(store: Store, released: Build) -> None:
    made = questions(store, "q3", records("20", "99"))
    place = store.published("fair") / "labels" / "current"
    place.mkdir(parents=True)
    shutil.copy(made["fair"].path, place / "data.parquet")
    build = warehouse.build(store, built(store, "questions"), {}, {"fair": "v1"}, {}, {"fair": "q3"})
    assert (build.succeeded, build.failures) == (True, [])
    query = "select version, document_id from released_records order by all"
    assert rows(built(store, "questions"), query) == [("q3", "20"), ("q3", "99")]
    build = warehouse.build(store, built(store, "questions"), {}, {"fair": "v1"}, {}, {"fair": None})
    assert (build.succeeded, rows(built(store, "questions"), query)) == (True, []), "none are in force"
    shutil.rmtree(place)


def test_nothing_leaks_into_the_process_or_the_checkout(store: Store, clean: Build) -> None:
    assert "SYNTH_WAREHOUSE" not in os.environ
    assert [path.name for path in (store.restricted / "dbt").iterdir() if path.name.startswith(".")] == []
    assert not built(store, "clean").with_name("warehouse.duckdb.wal").exists()
    with duckdb.connect(str(built(store, "clean"))) as connection:  # nobody holds the lock
        assert connection.execute("select 1").fetchall() == [(1,)]


def test_manifest_is_parsed_once_and_again_after_a_change(
    store: Store, released: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = copied(store.home / "changing")
    monkeypatch.setattr(dbt, "PROJECT", project)
    first = dbt.manifest(store).stat().st_mtime_ns
    assert dbt.manifest(store).stat().st_mtime_ns == first
    (project / "models" / "marts" / "another.sql").write_text("select 1 as one\n")
    assert "another" in dbt.manifest(store).read_text()


def test_build_that_could_prove_nothing_is_refused(store: Store, clean: Build, tmp_path: Path) -> None:
    one = staged(store, "r1", "v1")
    with pytest.raises(SynthError, match="catalog"):
        warehouse.build(store, tmp_path / "other.duckdb", one, {})
    with pytest.raises(SynthError, match="only ever replaced"):
        warehouse.build(store, store.warehouse, one, {})
    with pytest.raises(SynthError, match="no models for the data set unheard"):
        warehouse.build(store, built(store, "refused"), {"unheard": one["fair"]}, {})
    with pytest.raises(SynthError, match="has no data"):
        warehouse.build(store, built(store, "refused"), {"fair": Staged(tmp_path / "nothing.parquet", "v1")}, {})


def test_publishing_swaps_whole_files_under_open_readers(tmp_path: Path) -> None:
    store, file = Store(tmp_path / "home"), tmp_path / "build" / "warehouse.duckdb"
    file.parent.mkdir()
    for number in (1, 2):
        with duckdb.connect(str(file)) as connection:
            connection.execute(f"create or replace table t as select {number} as n")
        if number == 1:
            warehouse.publish(store, file)
            reader = duckdb.connect(str(store.warehouse), read_only=True)
            file.unlink()
    warehouse.publish(store, file)
    assert reader.execute("select n from t").fetchall() == [(1,)]
    reader.close()
    assert rows(store.warehouse, "select n from t") == [(2,)]
    assert [path.name for path in store.warehouse.parent.iterdir()] == ["warehouse.duckdb"]
    file.with_name("warehouse.duckdb.wal").touch()
    with pytest.raises(SynthError, match="not a finished warehouse"):
        warehouse.publish(store, file)


def test_dbt_alone_builds_two_data_sets_whose_columns_clash(tmp_path: Path) -> None:
    """Another data set is a copy of the folder of the first; unit tests run here."""
    project = copied(tmp_path / "dbt_project")
    (project / "models" / "other").mkdir()
    for path in (project / "models" / "fair").iterdir():
        text = path.read_text().replace("fair", "other")
        (project / "models" / "other" / path.name.replace("fair", "other")).write_text(text)
    settings = project / "dbt_project.yml"
    settings.write_text(settings.read_text().replace("datasets: [fair, ", "datasets: [fair, other, "))
    home = Store(tmp_path / ".synth")
    put(home, "r1", train=real("a", "b"))
    with home.writing("other", "train", "r1") as draft:
        real("c").assign(age=pd.Timestamp("2030-01-01"), street="x").to_parquet(draft.data, index=False)
    dbt = Path(sys.executable).with_name("dbt")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DBT_", "SYNTH_"))}
    done = subprocess.run([dbt, "build"], cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "5 unit tests" in done.stdout
    query = "select _dataset, age, town, street from training_mix order by all"
    with duckdb.connect(str(project / "target" / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute(f"set file_search_path = '{project}'")
        assert connection.execute(query).fetchall() == [
            ("fair", "20", "a", None),
            ("fair", "21", "a", None),
            ("other", "2030-01-01 00:00:00", "a", "x"),
        ]


def test_data_sets_of_the_marts_are_those_with_models() -> None:
    import yaml

    named = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]["datasets"]
    folders = {path.name for path in (PROJECT / "models").iterdir()} - {"staging", "marts"}
    assert set(named) == folders


def copied(place: Path) -> Path:
    return shutil.copytree(PROJECT, place, ignore=shutil.ignore_patterns("target", "logs"))
