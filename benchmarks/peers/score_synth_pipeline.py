"""Our own audit at its defaults: ``python score_synth_pipeline.py FOLDER...``"""

from typing import Any

from protocol import Case, run

from synth_pipeline import Audit, audit
from synth_pipeline.core.errors import SynthError


def scores(case: Case) -> dict[str, Any]:
    try:
        found = audit(case.train, case.holdout, case.synthetic, target=case.target)
    except SynthError as error:
        return {"verdict": "refused", "shown": error.problem}
    gates = {one.gate: one.verdict.value for one in found.judgements}
    return {"verdict": found.verdict.value, "gates": gates, "reasons": found.reasons, "shown": _shown(found)}


def _shown(found: Audit) -> str:
    """The first measurement with the worst verdict, and what was expected of it."""
    worst = found.findings[found.findings["verdict"] == found.verdict.value]
    if found.verdict.value == "pass" or worst.empty:
        return ""
    row = worst.iloc[0]
    return f"{row['check']} {row['metric']} {row['value']:.3g} (expected {row['baseline']:.3g})".replace("_", " ")


if __name__ == "__main__":
    run(scores)
