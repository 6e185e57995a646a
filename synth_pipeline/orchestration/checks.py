"""Every gate as an asset check that blocks what comes after it."""

import dagster as dg
import pandas as pd

from synth_pipeline import stages
from synth_pipeline.adapters.gates import GATES, LABEL_GATES
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.telling import run_of, table, told


def checks_of(spec: DatasetSpec) -> list[dg.AssetChecksDefinition]:
    """Of rows, and of records over documents where there are some."""
    return [_gate(spec, gate) for gate in (*GATES, *(LABEL_GATES if spec.labels is not None else ()))]


def _gate(spec: DatasetSpec, gate: str) -> dg.AssetChecksDefinition:
    refuse = stages.refuse_labels if gate in LABEL_GATES else stages.refuse

    @dg.asset_check(
        asset=dg.AssetKey([spec.name, stages.asset_of(gate)]),
        name="gate",
        blocking=True,
        description=f"The suite expectations/default/{gate}.json, or the data set's own.",
    )
    def check(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        run = run_of(context, spec)
        with told():
            judgement = stages.judge(run, gate)
            if not judgement.verdict.holds:
                refuse(run, judgement.reasons)
        return _result(judgement)

    return check


def _result(judgement: Judgement) -> dg.AssetCheckResult:
    """A warning is shown as a failed check of severity WARN, which does not block."""
    shown = [line for line in judgement.lines if line.reason]
    lines = pd.DataFrame(
        [{"verdict": line.verdict.value, "expectation": line.expectation, "severity": line.severity,
          "reason": line.reason} for line in sorted(judgement.lines, key=lambda line: line.verdict is Verdict.PASS)]
    )  # fmt: skip
    metadata = {"verdict": judgement.verdict.value, "suite": judgement.suite, "expectations": table(lines)}
    if judgement.findings is not None:
        columns = ["verdict", "check", "subject", "metric", "value", "low", "high", "baseline", "p_value", "note"]
        findings = judgement.findings.sort_values("verdict", key=lambda v: v == "pass", kind="stable")
        metadata["findings"] = table(findings[columns])
    return dg.AssetCheckResult(
        passed=judgement.verdict is Verdict.PASS,
        severity=dg.AssetCheckSeverity.ERROR if not judgement.verdict.holds else dg.AssetCheckSeverity.WARN,
        description=f"{judgement.verdict.value}: {shown[0].reason}" if shown else judgement.verdict.value,
        metadata=metadata,
    )
