"""Schedules and sensors: when a run starts, and when it must not."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from synth_pipeline import stages
from synth_pipeline.adapters.gates import GATES
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import ROOT, store, suites
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.jobs import has_changed, job_of, schedules_of
from synth_pipeline.orchestration.sensors import blocked_gates, sensors_of
from synth_pipeline.spec.judging import Judge
from synth_pipeline.stages import SEED, Run
from synth_pipeline.stages.label_release import GATES as RECORDS


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    """A data set of 4,000 rows whose source was ingested and split."""
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    write(tmp_path / "rows.csv", seed=1)
    spec = DatasetSpec.model_validate(
        {
            "name": "shop",
            "source": {"kind": "file", "path": str(tmp_path / "rows.csv")},
            "schedule": {"cron": "0 3 * * 1", "each_tick": "new_seed"},
            "drift": {"tolerance": 0.05},
        }
    )
    run = Run(spec, store(), "first")
    stages.load_source(run)
    stages.split_source(run)
    return spec


def write(path: Path, seed: int, shift: float = 0.0) -> None:
    stream = np.random.default_rng(seed)
    rows = pd.DataFrame({"amount": np.round(stream.normal(100 + shift, 10, 4_000), 1),
                         "kind": stream.choice(["a", "b", "c"], 4_000)})  # fmt: skip
    rows.to_csv(path, index=False)


def sensor(spec: DatasetSpec, name: str) -> dg.SensorDefinition:
    return next(one for one in sensors_of(spec, job_of(spec)) if one.name == f"shop_{name}")


def look(spec: DatasetSpec, name: str, cursor: str | None) -> dg.SensorResult:
    with dg.DagsterInstance.ephemeral() as instance:
        found = sensor(spec, name)(dg.build_sensor_context(instance=instance, cursor=cursor))
    return found if isinstance(found, dg.SensorResult) else dg.SensorResult(skip_reason=found, cursor=cursor)


def test_drift_is_seen_once_on_shifted_data_and_never_on_a_resample(spec: DatasetSpec, tmp_path: Path) -> None:
    source = Path(spec.source.path)
    first = look(spec, "drift", None)
    assert not first.run_requests

    rows = pd.read_csv(source)
    rows.sample(len(rows), replace=True, random_state=3).to_csv(source, index=False)
    resampled = look(spec, "drift", first.cursor)
    assert not resampled.run_requests
    assert "distribution did not" in resampled.skip_reason.skip_message

    write(source, seed=2, shift=5)
    shifted = look(spec, "drift", resampled.cursor)
    assert len(shifted.run_requests) == 1
    assert "amount moved" in shifted.run_requests[0].tags["synth/reason"]
    assert not look(spec, "drift", shifted.cursor).run_requests


def test_data_that_come_back_after_a_change_run_again(spec: DatasetSpec) -> None:
    source = Path(spec.source.path)
    before = source.read_text()
    write(source, seed=2)
    first = look(spec, "new_data", None)
    stages.load_source(Run(spec, store(), "second"))
    source.write_text(before)
    back = look(spec, "new_data", first.cursor)
    stages.load_source(Run(spec, store(), "third"))
    write(source, seed=2)
    again = look(spec, "new_data", back.cursor)
    keys = [one.run_requests[0].run_key for one in (first, back, again)]
    assert len(set(keys)) == 3


def test_unchanged_data_do_not_run(spec: DatasetSpec) -> None:
    assert not look(spec, "new_data", None).run_requests


def test_each_tick_takes_a_seed_of_its_own(spec: DatasetSpec) -> None:
    [schedule] = schedules_of(spec, job_of(spec))
    seeds = []
    for day in (2, 9, 9):
        with dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, day, 3, tzinfo=UTC)) as context:
            seeds.append(schedule(context).tags[SEED])
    assert seeds[0] != seeds[1] == seeds[2]


def test_a_tick_does_nothing_when_neither_source_nor_spec_changed(
    spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = spec.model_copy(update={"schedule": spec.schedule.model_copy(update={"each_tick": "only_when_changed"})})
    [schedule] = schedules_of(spec, job_of(spec))

    def tick() -> dg.RunRequest | dg.SkipReason:
        with dg.build_schedule_context(scheduled_execution_time=datetime(2026, 11, 2, 3, tzinfo=UTC)) as context:
            return schedule(context)

    assert isinstance(tick(), dg.RunRequest), "nothing was released yet"
    ended(spec, "first", "v1")
    assert isinstance(tick(), dg.RunRequest), "what was released is not in force"
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_release", lambda self, dataset: "v1")
    assert isinstance(tick(), dg.SkipReason)
    write(Path(spec.source.path), seed=5)
    assert isinstance(tick(), dg.RunRequest), "the source changed"


def ended(spec: DatasetSpec, run: str, version: str, gates: tuple[str, ...] = GATES, **facts: object) -> None:
    """A run whose gates judged, by the suites of now, and that released its rows or records unless a gate blocked.

    ``facts`` are verdicts other than pass, by gate, and a share of planted rows as ``drill``.
    """
    verdicts = {gate: str(facts.get(gate, "pass")) for gate in gates}
    for gate in set(gates) - {"source", "train", "holdout"}:
        with store().writing("shop", stages.asset_of(gate), run) as draft:
            draft.content, draft.facts = f"{run} {gate}", {"rules": spec.rules, "drill": facts.get("drill", 0)}
    made = Run(spec, store(), run)
    made.ledger.write("judgements", [
        {**made.who(), "gate": gate, "artefact": made.get(stages.asset_of(gate)).content, "verdict": verdict,
         "suite": suites().load(gate, "shop").hash, "reasons": ""} for gate, verdict in verdicts.items()
    ])  # fmt: skip
    how = "released" if {*verdicts.values()} == {"pass"} else "refused"
    event, of = (how, spec.hash) if gates == GATES else (f"records_{how}", spec.labels_hash)
    event = {**made.who(), "event": event, "version": version, "rows": 1, "generation": 1, "seed": 0, "spec": of,
             "source": made.get("source").content}  # fmt: skip
    made.ledger.write("releases", [event])


def judging(model: str) -> Judge:
    endpoint = {"name": "judge", "base_url": "http://localhost:1", "model": model}
    rubric = [{"name": "sense", "question": "Does it make sense?"}]
    return Judge.model_validate({"endpoint": endpoint, "rows": {"rubric": rubric}, "labels": {"rubric": rubric}})


def test_another_judge_and_an_edited_suite_are_a_change(
    spec: DatasetSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "expectations", tmp_path / "expectations")
    monkeypatch.setenv("SYNTH_EXPECTATIONS", str(tmp_path / "expectations"))
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_release", lambda self, dataset: "v1")
    ended(spec, "first", "v1")
    assert not has_changed(spec)
    judged = spec.model_copy(update={"judge": judging("one")})
    assert judged.hash == spec.hash and has_changed(judged), "a judge was added"
    ended(judged, "second", "v1")
    assert not has_changed(judged)
    assert has_changed(judged.model_copy(update={"judge": judging("two")}))
    assert has_changed(spec), "the judge was taken out"
    suite = tmp_path / "expectations" / "default" / "utility.json"
    suite.write_text(suite.read_text() + "\n")
    assert has_changed(judged)


def test_rows_that_are_blocked_are_judged_once(spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(spec, "drill", "v0", memorisation="block", drill=0.1)
    assert has_changed(spec), "a drill says nothing about what is declared"
    ended(spec, "first", "v1", fidelity="unmeasured")
    assert has_changed(spec), "what could not be measured may be measured by another run"
    ended(spec, "second", "v1", fidelity="block", utility="unmeasured")
    assert not has_changed(spec)
    other_seed = spec.model_copy(update={"seed": 5})
    assert has_changed(other_seed)
    ended(other_seed, "retry", "v2")
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_release", lambda self, dataset: "v2")
    assert not has_changed(spec), "a retry released what the declared seed did not"
    write(Path(spec.source.path), seed=5)
    assert has_changed(spec)


def failed(spec: DatasetSpec, gates: dict[str, str], tags: dict[str, str]) -> dg.RunRequest | dg.SkipReason:
    """What the sensor of failed gates answers to a failed run whose gates came out so."""
    Ledger(store()).write("judgements", [
        {"dataset": "shop", "run_id": "run", "gate": gate, "artefact": "x", "suite": "s", "verdict": verdict,
         "reasons": "r"} for gate, verdict in gates.items()
    ])  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.DagsterRun(job_name="shop", run_id="run", tags=tags, status=dg.DagsterRunStatus.FAILURE)
        event = dg.DagsterEvent(event_type_value="PIPELINE_FAILURE", job_name="shop")
        context = dg.build_run_status_sensor_context(
            sensor_name="shop_failed_gate", dagster_event=event, dagster_instance=instance, dagster_run=run
        ).for_run_failure()
        return sensor(spec, "failed_gate")(context)


def test_a_failed_fidelity_gate_is_tried_again_with_another_seed(spec: DatasetSpec) -> None:
    request = failed(spec, {"fidelity": "block", "utility": "pass"}, {})
    assert isinstance(request, dg.RunRequest)
    assert request.tags["synth/attempt"] == "1"
    again = failed(spec, {"fidelity": "block"}, request.tags)
    assert again.tags["synth/attempt"] == "2"
    assert again.tags[SEED] != request.tags[SEED]


def test_retries_stop_at_the_cap(spec: DatasetSpec) -> None:
    assert isinstance(failed(spec, {"fidelity": "block"}, {"synth/attempt": str(spec.retries)}), dg.SkipReason)


@pytest.mark.parametrize(
    "gates",
    [{"memorisation": "block"}, {"memorisation": "block", "fidelity": "block"}, {"fidelity": "unmeasured"},
     {"source": "block"}, {}],
)  # fmt: skip
def test_nothing_else_is_tried_again(spec: DatasetSpec, gates: dict[str, str]) -> None:
    assert isinstance(failed(spec, gates, {}), dg.SkipReason)


def test_a_drill_is_not_tried_again(spec: DatasetSpec) -> None:
    assert isinstance(failed(spec, {"fidelity": "block"}, {"synth/drill_copies": "0.1"}), dg.SkipReason)


@pytest.fixture
def labelled(spec: DatasetSpec) -> DatasetSpec:
    rules = [{"kind": "what", "find": "a", "questions": ["What is {id}?"]}]
    labels = {"kind": "rules", "text": "kind", "id": "amount", "rules": rules}
    return DatasetSpec.model_validate(spec.model_dump() | {"labels": labels})


def test_a_retry_makes_rows_anew_and_no_records(labelled: DatasetSpec) -> None:
    request = failed(labelled, {"fidelity": "block", "grounding": "block"}, {})
    names = {key.path[-1] for key in request.asset_selection}
    assert {"source", "train", "generator", "staged_release", "release", "release_ledger"} <= names
    assert not names & {"labels", "grounding", "label_release"}
    assert failed(labelled.model_copy(update={"labels": None}), {"fidelity": "block"}, {}).asset_selection is None


def test_records_that_are_blocked_are_not_tried_again(labelled: DatasetSpec) -> None:
    skipped = failed(labelled, {"grounding": "block", "fidelity": "pass"}, {})
    assert isinstance(skipped, dg.SkipReason) and "grounding" in skipped.skip_message


def test_other_questions_are_a_change(labelled: DatasetSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    ended(labelled, "first", "v1")
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_release", lambda self, dataset: "v1")
    assert has_changed(labelled), "no records are released"
    ended(labelled, "first", "v2", RECORDS)
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_records", lambda self, dataset: "v2")
    assert not has_changed(labelled)
    rule = labelled.labels.rules[0].model_copy(update={"questions": ("Which is {id}?",)})
    other = labelled.labels.model_copy(update={"rules": (rule,)})
    assert has_changed(labelled.model_copy(update={"labels": other}))


def test_records_that_are_blocked_are_judged_once(labelled: DatasetSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_release", lambda self, dataset: "v1")
    monkeypatch.setattr("synth_pipeline.adapters.storage.Store.current_records", lambda self, dataset: "before")
    ended(labelled, "first", "v1")
    ended(labelled, "first", "v2", RECORDS, grounding="unmeasured")
    assert has_changed(labelled)
    ended(labelled, "second", "v2", RECORDS, grounding="block")
    assert not has_changed(labelled), "blocked records made each tick run everything"
    judged = labelled.model_copy(update={"judge": judging("one")})
    ended(judged, "third", "v1")
    assert has_changed(judged), "records were blocked without a judge"
    ended(judged, "third", "v2", RECORDS, grounding="block")
    assert not has_changed(judged)


def test_an_unmeasured_gate_is_told_from_a_block(spec: DatasetSpec) -> None:
    failed(spec, {"fidelity": "unmeasured", "utility": "block"}, {})
    assert blocked_gates("shop", "run") == ["fidelity (unmeasured)", "utility"]
