"""Gates: an artefact is judged by its suite, and the judgement is in the ledger before anybody acts on it."""

import pandas as pd

from synth_pipeline.adapters.gates import DATA_GATES, LABEL_GATES, judge_findings, judge_table
from synth_pipeline.adapters.gates.suite import Suite
from synth_pipeline.adapters.project import suites
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.stages.generate import block_identity
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.run import Run
from synth_pipeline.steps import FAMILIES

MOST_ROWS = 1_000_000  # rows of a table that are judged; real parts lie in the order of a hash, so these are random
SYNTHETIC_GATES = ("candidates", "deduplicated")


def asset_of(gate: str) -> str:
    """The asset whose artefact a gate judges."""
    return "staged_release" if gate == "release" else gate


def judgement_of(run: Run, gate: str) -> Judgement:
    """How the artefact of a gate comes out, without a trace."""
    suite = suites().load(gate, run.name)
    artefact = run.get(asset_of(gate))
    return _judge_data(run, suite, artefact) if gate in DATA_GATES else _judge_findings(run, suite, artefact)


def judge(run: Run, gate: str) -> Judgement:
    """Judge the artefact of a gate and write down how it came out."""
    artefact = run.get(asset_of(gate))
    judgement = judgement_of(run, gate)
    run.ledger.write("judgements", [{
        **run.who(), "gate": gate, "artefact": artefact.content, "suite": judgement.suite,
        "verdict": judgement.verdict.value, "reasons": "\n".join(judgement.reasons),
    }])  # fmt: skip
    if gate == "memorisation" and judgement.verdict is Verdict.BLOCK and not _is_drill(run):
        identity = block_identity(run, run.get("source"), run.get("generator").facts.get("identity"))
        run.ledger.write("blocks", [{**run.who(), "identity": identity, "reasons": "; ".join(judgement.reasons)}])
    return judgement


def reasons_against(judgements: pd.DataFrame) -> list[str]:
    """Why a run was not let through, of its lines in the ledger: blocks before what was not measured, by gate."""
    order = [*DATA_GATES, *FAMILIES]
    against = judgements[~judgements["verdict"].isin([Verdict.PASS, Verdict.WARN])]
    lines = sorted(against.itertuples(), key=lambda one: (
        one.verdict != Verdict.BLOCK, order.index(one.gate) if one.gate in order else len(order)))  # fmt: skip
    return list(dict.fromkeys(reason for one in lines for reason in str(one.reasons).splitlines()))


def _judge_data(run: Run, suite: Suite, artefact: Artefact) -> Judgement:
    profile = table_of(run.get("train")) if suite.gate in SYNTHETIC_GATES else None
    return judge_table(suite, table_of(artefact, MOST_ROWS), run.spec.key, profile)


def _judge_findings(run: Run, suite: Suite, artefact: Artefact) -> Judgement:
    name = "findings.parquet" if suite.gate == "release" else "data.parquet"
    findings = pd.read_parquet(artefact.file(name))
    asks_utility = run.spec.target is not None or suite.gate in LABEL_GATES
    return judge_findings(suite, findings, without=[] if asks_utility else ["utility"])


def _is_drill(run: Run) -> bool:
    candidates = run.find("candidates")
    return candidates is not None and candidates.facts["drill"] > 0
