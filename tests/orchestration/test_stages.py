"""Stages without an orchestrator: what is written, what is judged, and what a release demands."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synth_pipeline import stages
from synth_pipeline.adapters.project import ROOT, store
from synth_pipeline.adapters.warehouse import Build
from synth_pipeline.core.errors import Refusal, SynthError
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.stages import DRILL, SEED, Run, publication
from synth_pipeline.stages.folder import release_folder
from synth_pipeline.stages.settled import rows_settled
from synth_pipeline.stages.verification import failed_gates

ROWS = 8_000


@pytest.fixture
def suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The suites, in a folder that a test may edit."""
    folder = tmp_path / "expectations"
    shutil.copytree(ROOT / "expectations", folder)
    monkeypatch.setenv("SYNTH_EXPECTATIONS", str(folder))
    return folder


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suites: Path) -> DatasetSpec:
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    stream = np.random.default_rng(5)
    base = stream.standard_normal(ROWS)
    rows = pd.DataFrame(
        {
            "customer": [f"C{number:05d}" for number in range(ROWS)],
            "amount": np.round(np.exp(5 + 0.4 * base + 0.3 * stream.standard_normal(ROWS)), 2),
            "age": stream.integers(18, 80, ROWS),
            "kind": stream.choice(["a", "b", "c"], ROWS),
            "bought": base + stream.standard_normal(ROWS) > 0,
        }
    )
    rows.to_parquet(tmp_path / "rows.parquet", index=False)
    return DatasetSpec.model_validate(
        {"name": "shop", "source": {"kind": "file", "path": str(tmp_path / "rows.parquet")}, "key": "customer",
         "target": "bought"}
    )  # fmt: skip


def through(run: Run, until: str = "diversity") -> Iterator[tuple[str, Verdict]]:
    """Every stage and gate up to one, with the verdict of each gate."""
    steps = {
        "source": stages.load_source, "train": stages.split_source, "holdout": None, "generator": stages.fit_generator,
        "candidates": stages.draw_candidates, "deduplicated": stages.remove_repeats,
    }  # fmt: skip
    for name in [*steps, "memorisation", "fidelity", "utility", "diversity"]:
        if name in steps and steps[name] is not None:
            steps[name](run)
        elif name not in steps:
            stages.audit(run, name)
        if name != "generator":
            yield name, stages.judge(run, name).verdict
        if name == until:
            return


def staged(spec: DatasetSpec, name: str = "one") -> Run:
    run = Run(spec, store(), name)
    for gate, verdict in through(run):
        assert verdict.holds, stages.judge(run, gate).reasons
    stages.stage_release(run)
    stages.judge(run, "release")
    return run


def test_real_parts_are_restricted_and_published_rows_are_made_up(spec: DatasetSpec, tmp_path: Path) -> None:
    run = staged(spec)
    assert (run.store.restricted.stat().st_mode & 0o777) == 0o700
    table = pq.read_table(run.get("staged_release").data)
    assert table.schema.metadata[b"synthetic"] == b"true"
    assert json.loads(table.schema.metadata[b"provenance"])["generator"] == "forest-2"
    rows = table.to_pandas()
    assert set(rows["_provenance"]) == {"synthetic"}
    assert rows["_record_id"].is_unique
    real = pd.read_parquet(tmp_path / "rows.parquet")
    assert not set(rows["customer"]) & set(real["customer"])
    assert len(run.ledger.read("openings")) == 1


def test_the_release_waits_for_dbt(spec: DatasetSpec) -> None:
    run = staged(spec)
    assert stages.verify(run) == ["the dbt models and tests have not passed for this content"]


def test_an_edited_suite_makes_its_judgement_stale(spec: DatasetSpec, suites: Path) -> None:
    run = staged(spec)
    path = suites / "default" / "utility.json"
    path.write_text(path.read_text().replace("0.95", "0.97"))
    assert any("the suite of the gate utility was edited" in reason for reason in stages.verify(run))


def test_a_broken_constraint_blocks_and_an_edited_one_makes_the_judgement_stale(spec: DatasetSpec) -> None:
    def ruled(most: int) -> DatasetSpec:
        rule = {"kind": "range", "column": "age", "min": 18, "max": most}
        return DatasetSpec.model_validate(spec.model_dump() | {"constraints": [rule]})

    run = Run(ruled(79), store(), "one")
    assert dict(through(run, until="fidelity"))["fidelity"].holds
    stale = "the constraints, the judge or presidio were edited after the gate fidelity judged"
    edited = Run(ruled(40), store(), "two")
    assert stale not in failed_gates(run, ("fidelity",))
    assert stale in failed_gates(edited, ("fidelity",))
    stages.audit(edited, "fidelity")
    judgement = stages.judge(edited, "fidelity")
    assert judgement.verdict is Verdict.BLOCK
    assert "18 ≤ age ≤ 40" in judgement.reasons[0]
    assert stale not in failed_gates(edited, ("fidelity",))
    assert len({ruled(40).identity, ruled(79).identity, spec.identity}) == 3, "what is learned depends on them"


def test_conditions_change_what_comes_out_and_not_what_is_learned(spec: DatasetSpec) -> None:
    asked = [{"fixed": {"kind": "a"}}, {"within": {"age": {"min": 30}}}]
    specs = [spec, *(DatasetSpec.model_validate(spec.model_dump() | {"conditions": one}) for one in asked)]
    assert len({one.hash for one in specs}) == 3
    assert len({one.identity for one in specs}) == 1, "a memorisation block stays final"


def test_candidates_keep_constraints_and_meet_conditions(spec: DatasetSpec) -> None:
    rules = [{"kind": "range", "column": "age", "min": 18, "max": 79}, {"kind": "not_null", "columns": ["amount"]}]
    asked = {"rows": 300, "constraints": rules, "conditions": {"balance": [{"columns": ["kind"]}]}}
    run = Run(DatasetSpec.model_validate(spec.model_dump() | asked), store(), "one")
    list(through(run, until="candidates"))
    rows = stages.table_of(run.get("candidates")).frame
    assert len(rows) == 300
    assert rows["age"].between(18, 79).all()
    assert rows["amount"].notna().all()
    counts = rows["kind"].value_counts()
    assert counts.max() - counts.min() <= 1


def test_a_sampler_of_another_version_is_refused(spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(spec, store(), "one")
    list(through(run, until="generator"))
    monkeypatch.setattr(type(spec.generator), "version", 99)
    with pytest.raises(SynthError, match="forest-2 instead of generator forest-99"):
        stages.draw_candidates(run)


def test_editing_one_number_or_deleting_one_line_changes_the_verdict(spec: DatasetSpec, suites: Path) -> None:
    run = Run(DatasetSpec.model_validate(spec.model_dump() | {"generator": {"kind": "marginals"}}), store(), "one")
    assert dict(through(run))["utility"] is Verdict.BLOCK
    path = suites / "default" / "utility.json"
    text = path.read_text()
    path.write_text(text.replace("0.95", "0.3"))
    assert stages.judge(run, "utility").verdict is not Verdict.BLOCK
    suite = json.loads(text)
    suite["expectations"] = [line for line in suite["expectations"] if line["kwargs"]["metric"] != "ratio"]
    path.write_text(json.dumps(suite))
    assert stages.judge(run, "utility").verdict is Verdict.UNMEASURED, "a finding that no line judges"
    suite["meta"]["judges_all"] = False
    path.write_text(json.dumps(suite))
    assert stages.judge(run, "utility").verdict.holds


def test_artefacts_of_another_run_cannot_be_released(spec: DatasetSpec) -> None:
    staged(spec)
    other = Run(spec, store(), "two", {SEED: "9"})
    list(through(other, until="deduplicated"))
    reasons = stages.verify(Run(spec, store(), "three"))
    assert any("made from another deduplicated" in reason for reason in reasons)


def test_a_memorisation_block_is_final_until_somebody_changes_something(spec: DatasetSpec, tmp_path: Path) -> None:
    run = Run(spec, store(), "one")
    list(through(run, until="candidates"))
    train = stages.table_of(run.get("train")).frame
    with run.store.writing("shop", "candidates", "one") as draft:
        train.to_parquet(draft.data, index=False)
        before = run.get("candidates")
        draft.content, draft.parents, draft.facts = "copied", before.parents, before.facts
    stages.remove_repeats(run)
    stages.audit(run, "memorisation")
    assert stages.judge(run, "memorisation").verdict is Verdict.BLOCK

    with pytest.raises(Refusal, match="another seed would only retry"):
        stages.fit_generator(Run(spec, store(), "two", {SEED: "5"}))
    stages.fit_generator(Run(spec, store(), "three", {DRILL: "0.01"}))
    larger = DatasetSpec.model_validate(spec.model_dump() | {"generator": {"kind": "forest", "strength": 2}})
    stages.fit_generator(Run(larger, store(), "four"))


def test_a_judgement_is_in_the_ledger_with_its_findings(spec: DatasetSpec) -> None:
    run = Run(spec, store(), "one")
    list(through(run, until="memorisation"))
    findings = run.ledger.read("findings", "shop")
    judgements = run.ledger.read("judgements", "shop")
    last = judgements.iloc[-1]
    assert last["gate"] == "memorisation"
    assert set(findings["artefact"]) == {last["artefact"]}
    assert (findings["at"] <= last["at"]).all(), "measured before it was judged"


def test_types_are_inferred_once_and_enforced_from_then_on(spec: DatasetSpec, tmp_path: Path) -> None:
    stages.load_source(Run(spec, store(), "one"))
    rows = pd.read_parquet(tmp_path / "rows.parquet")
    rows["age"] = rows["age"] + 0.5
    rows.to_parquet(tmp_path / "rows.parquet", index=False)
    with pytest.raises(SynthError, match="'age'"):
        stages.load_source(Run(spec, store(), "two"))
    kept = store().get("shop", "source")
    assert kept.run == "one", "the source in force was lost"


def test_an_altered_sampler_is_not_loaded(spec: DatasetSpec) -> None:
    run = Run(spec, store(), "one")
    list(through(run, until="generator"))
    sampler = run.get("generator").folder / "sampler.pkl"
    sampler.write_bytes(sampler.read_bytes() + b"x")
    with pytest.raises(SynthError, match="not what was written"):
        stages.draw_candidates(run)


def test_what_fails_while_it_is_written_leaves_what_was_there(spec: DatasetSpec) -> None:
    stages.load_source(Run(spec, store(), "one"))

    def half() -> None:
        with store().writing("shop", "source", "two") as draft:
            draft.data.write_bytes(b"half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        half()
    assert store().get("shop", "source").run == "one"
    assert [path.name for path in (store().restricted / "shop" / "source").iterdir() if path.name.startswith(".")] == []


def test_fitting_takes_a_sample_of_many_rows_and_says_so(spec: DatasetSpec) -> None:
    run = Run(spec.model_copy(update={"fit_rows": 500}), store(), "one")
    list(through(run, until="generator"))
    facts = run.get("generator").facts
    assert facts["fit_rows"] == 500
    assert facts["train_rows"] > 1_000


def test_without_a_target_utility_is_not_asked_for_and_says_so(spec: DatasetSpec) -> None:
    run = Run(spec.model_copy(update={"target": None}), store(), "one")
    assert dict(through(run))["utility"] is Verdict.PASS
    lines = stages.judge(run, "utility").lines
    assert [line.reason for line in lines] == ["not asked for"]


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt stands aside: a warehouse is a file that names what was staged."""

    def build(place, warehouse, staged, *_):
        warehouse.write_text(json.dumps({name: one.version for name, one in staged.items()}))
        return Build(True, [], [])

    monkeypatch.setattr("synth_pipeline.adapters.warehouse.build", build)
    monkeypatch.setattr("synth_pipeline.stages.lineage.datasets", lambda: ["shop"])


@pytest.mark.usefixtures("lineage")
def test_a_warehouse_is_built_again_where_records_were_published_meanwhile(
    spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(spec, store(), "one")
    with run.store.writing("shop", "staged_release", run.id) as draft:
        draft.data.write_bytes(b"")
        draft.content = "v1"
    stages.build_lineage(run.store, run.id)
    assert publication._built_over_others(run, run.get("staged_release")).run == "one"
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_records", lambda self, dataset: "q1")
    assert publication._built_over_others(run, run.get("staged_release")).run == "one", "no ledger knows them"
    event = {**run.who(), "event": "records_staged", "version": "q1", "rows": 1, "generation": 1, "seed": 0}
    run.ledger.write("releases", [event])
    assert publication._built_over_others(run, run.get("staged_release")).run == "one-again"


@pytest.mark.usefixtures("lineage")
@pytest.mark.parametrize("swapped", [False, True])
def test_a_crash_while_publishing_is_finished_or_forgotten(
    spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch, swapped: bool
) -> None:
    first = staged(spec)
    stages.build_lineage(first.store, first.id)
    released = stages.release(first).version
    second = staged(spec.model_copy(update={"seed": 5}), "two")
    stages.build_lineage(second.store, second.id)

    def crash(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(f"synth_pipeline.stages.publication.{'_finish' if swapped else 'swap'}", crash)
        with pytest.raises(KeyboardInterrupt):
            stages.release(second)
    assert second.store.current_release("shop") == released, "the pointer is the commit"
    assert json.loads(second.store.warehouse.read_text())["shop"] == (
        second.get("staged_release").content if swapped else released
    )

    with publication.publishing(second.store):
        publication.reconcile(second.store)
    expected = second.get("staged_release").content if swapped else released
    assert second.store.current_release("shop") == expected
    assert not list(second.store.restricted.rglob("intent.json"))
    events = second.ledger.read("releases").query("event == 'released'")["version"].tolist()
    assert events == [released] + [expected] * swapped


@pytest.mark.usefixtures("lineage")
def test_what_is_published_says_by_which_suites_and_rules_the_same_rows_were_judged_last(
    spec: DatasetSpec, suites: Path
) -> None:
    run = staged(spec)
    stages.build_lineage(run.store, run.id)
    folder = stages.release(run).folder
    before, file = published(folder), folder / "data.parquet"
    assert stages.release(run).folder == folder and published(folder) == before
    held, data = file.stat().st_ino, file.read_bytes()

    suite = suites / "default" / "utility.json"
    suite.write_text(suite.read_text() + "\n")
    judgement = stages.judge(run, "utility")
    assert stages.release(run).folder == folder
    edited = published(folder)
    assert edited["suites"]["utility"] == judgement.suite != before["suites"]["utility"]

    endpoint = {"name": "far", "base_url": "http://localhost:1", "model": "mock"}
    judge = {"endpoint": endpoint, "rows": {"rubric": [{"name": "sense", "question": "Does it make sense?"}]}}
    judged = DatasetSpec.model_validate(spec.model_dump() | {"judge": judge})
    assert release_folder(replace(run, spec=judged), run.get("staged_release")) == folder
    assert published(folder)["rules"] == judged.rules != edited["rules"]
    assert all("mock at far" in (folder / name).read_text() for name in ("report.html", "card.md"))
    assert (file.stat().st_ino, file.read_bytes()) == (held, data), "data were written anew"

    file.write_bytes(b"altered")
    stages.release(run)
    assert json.loads((folder / "manifest.json").read_text())["files"] == edited["files"], "altered data pass"


def published(folder: Path) -> dict[str, Any]:
    """The manifest, of which every hash holds."""
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {name: of_file(folder / name) for name in manifest["files"]} == manifest["files"]
    assert {path.name for path in folder.iterdir()} == {*manifest["files"], "manifest.json"}
    return manifest


@pytest.mark.usefixtures("lineage")
def test_the_published_folder_holds_what_its_manifest_says_and_no_real_row(spec: DatasetSpec, tmp_path: Path) -> None:
    run = staged(spec.model_copy(update={"csv": True}))
    stages.build_lineage(run.store, run.id)
    assert not rows_settled(run.spec, run.store)
    folder = stages.release(run).folder
    assert rows_settled(run.spec, run.store) and not rows_settled(spec.model_copy(update={"seed": 5}), run.store)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert set(manifest["files"]) == {"data.parquet", "data.csv", "report.html", "card.md"}
    assert all(of_file(folder / name) == digest for name, digest in manifest["files"].items())
    real = pd.read_parquet(tmp_path / "rows.parquet")
    published = "".join((folder / name).read_text() for name in ("data.csv", "report.html", "card.md", "manifest.json"))
    assert not [name for name in real["customer"] if name in published]

    from synth_pipeline import load_release

    assert len(load_release("shop")) == manifest["rows"]
    (folder / "data.parquet").write_bytes(b"altered")
    with pytest.raises(SynthError, match="not what was released"):
        load_release("shop")
