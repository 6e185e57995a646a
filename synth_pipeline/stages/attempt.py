"""A generator fitted and audited beside the declared one: a trace in the ledger, and nothing that is in force."""

import os
from dataclasses import dataclass

import pandas as pd

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.gates import judge_findings, judge_table
from synth_pipeline.adapters.project import suites
from synth_pipeline.checks import Evidence
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Judgement, Verdict, worst
from synth_pipeline.stages.audit import note_findings
from synth_pipeline.stages.documents import drop_similar
from synth_pipeline.stages.gate import judge
from synth_pipeline.stages.generate import block_identity, refuse_blocked
from synth_pipeline.stages.real import is_current, load_source, split_source, table_of
from synth_pipeline.stages.run import Run
from synth_pipeline.steps import FAMILIES, drop_repeats, fit, measure, sample

_REAL = ("source", "train", "holdout")


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """How the rows of one generator came out, and the CPU seconds that fit and sample took."""

    judgements: list[Judgement]
    rows: int
    cpu_seconds: float

    @property
    def verdict(self) -> Verdict:
        return worst(judgement.verdict for judgement in self.judgements)

    @property
    def reasons(self) -> list[str]:
        """One sentence for each line of a suite that does not hold."""
        return [reason for judgement in self.judgements for reason in judgement.reasons]

    @property
    def findings(self) -> pd.DataFrame:
        return pd.concat([one.findings for one in self.judgements if one.findings is not None], ignore_index=True)


def real_parts(run: Run) -> tuple[Train, Holdout]:
    """The split in force, or a new one where the source has changed since; raises SynthError where a gate fails."""
    if not is_current(run):
        load_source(run)
        split_source(run)
    for gate in _REAL:
        if not (judgement := judge(run, gate)).verdict.holds:
            told = "; ".join(judgement.reasons)
            raise SynthError(f"{run.name}: the gate {gate} says {judgement.verdict.value}: {told}.", "mend the source.")
    return Train(table_of(run.get("train"))), Holdout(table_of(run.get("holdout")))


def attempt(run: Run, evidence: Evidence, workers: int) -> Attempt:
    """Fit, sample and audit the generator of the run's spec; raises Refusal where a block of it is final.

    ``evidence`` holds the real rows; its synthetic ones are not looked at.  Findings are in the ledger before
    they are judged, and so is a memorisation block.
    """
    refuse_blocked(run, run.get("source"))
    spec, train = run.spec, evidence.train
    start = _cpu_seconds()
    drawer = fit(spec, train)
    with connected(drawer.spoken, run.store, run.name, run.id):
        candidates = sample(spec, drawer, spec.rows or len(train.table), workers)
    seconds = _cpu_seconds() - start
    kept = drop_repeats(spec, candidates, train).table
    distinct = drop_similar(run, spec, kept, spec.generator_name)
    kept = kept if distinct is None else distinct.table
    content = of_frame(kept.frame)
    judgements = [_of_table(run, gate, table, train) for gate, table in (("candidates", candidates),
                                                                         ("deduplicated", kept))]  # fmt: skip
    judgements += [_of_findings(run, gate, evidence.of(kept), content, workers) for gate in FAMILIES]
    done = Attempt(judgements, len(kept), seconds)
    note_attempt(run, done.verdict, done.reasons, content)
    return done


def note_attempt(run: Run, verdict: Verdict, reasons: list[str], content: str = "") -> None:
    """Count it; ``content`` is the hash of the rows, if there were any."""
    run.ledger.write("attempts", [{
        **run.who(), "generator": run.spec.generator_name, "identity": _identity(run), "seed": run.spec.seed,
        "artefact": content, "verdict": verdict.value, "reasons": "\n".join(reasons),
    }])  # fmt: skip


def _identity(run: Run) -> str:
    """Empty where the file of imported rows, which is part of it, is not there."""
    try:
        return run.spec.identity
    except SynthError:
        return ""


def _of_table(run: Run, gate: str, table: Table, train: Train) -> Judgement:
    return judge_table(suites().load(gate, run.name), table, run.spec.key, train.table)


def _of_findings(run: Run, gate: str, evidence: Evidence, content: str, workers: int) -> Judgement:
    findings = measure(gate, evidence, workers)
    note_findings(run, gate, content, findings)
    without = [*evidence.effort.left_out, *([] if run.spec.target else ["utility"])]
    judgement = judge_findings(suites().load(gate, run.name), findings, without)
    if gate == "memorisation" and judgement.verdict is Verdict.BLOCK:
        identity = block_identity(run, run.get("source"))
        run.ledger.write("blocks", [{**run.who(), "identity": identity, "reasons": "; ".join(judgement.reasons)}])
    return judgement


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])
