"""The negative control: the declared grammar, offered as an imitation of the real docstrings, has to be refused.

    python -m synth_pipeline.defs.docstrings.control

Exit status 0 where the gate of fidelity blocks it, else 1.  Nothing is released; the ledger counts the attempt.
"""

import sys
import uuid

from synth_pipeline.adapters.declaration import load
from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.project import DEFS, store, suites
from synth_pipeline.checks import Evidence
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.stages import Run
from synth_pipeline.stages.attempt import note_attempt, real_parts
from synth_pipeline.steps import fit, measure, sample

GATE = "fidelity"


def judged() -> Judgement:
    """How the texts of the grammar come out at the gate of fidelity, against the split that is in force."""
    spec = load(DEFS / "docstrings" / "defs.yaml")
    run = Run(spec, store(), str(uuid.uuid4()))
    train, holdout = real_parts(run)
    made = sample(spec, fit(spec, train), len(train.table))
    evidence = Evidence(train, holdout, made, spec.target, seed=Seed(0, (spec.name, "audit")))
    judgement = judge_findings(suites().load(GATE, spec.name), measure(GATE, evidence))
    note_attempt(run, judgement.verdict, judgement.reasons, of_frame(made.frame))
    return judgement


def main() -> int:
    """Say what the gate said."""
    judgement = judged()
    sys.stdout.write(f"grammar offered as docstrings: {GATE} {judgement.verdict.value}\n")
    sys.stdout.writelines(f"  {reason}\n" for reason in judgement.reasons)
    return int(judgement.verdict is not Verdict.BLOCK)


if __name__ == "__main__":
    sys.exit(main())
