"""What the report and the card of records over real documents are made from."""

from collections.abc import Sequence

import pandas as pd

from synth_pipeline.adapters.storage import DATA, LABELS
from synth_pipeline.core.verdict import Verdict, worst
from synth_pipeline.reports import RecordFacts
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.stages.facts import judge_facts, standing_judgement, who_saw
from synth_pipeline.stages.labels import GATE
from synth_pipeline.stages.run import Run

_GATES = ("source", "train", "holdout", "grounding")


def facts_of_labels(run: Run, against: Sequence[str] = ()) -> RecordFacts:
    """Verdicts, reasons and counts as they stand for this run; ``against`` are the reasons of a refusal."""
    judgements = [judgement for gate in _GATES if (judgement := standing_judgement(run, gate)) is not None]
    verdict = worst(judgement.verdict for judgement in judgements)
    made = run.get(LABELS)
    kinds = pd.read_parquet(made.file(DATA), columns=["kind"])["kind"].value_counts().sort_index()
    return RecordFacts(
        title=run.name,
        description=run.spec.description,
        verdict=Verdict.BLOCK if against and verdict.holds else verdict,
        reasons=list(against) or [reason for judgement in judgements for reason in judgement.reasons],
        about=_about(run),
        judgements=judgements,
        kinds={str(kind): int(count) for kind, count in kinds.items()},
        dropped=dict(made.facts["dropped"]),
    )


def _about(run: Run) -> dict[str, str]:
    made = run.get(LABELS)
    used = pd.read_parquet(made.file(DATA), columns=["document_id"])["document_id"].nunique()
    about = {
        "Data set": run.name,
        "Mode": "labels_only: the documents are real, questions and answers are made",
        "Labeller": f"{made.facts['labeller']}, seed {made.facts['seed']}",
        "Records": f"{made.facts['rows']:,}",
        "Real documents": f"{used:,} with a record, of {made.facts['documents']:,} in train",
        "Source": made.facts["source"],
        "Spec": made.facts["spec"],
        "Version": made.content,
        "Batch": made.facts["batch_id"],
    }
    if isinstance(asks := run.spec.labels, Spoken):
        about["Language model"] = who_saw(asks, "documents of train")
    if run.spec.judge is not None:
        quoted = "questions and answers, each with the words of a document of train that bear it out"
        about |= judge_facts(run, GATE, run.spec.judge.labels, quoted)
    return about
