"""Release of records over real documents: verified, published in one act with the warehouse, or refused."""

from pathlib import Path

from synth_pipeline.adapters.storage import LABELS, Artefact, write_aside
from synth_pipeline.core.records import RECORDS
from synth_pipeline.reports import records_card, records_report
from synth_pipeline.stages.folder import CARD, REPORT, versioned
from synth_pipeline.stages.label_facts import facts_of_labels
from synth_pipeline.stages.labels import GATE, ORIGIN, event_of_labels
from synth_pipeline.stages.lineage import LineageFailed, refresh
from synth_pipeline.stages.publication import Publication, publish_records
from synth_pipeline.stages.release import Refused
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.verification import failed_gates, mixed

GATES = ("source", "train", "holdout", GATE)


def verify_labels(run: Run) -> list[str]:
    """Why the records may not be released: every gate must have passed for exactly this content."""
    if run.find(LABELS) is None:
        return ["no records have been made"]
    return failed_gates(run, GATES) + mixed(run, (LABELS,))


def release_labels(run: Run) -> Publication:
    """Publish the records; raises Refused or LineageFailed, and leaves a trace, where anything speaks against them."""
    if reasons := verify_labels(run):
        refuse_labels(run, reasons)
        raise Refused(run.name, reasons)
    made, labels = run.get(LABELS), run.spec.labels
    assert labels is not None
    for name in made.files:
        made.file(name)
    try:
        return publish_records(run, made, labels.id, event_of_labels(run), lambda: _folder(run, made))
    except LineageFailed as failed:
        refuse_labels(run, failed.built.failures)
        raise


def refuse_labels(run: Run, reasons: list[str]) -> None:
    """Write the refusal down, with its report, and bring the marts up to date."""
    if run.find(LABELS) is not None:
        event = {**run.who(), "event": "records_refused", **event_of_labels(run), "reasons": "\n".join(reasons)}
        run.ledger.write("releases", [event])
        path = _refusal(run)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, records_report(facts_of_labels(run, reasons)))
    refresh(run.store, run.id)


def label_refusal(run: Run) -> Path | None:
    """The report of records of this run that were not released."""
    path = _refusal(run)
    return path if path.exists() else None


def _refusal(run: Run) -> Path:
    return run.store.restricted / run.name / "refused" / run.id / "records.html"


def _folder(run: Run, made: Artefact) -> Path:
    """The versioned folder of records that are released."""
    facts = facts_of_labels(run)
    about = {
        "mode": "labels_only",
        "quotes_real_documents": True,
        **{name: made.facts[name] for name in (*ORIGIN, "rows", "documents", "dropped")},
        "columns": {column.name: column.kind.value for column in RECORDS.columns},
    }
    place = run.store.published(run.name) / LABELS
    return versioned(run, made, place, facts, about, lambda: {REPORT: records_report(facts), CARD: records_card(facts)})
