"""Running a data set's job in this process, step by step: what ``synth run`` does."""

import logging
import os
import uuid
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.storage import LABELS, locked
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.verdict import Verdict, worst
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.stages import Run, label_refusal, reasons_against, refusal_report

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the verdict of its gates, the reasons against a release, and the reports.

    ``records`` is the folder of records over documents that this run released, and ``records_report`` is theirs, or
    that of their refusal.
    """

    dataset: str
    run: str
    version: str | None  # of the rows: in force after a run that went well, else what this run released
    verdict: Verdict
    reasons: list[str]
    report: Path | None
    refused: bool = False  # the run came to a verdict, and it was no
    records: Path | None = None
    records_report: Path | None = None


def launch(
    definitions: Callable[[], dg.Definitions],
    spec: DatasetSpec,
    tags: dict[str, str],
    only: Sequence[str] = (),
    progress: Progress = lambda _: None,
) -> Outcome:
    """Run the job of a data set, or only some of its assets, and say how it ended.

    Raises SynthError where there is no such asset.
    """
    _quiet()
    job = definitions().resolve_job_def(spec.name)
    selection = [dg.AssetKey([spec.name, name]) for name in only]
    if unknown := [key for key in selection if key not in job.asset_layer.executable_asset_keys]:
        known = sorted(key.path[-1] for key in job.asset_layer.executable_asset_keys if key.path[0] == spec.name)
        raise SynthError(f"{spec.name} has no asset {unknown[0].path[-1]!r}.", f"use one of {', '.join(known)}.")
    run = str(uuid.uuid4())
    with _instance() as instance:
        instance.add_event_listener(run, lambda entry: _tell(entry, progress))
        result = job.execute_in_process(
            instance=instance, run_id=run, tags=tags, asset_selection=selection or None, raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )  # fmt: skip
    return _outcome(Run(spec, store(), run, tags), result)


def instance_home() -> Path:
    """The persistent home of Dagster, unless the user has one already; runs and ticks are kept there."""
    home = Path(os.environ.get("DAGSTER_HOME") or store().restricted / "dagster")
    home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(home)
    settings = home / "dagster.yaml"
    if not settings.exists():
        settings.write_text("telemetry:\n  enabled: false\nnux:\n  enabled: false\n", encoding="utf-8")
    return home


def _instance() -> dg.DagsterInstance:
    """Dagster's instance of this home; its tables are made by one process at a time."""
    with locked(instance_home() / ".lock"):
        return dg.DagsterInstance.get()


def _quiet() -> None:
    """Only what the user asked for reaches the terminal."""
    for name in ("dagster", "great_expectations", "alembic"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")


def _tell(entry: dg.EventLogEntry, progress: Progress) -> None:
    """A line of progress for each step that starts, and what it says meanwhile."""
    event = entry.dagster_event
    if event is None:
        if entry.level == logging.INFO:
            progress(f"  {entry.user_message}")
    elif event.event_type == dg.DagsterEventType.STEP_START:
        progress((event.step_key or "").replace("__", " ", 1).replace("_gate", ": gate").replace("_", " "))


def _outcome(run: Run, result: dg.ExecuteInProcessResult) -> Outcome:
    judgements = run.ledger.read("judgements", run.name)
    mine = judgements[judgements["run_id"] == run.id]
    verdict = worst(map(Verdict, mine["verdict"]))
    records = _records(run)
    told = (records, records / "report.html" if records is not None else label_refusal(run))
    if result.success:
        version = run.store.current_release(run.name)
        report = run.store.published(run.name) / "current" / "report.html" if version else None
        return Outcome(run.name, run.id, version, verdict, [], report, False, *told)
    reasons = reasons_against(mine)
    failures = [event.step_failure_data.user_failure_data for event in result.get_step_failure_events()]
    refused = bool(reasons) or any(data and data.metadata.get("refused") == _TRUE for data in failures)
    reasons += [text for event in result.get_step_failure_events() if (text := _failure(event))]
    version = run.released()
    if version is None:
        return Outcome(run.name, run.id, None, verdict, reasons, refusal_report(run), refused, *told)
    report = run.store.published(run.name) / "releases" / version / "report.html"
    return Outcome(run.name, run.id, version, verdict, reasons, report, refused, *told)


def _records(run: Run) -> Path | None:
    """The folder of the records that this very run released."""
    version = run.released("records_released")
    return run.store.published(run.name) / LABELS / version if version is not None else None


_TRUE = dg.MetadataValue.bool(True)


def _failure(event: dg.DagsterEvent) -> str | None:
    """Why a step failed, if not at a gate, whose reasons are in the ledger."""
    data = event.step_failure_data
    if data.user_failure_data is not None:
        told = data.user_failure_data
        fix = told.metadata.get("fix")
        return f"{told.description} Fix: {fix.value}" if fix is not None else told.description
    if data.error is not None and data.error.cls_name != "DagsterAssetCheckFailedError":
        return f"{event.step_key} failed with {data.error.cls_name}; the run is kept for the UI (make ui)."
    return None
