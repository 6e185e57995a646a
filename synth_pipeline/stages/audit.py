"""The audit: memorisation, fidelity, utility and diversity, each a table of findings."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from synth_pipeline.adapters.presidio import detector
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.checks import Evidence
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.stages.judging import judge_table
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.run import Run
from synth_pipeline.steps import measure


def evidence_of(run: Run) -> Evidence:
    """The three tables as they stand for this run."""
    return Evidence(
        Train(table_of(run.get("train"))),
        Holdout(table_of(run.get("holdout"))),
        table_of(run.get("deduplicated")),
        run.spec.target,
        run.spec.entity,
        Seed(0, (run.name, "audit")),
        run.spec.sensitive,
        run.spec.key,
        constraints=run.spec.constraints,
    )


def audit(run: Run, gate: str) -> Artefact:
    """Measure one family; the findings are in the ledger before anybody judges them."""
    evidence = evidence_of(run)
    if gate == "memorisation":
        evidence = replace(evidence, detector=detector(run.spec.presidio))
    if gate == "fidelity":
        evidence = replace(evidence, judged=judge_table(run, evidence.synthetic, evidence.holdout.table))
    findings = measure(gate, evidence)
    parents = {asset: run.get(asset).content for asset in ("train", "holdout", "deduplicated")}
    return write_findings(run, gate, findings, parents)


def write_findings(
    run: Run, gate: str, findings: pd.DataFrame, parents: dict[str, str], checks: Sequence[str] = ()
) -> Artefact:
    with run.store.writing(run.name, gate, run.id) as draft:
        findings.to_parquet(draft.data, index=False)
        draft.parents, draft.content = parents, of_frame(findings.assign(_parents=str(sorted(parents.items()))))
        draft.facts = {"findings": len(findings), "rules": run.spec.rules, "checks": list(checks)}
    artefact = run.get(gate)
    note_findings(run, gate, artefact.content, findings)
    return artefact


def note_findings(run: Run, gate: str, content: str, findings: pd.DataFrame) -> None:
    events = findings.assign(**run.who(), gate=gate, artefact=content)
    run.ledger.write("findings", events.to_dict("records"))
