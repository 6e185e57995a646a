"""Records over real documents: made from train, written as they would be released, and measured."""

from dataclasses import replace

import pandas as pd

from synth_pipeline.adapters.endpoint import connected, spoken_of
from synth_pipeline.adapters.storage import DATA, LABELS, Artefact
from synth_pipeline.checks.labels import LABEL_CHECKS
from synth_pipeline.checks.verdicts import NAME as JUDGE
from synth_pipeline.core.account import accounting
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.provenance import Provenance
from synth_pipeline.core.records import AT_ODDS, RECORDS
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Schema
from synth_pipeline.stages.audit import write_findings
from synth_pipeline.stages.judging import judge_records
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.review import without_rejected
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.stage import write_parquet
from synth_pipeline.stages.trace import TRACES
from synth_pipeline.steps import label, label_evidence, measure_labels

GATE = "grounding"
ORIGIN = ("version", "batch_id", "labeller", "generation", "seed", "source", "spec")
REJECTED = "rejected by a reviewer"
_CHECKS = [check.name for check in LABEL_CHECKS if check.name != JUDGE]


def make_labels(run: Run) -> Artefact:
    """Records over the documents of train, each with its origin; raises SynthError where none can be made."""
    spec, train = run.seeded, run.get("train")
    with connected(spoken_of(spec.labels), run.store, run.name, run.id), accounting() as account:
        made = label(spec, Train(table_of(train)))
    labels = spec.labels
    assert labels is not None
    kept = without_rejected(run, made.records, LABELS)
    made = replace(made, records=kept, dropped={**made.dropped, REJECTED: len(made.records) - len(kept)})
    origin = Provenance(run.get("source").content, spec.labels_hash, spec.seed, f"{labels.kind}-{labels.version}")
    stamped = origin.stamp(made.records.frame)
    version = of_frame(stamped)
    facts = {"version": version, "batch_id": origin.batch_id, "labeller": origin.generator, "source": origin.source,
             "generation": origin.generation, "seed": origin.seed, "spec": origin.spec}  # fmt: skip
    with run.store.writing(run.name, LABELS, run.id) as draft:
        write_parquet(stamped, draft.data, facts)
        draft.parents, draft.content = {"train": train.content}, version
        draft.facts = {**facts, "rows": len(stamped), "documents": train.facts["rows"], "dropped": dict(made.dropped),
                       "schema": RECORDS.model_dump(mode="json")}  # fmt: skip
        if account.traces:
            account.trace.to_parquet(draft.folder / TRACES, index=False)
    run.ledger.write("releases", [{**run.who(), "event": "records_staged", **event_of_labels(run), "reasons": ""}])
    return run.get(LABELS)


def event_of_labels(run: Run) -> dict[str, object]:
    """How the ledger of releases names the records of this run."""
    facts = run.get(LABELS).facts
    shared = ("version", "batch_id", "rows", "generation", "seed", "source", "spec")
    return {**{name: facts[name] for name in shared}, "generator": facts["labeller"]}


def audit_labels(run: Run) -> Artefact:
    """Measure the records; findings of an earlier run over the very same records and documents stand.

    Sealed is looked at for what must not be there, which the ledger counts as every look at it.  What a judge says is
    always asked for, since people may have judged more meanwhile; answers are paid for once.
    """
    made, parents = run.get(LABELS), {asset: run.get(asset).content for asset in (LABELS, "train", "holdout", "sealed")}
    records, train = _records(made), Train(table_of(run.get("train")))
    findings = _measured_before(run, parents)
    if findings is None:
        run.ledger.write("openings", [{**run.who(), "version": made.content}])
        barred = [table_of(run.get(side)) for side in ("holdout", "sealed")]
        at_odds = made.facts["dropped"].get(AT_ODDS, 0) if getattr(run.spec.labels, "samples", 0) > 0 else None
        evidence = replace(label_evidence(run.spec, records, train, barred), at_odds=at_odds)
        findings = measure_labels(evidence, only=_CHECKS)
    if (judged := judge_records(run, records)) is not None:
        evidence = replace(label_evidence(run.spec, records, train, []), judged=judged)
        findings = pd.concat([findings, measure_labels(evidence, only=[JUDGE])], ignore_index=True)
    return write_findings(run, GATE, findings, parents, _CHECKS)


def _measured_before(run: Run, parents: dict[str, str]) -> pd.DataFrame | None:
    """The findings in force without the judge's, if they are about the same and every check of now took part."""
    before = run.store.find(run.name, GATE)
    if before is None or before.parents != parents or before.facts.get("checks") != _CHECKS:
        return None
    findings = pd.read_parquet(before.file(DATA))
    return findings[findings["check"] != JUDGE]


def _records(made: Artefact) -> Table:
    schema = Schema.model_validate(made.facts["schema"])
    return Table.conform(pd.read_parquet(made.file(DATA)), schema, made.asset)
