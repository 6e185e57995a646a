"""What must hold for exactly this content before it is staged or released."""

from synth_pipeline.adapters.gates import GATES
from synth_pipeline.adapters.project import suites
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.stages.gate import asset_of
from synth_pipeline.stages.run import Run

# The assets whose gates come before staging.
CHAIN = tuple(gate for gate in GATES if gate != "release")


def failed_gates(run: Run, gates: tuple[str, ...]) -> list[str]:
    """Why these gates do not let the artefacts of this run through: none is the only good answer.

    The latest judgement counts, and only if it was made of the very content and by the suite as it is now.
    """
    ledger = run.ledger.read("judgements", run.name)
    reasons = []
    for gate in gates:
        artefact = run.find(asset_of(gate))
        if artefact is None:
            reasons.append(f"{asset_of(gate)} has not been materialised")
            continue
        mine = ledger[(ledger["gate"] == gate) & (ledger["artefact"] == artefact.content)]
        if not len(mine):
            reasons.append(f"the gate {gate} has not judged this content ({artefact.content})")
            continue
        last = mine.iloc[-1]
        if not Verdict(last["verdict"]).holds:
            reasons.append(f"the gate {gate} says {last['verdict']}: {last['reasons'].splitlines()[0]}")
        elif last["suite"] != suites().load(gate, run.name).hash:
            reasons.append(f"the suite of the gate {gate} was edited after it judged")
        elif artefact.facts.get("rules", run.spec.rules) != run.spec.rules:
            reasons.append(f"the constraints, the judge or presidio were edited after the gate {gate} judged")
    return reasons + mixed(run, gates)


def mixed(run: Run, gates: tuple[str, ...]) -> list[str]:
    """Artefacts that were made from something else than what is in force."""
    reasons = []
    for gate in gates:
        artefact = run.find(asset_of(gate))
        for parent, content in (artefact.parents if artefact else {}).items():
            now = run.find(parent)
            if now is None or now.content != content:
                reasons.append(f"{asset_of(gate)} was made from another {parent} than the one in force")
    return reasons
