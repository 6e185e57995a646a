"""Records over real documents: made from train, measured, judged, and released if the gate holds."""

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from synth_pipeline.adapters.endpoint import connected, spoken_of
from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.project import suites
from synth_pipeline.adapters.storage import DATA, MANIFEST, Artefact, point
from synth_pipeline.core.account import accounting
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file, of_frame
from synth_pipeline.core.provenance import Provenance
from synth_pipeline.core.records import AT_ODDS, RECORDS
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Judgement
from synth_pipeline.spec.columns import Schema
from synth_pipeline.stages.audit import write_findings
from synth_pipeline.stages.gate import judge
from synth_pipeline.stages.judging import judge_records
from synth_pipeline.stages.real import load_source, split_source, table_of
from synth_pipeline.stages.review import without_rejected
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.stage import write_parquet
from synth_pipeline.stages.trace import TRACES
from synth_pipeline.steps import label, label_evidence, measure_labels

GATE = "grounding"
LABELS = "labels"
REJECTED = "rejected by a reviewer"
_REAL = ("source", "train", "holdout")


@dataclass(frozen=True, slots=True, eq=False)
class LabelsMade:
    """How records came out; ``folder`` is that of the release, if there is one."""

    records: pd.DataFrame
    documents: int
    dropped: Mapping[str, int]
    judgement: Judgement
    folder: Path | None


def label_documents(run: Run, progress: Callable[[str], None] = lambda _: None) -> LabelsMade:
    """From source to a release of records; raises SynthError where the source does not pass its gates."""
    if run.spec.labels is None:
        raise SynthError(f"{run.name} declares no labels.", "write 'labels' into its declaration.")
    progress("source")
    load_source(run)
    split_source(run)
    for gate in _REAL:
        if not (judgement := judge(run, gate)).verdict.holds:
            told = "; ".join(judgement.reasons)
            raise SynthError(f"{run.name}: the gate {gate} says {judgement.verdict.value}: {told}.", "mend the source.")
    progress("labels")
    made = make_labels(run)
    progress("grounding")
    audit_labels(run)
    judgement = judge_labels(run)
    folder = release_labels(run, judgement) if judgement.verdict.holds else None
    records = pd.read_parquet(made.data)
    return LabelsMade(records, made.facts["documents"], made.facts["dropped"], judgement, folder)


def make_labels(run: Run) -> Artefact:
    """Records over the documents of train."""
    train = run.get("train")
    with connected(spoken_of(run.spec.labels), run.store, run.name, run.id), accounting() as account:
        made = label(run.spec, Train(table_of(train)))
    labels = run.spec.labels
    assert labels is not None
    kept = without_rejected(run, made.records, LABELS)
    made = replace(made, records=kept, dropped={**made.dropped, REJECTED: len(made.records) - len(kept)})
    with run.store.writing(run.name, LABELS, run.id) as draft:
        made.records.frame.to_parquet(draft.data, index=False)
        draft.parents = {"train": train.content}
        draft.content = of_frame(made.records.frame)
        draft.facts = {"rows": len(made.records), "documents": train.facts["rows"], "dropped": dict(made.dropped),
                       "labeller": f"{labels.kind}-{labels.version}", "seed": run.spec.seed,
                       "spec": run.spec.labels_hash, "schema": RECORDS.model_dump(mode="json")}  # fmt: skip
        if account.traces:
            account.trace.to_parquet(draft.folder / TRACES, index=False)
    return run.get(LABELS)


def audit_labels(run: Run) -> Artefact:
    """Measure; sealed is looked at for what must not be there, which the ledger counts as every look at it."""
    made = run.get(LABELS)
    run.ledger.write("openings", [{**run.who(), "version": made.content}])
    barred = [table_of(run.get(side)) for side in ("holdout", "sealed")]
    evidence = label_evidence(run.spec, _records(made), Train(table_of(run.get("train"))), barred)
    asked_again = getattr(run.spec.labels, "samples", 0) > 0
    findings = measure_labels(replace(
        evidence, judged=judge_records(run, evidence.records),
        at_odds=made.facts["dropped"].get(AT_ODDS, 0) if asked_again else None,
    ))  # fmt: skip
    parents = {asset: run.get(asset).content for asset in (LABELS, "train", "holdout", "sealed")}
    return write_findings(run, GATE, findings, parents)


def judge_labels(run: Run) -> Judgement:
    """By the suite ``grounding``; the judgement is in the ledger before anybody acts on it."""
    artefact = run.get(GATE)
    judgement = judge_findings(suites().load(GATE, run.name), pd.read_parquet(artefact.file(DATA)))
    run.ledger.write("judgements", [{
        **run.who(), "gate": GATE, "artefact": artefact.content, "suite": judgement.suite,
        "verdict": judgement.verdict.value, "reasons": "\n".join(judgement.reasons),
    }])  # fmt: skip
    return judgement


def release_labels(run: Run, judgement: Judgement) -> Path:
    """A versioned folder with data and manifest, written aside and renamed; an equal rerun finds it there."""
    made, findings = run.get(LABELS), run.get(GATE)
    if findings.parents[LABELS] != made.content or not judgement.verdict.holds:
        raise SynthError(f"{run.name}: the records were not judged, or do not hold.", "run 'synth label' again.")
    provenance = Provenance(run.get("source").content, made.facts["spec"], made.facts["seed"], made.facts["labeller"])
    stamped = provenance.stamp(pd.read_parquet(made.file(DATA)))
    version = of_frame(stamped)
    place = run.store.published(run.name) / LABELS
    final = place / version
    if not (final / MANIFEST).exists():
        _write(run, stamped, provenance, version, judgement, final)
    point(place / "current", version)
    return final


def _write(
    run: Run, stamped: pd.DataFrame, provenance: Provenance, version: str, judgement: Judgement, final: Path
) -> None:
    aside = final.with_name(f".{final.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    facts = {"version": version, "batch_id": provenance.batch_id, "labeller": provenance.generator,
             "seed": provenance.seed, "source": provenance.source, "spec": provenance.spec}  # fmt: skip
    try:
        write_parquet(stamped, aside / DATA, facts)
        manifest = {
            "dataset": run.name,
            "synthetic": True,
            "mode": "labels_only",
            "quotes_real_documents": True,
            **facts,
            "rows": len(stamped),
            "dropped": run.get(LABELS).facts["dropped"],
            "columns": {column.name: column.kind.value for column in RECORDS.columns},
            "verdict": judgement.verdict.value,
            "suites": {GATE: judgement.suite},
            "files": {path.name: of_file(path) for path in sorted(aside.iterdir())},
        }
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        aside.rename(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _records(made: Artefact) -> Table:
    schema = Schema.model_validate(made.facts["schema"])
    return Table.conform(pd.read_parquet(made.file(DATA)), schema, made.asset)
