"""Sensors: new real data, drift of real data, and a failed gate."""

import json

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from synth_pipeline.adapters.gates import LABEL_GATES
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import ROOT, store
from synth_pipeline.adapters.signature import signature
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.assets import assets_of
from synth_pipeline.orchestration.lineage import model_keys
from synth_pipeline.orchestration.telling import told
from synth_pipeline.stages import ATTEMPT, DRILL, SEED, Run, refusal_report
from synth_pipeline.stages.watch import drift_of

REASON = "synth/reason"
FIRST_RUN = "synth/first_run"
RETRIED = ("fidelity", "utility", "diversity")


def sensors_of(spec: DatasetSpec, job: UnresolvedAssetJobDefinition) -> list[dg.SensorDefinition]:
    return [_new_data(spec, job), *([_drift(spec, job)] if spec.drift else []), _failed_gate(spec, job)]


def _status(running: bool) -> dg.DefaultSensorStatus:
    return dg.DefaultSensorStatus.RUNNING if running else dg.DefaultSensorStatus.STOPPED


def _new_data(spec: DatasetSpec, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{spec.name}_new_data",
        job=job,
        minimum_interval_seconds=60,
        default_status=_status(spec.watch_source),
        description="Runs when the content of the source differs from what was ingested last.",
    )
    def new_data(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen = _Seen.of(context.cursor)
        with told():
            now = signature(spec.source, ROOT)
        ingested = store().find(spec.name, "source")
        if now == seen.signature or (ingested is not None and ingested.facts["signature"] == now):
            return dg.SkipReason("The source has not changed.")
        seen = seen.after(now)
        request = dg.RunRequest(run_key=f"{now}-{seen.count}", tags={REASON: "new real data"})
        return dg.SensorResult(run_requests=[request], cursor=seen.cursor)

    return new_data


def _drift(spec: DatasetSpec, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    assert spec.drift is not None

    @dg.sensor(
        name=f"{spec.name}_drift",
        job=job,
        minimum_interval_seconds=spec.drift.every_seconds,
        default_status=_status(True),
        description=f"Runs when a column has moved more than {spec.drift.tolerance:g} from the training rows.",
    )
    def drifted(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen = _Seen.of(context.cursor)
        if store().find(spec.name, "train") is None:
            return dg.SkipReason("Nothing has been trained yet.")
        with told():
            now = signature(spec.source, ROOT)
            if now == seen.signature:
                return dg.SkipReason("The source has not changed since the last look.")
            moved = drift_of(spec, store())
        seen = seen.after(now)
        if not moved:
            return dg.SensorResult(skip_reason="The source changed, and its distribution did not.", cursor=seen.cursor)
        reason = ", ".join(f"{one.column} moved {one.distance:.3f}" for one in moved[:5])
        request = dg.RunRequest(run_key=f"{now}-{seen.count}", tags={REASON: f"drift: {reason}"})
        return dg.SensorResult(run_requests=[request], cursor=seen.cursor)

    return drifted


def _failed_gate(spec: DatasetSpec, job: UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name=f"{spec.name}_failed_gate",
        monitored_jobs=[job],
        request_job=job,
        minimum_interval_seconds=10,
        default_status=_status(spec.retries > 0),
        description=f"Tries another seed after a failed fidelity, utility or diversity gate, at most {spec.retries} "
        "times.  A memorisation block is final.",
    )
    def failed_gate(context: dg.RunFailureSensorContext) -> dg.RunRequest | dg.SkipReason:
        run = context.dagster_run
        refusal_report(Run(spec, store(), run.run_id, run.tags))
        if run.tags.get(DRILL):
            return dg.SkipReason("A drill is not tried again.")
        blocked = blocked_gates(spec.name, run.run_id)
        of_rows = {gate for gate in blocked if gate.split()[0] not in LABEL_GATES}
        if not of_rows or not of_rows <= set(RETRIED):
            return dg.SkipReason(f"Another seed does not help: {', '.join(blocked) or 'no gate blocked'}.")
        attempt = int(run.tags.get(ATTEMPT, 0)) + 1
        if attempt > spec.retries:
            return dg.SkipReason(f"All {spec.retries} retries are used up.")
        first = run.tags.get(FIRST_RUN, run.run_id)
        seed = Seed(spec.seed, (spec.name, "retry", first, str(attempt))).state
        tags = {ATTEMPT: str(attempt), FIRST_RUN: first, SEED: str(seed), REASON: f"{', '.join(blocked)} blocked"}
        return dg.RunRequest(run_key=f"{first}-{attempt}", tags=tags, asset_selection=_rows_alone(spec))

    return failed_gate


def _rows_alone(spec: DatasetSpec) -> list[dg.AssetKey] | None:
    """All but the records over documents, which another seed would make, and pay for, anew; None is everything."""
    if spec.labels is None:
        return None
    return [*(key for assets in assets_of(spec) for key in assets.keys), *model_keys()]


def blocked_gates(dataset: str, run: str) -> list[str]:
    """Gates that did not let this run through; an unmeasured one is named too."""
    judgements = Ledger(store()).read("judgements", dataset)
    mine = judgements[judgements["run_id"] == run]
    return [f"{line.gate}" if Verdict(line.verdict) is Verdict.BLOCK else f"{line.gate} (unmeasured)"
            for line in mine.itertuples() if not Verdict(line.verdict).holds]  # fmt: skip


class _Seen:
    """The cursor of a sensor: the signature it saw last, and how many changes it has seen.

    The count is part of the run key, so that data which come back after a change run again.
    """

    def __init__(self, signature: str = "", count: int = 0) -> None:
        self.signature, self.count = signature, count

    @classmethod
    def of(cls, cursor: str | None) -> "_Seen":
        return cls(**json.loads(cursor)) if cursor else cls()

    def after(self, signature: str) -> "_Seen":
        return _Seen(signature, self.count + 1)

    @property
    def cursor(self) -> str:
        return json.dumps({"signature": self.signature, "count": self.count})
