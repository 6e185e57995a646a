"""Release: verified by itself, published in one act, and refused with a list of reasons otherwise."""

from synth_pipeline.adapters.gates import GATES
from synth_pipeline.core.errors import Refusal
from synth_pipeline.stages.folder import release_folder
from synth_pipeline.stages.lineage import WAREHOUSE, refresh
from synth_pipeline.stages.publication import Publication, publish
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.stage import event_of
from synth_pipeline.stages.verification import failed_gates


class Refused(Refusal):
    """A release that was not made, with all its reasons."""

    def __init__(self, dataset: str, reasons: list[str]) -> None:
        told = f"{dataset} is not released: {'; '.join(reasons)}."
        super().__init__(told, "mend what the reasons name and run again.")
        self.reasons = reasons


def verify(run: Run) -> list[str]:
    """Why what is staged may not be released: every gate and dbt test must have passed for exactly this content."""
    staged = run.find("staged_release")
    if staged is None:
        return ["nothing is staged"]
    reasons = failed_gates(run, GATES)
    if staged.facts["drill"]:
        share = staged.facts["drill"]
        reasons.append(
            f"this was a drill: {share:.1%} of the rows are copies of train rows that the audit did not find"
        )
    built = run.store.find("lineage", WAREHOUSE, run.id)
    if built is None or built.facts["staged"].get(run.name) != staged.content:
        reasons.append("the dbt models and tests have not passed for this content")
    return reasons


def release(run: Run) -> Publication:
    """Publish what is staged; raises Refused, and leaves a trace of it, where anything speaks against it."""
    if reasons := verify(run):
        refuse(run, reasons)
        raise Refused(run.name, reasons)
    staged = run.get("staged_release")
    for name in staged.files:
        staged.file(name)
    folder = release_folder(run, staged)
    return publish(run, staged, folder)


def refuse(run: Run, reasons: list[str]) -> None:
    """Write the refusal down and bring the marts up to date, so that it is seen in the warehouse too."""
    run.ledger.write("releases", [{**run.who(), "event": "refused", **event_of(run), "reasons": "\n".join(reasons)}])
    refresh(run.store, run.id)
