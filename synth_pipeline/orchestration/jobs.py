"""One job per data set, and the schedule that the spec declares."""

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from synth_pipeline.adapters.project import store
from synth_pipeline.core.seeds import Seed
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.lineage import GROUP
from synth_pipeline.stages import SEED
from synth_pipeline.stages.settled import records_settled, rows_settled

DATASET = "synth/dataset"


def job_of(spec: DatasetSpec) -> UnresolvedAssetJobDefinition:
    """Everything from source to release, the warehouse included, and records over documents if any."""
    return dg.define_asset_job(
        spec.name,
        selection=dg.AssetSelection.groups(spec.name) | dg.AssetSelection.groups(GROUP),
        description=spec.description or None,
        tags={DATASET: spec.name},
        executor_def=dg.in_process_executor,
    )


def schedules_of(spec: DatasetSpec, job: UnresolvedAssetJobDefinition) -> list[dg.ScheduleDefinition]:
    if spec.schedule is None:
        return []
    each_tick = spec.schedule.each_tick

    @dg.schedule(
        name=f"{spec.name}_schedule",
        cron_schedule=spec.schedule.cron,
        job=job,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description={"new_seed": "Generates anew, with a seed derived from the tick.",
                     "only_when_changed": "Does nothing when neither source, spec nor suites changed."}[each_tick],
    )  # fmt: skip
    def tick(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        moment = context.scheduled_execution_time.isoformat()
        if each_tick == "new_seed":
            seed = Seed(spec.seed, (spec.name, "tick", moment)).state
            return dg.RunRequest(run_key=moment, tags={SEED: str(seed)})
        if not has_changed(spec):
            return dg.SkipReason("Neither source, spec nor suites changed since they were judged last.")
        return dg.RunRequest(run_key=moment)

    return [tick]


def has_changed(spec: DatasetSpec) -> bool:
    """Whether source, spec, suites, or constraints, judge and presidio, differ from what was judged last.

    Rows or records that were blocked are blocked again, and are no reason to run.
    """
    return not (rows_settled(spec, store()) and records_settled(spec, store()))
