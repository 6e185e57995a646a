"""What the report and the card of a run are made from."""

from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.gates import FINDING_GATES, GATES, LABEL_GATES
from synth_pipeline.adapters.storage import LABELS, Artefact, write_aside
from synth_pipeline.checks.verdicts import NAME as JUDGE
from synth_pipeline.core.verdict import Judgement, Line, Verdict, worst
from synth_pipeline.reports import ReportFacts, report
from synth_pipeline.spec.asking import Asks, Spoken
from synth_pipeline.spec.judging import Judging
from synth_pipeline.stages.audit import evidence_of
from synth_pipeline.stages.gate import asset_of, judgement_of
from synth_pipeline.stages.run import Run


def facts_of_run(run: Run) -> ReportFacts:
    """Verdicts, reasons and tables as they stand for this run."""
    judgements = [judgement for gate in GATES if (judgement := standing_judgement(run, gate)) is not None]
    return ReportFacts(
        title=run.name,
        description=run.spec.description,
        verdict=worst(judgement.verdict for judgement in judgements),
        reasons=[reason for judgement in judgements for reason in judgement.reasons],
        about=_about(run),
        judgements=judgements,
        evidence=evidence_of(run),
        sensitive=run.spec.sensitive,
    )


def refusal_report(run: Run) -> Path | None:
    """Write the report of rows that were not released into the restricted area, as far as the run came.

    None where the run made no rows, or released them: what failed then were the records over documents.
    """
    if run.store.made_by(run.name, "deduplicated", run.id) is None or run.released() is not None:
        return None
    path = run.store.restricted / run.name / "refused" / run.id / "report.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_aside(path, report(facts_of_run(run)))
    return path


def standing_judgement(run: Run, gate: str) -> Judgement | None:
    """Of a gate over findings, judged again; of the others as it stands in the ledger."""
    artefact = run.find(asset_of(gate))
    if artefact is None:
        return None
    if gate in (*FINDING_GATES, *LABEL_GATES):
        return judgement_of(run, gate) if _is_of_now(run, gate, artefact) else None
    ledger = run.ledger.read("judgements", run.name)
    mine = ledger[(ledger["gate"] == gate) & (ledger["artefact"] == artefact.content)]
    if not len(mine):
        return None
    last = mine.iloc[-1]
    line = Line(f"expectations of {gate}", "critical", Verdict(last["verdict"]), str(last["reasons"]))
    return Judgement(gate, str(last["suite"]), (line,))


def _about(run: Run) -> dict[str, str]:
    rows = run.get("deduplicated").facts
    about = {
        "Data set": run.name,
        "Generator": f"{rows['generator']}, seed {rows['seed']}",
        "Synthetic rows": f"{rows['rows']:,}",
        "Repeats": f"{rows['kept_repeats']:,} kept as in the real table, "
                   f"{rows['dropped_beyond_real'] + rows['dropped_by_key']:,} dropped",
        **_similar(rows),
        **{f"Real rows, {side}": f"{run.get(side).facts['rows']:,}" for side in ("train", "holdout", "sealed")},
        "Source": run.get("source").content,
        "Spec": rows["spec"],
    }  # fmt: skip
    staged = run.find("staged_release")
    if staged is not None and staged.parents["deduplicated"] == run.get("deduplicated").content:
        about |= {"Version": staged.content, "Batch": staged.facts["batch_id"]}
        if dropped := staged.facts.get("dropped_evaluation"):
            about["Synthetic rows"] += f", of which {dropped:,} held a sealed document and are not in the release"
    if "left_out" in rows:
        about["Left out of what was answered"] = rows["left_out"]
    if rows.get("missing_rows"):
        about["Missing rows"] = f"{rows['missing_rows']:,} that were wanted and could not be had"
    if isinstance(asks := run.spec.generator, Spoken):
        about["Language model"] = who_saw(asks, "rows of train")
    if run.spec.judge is not None:
        about |= judge_facts(run, "fidelity", run.spec.judge.rows, "rows of the holdout")
    if rows.get("dropped_rejected"):
        about["Rejected by a reviewer"] = f"{rows['dropped_rejected']:,} synthetic rows, which are left out"
    fitted = run.get("generator").facts
    if fitted["fit_rows"] < fitted["train_rows"]:
        about["Fitted on"] = f"a random sample of {fitted['fit_rows']:,} train rows"
    return about


def who_saw(asks: Spoken, what: str) -> str:
    """All models that are sent something, each with its endpoint; of several any may have answered for another."""
    return f"{_models(asks)}, {'each of which may have been' if asks.others else 'which was'} shown {what}"


def judge_facts(run: Run, gate: str, judging: Judging | None, shown: str) -> dict[str, str]:
    """Who judged, what of the real data they were shown, and how far they agree with people, by criterion.

    Only by findings about what is in force; nothing where nothing is declared to be judged.
    """
    judge, artefact = run.spec.judge, run.find(gate)
    if judge is None or judging is None:
        return {}
    stands = artefact is not None and _is_of_now(run, gate, artefact) and artefact.facts.get("rules") == run.spec.rules
    findings = pd.read_parquet(artefact.data) if artefact is not None and stands else pd.DataFrame({"check": []})
    mine = findings[findings["check"] == JUDGE]
    if not len(mine):
        return {"Judge": f"{_models(judge)}: no verdicts on this content yet"}
    told = [f"{one.subject}: {one.note}" for one in mine.itertuples() if one.metric == "kappa"]
    nobody = "no people have judged, so that nobody knows whether the judge can tell"
    return {"Judge": who_saw(judge, shown), "Judge and people": "; ".join(told) or nobody}


def _models(asks: Asks) -> str:
    return ", ".join(f"{one.model} at {one.name}" for one in asks.endpoints)


def _is_of_now(run: Run, gate: str, artefact: Artefact) -> bool:
    """Whether findings are about the rows, or records, in force."""
    judged = LABELS if gate in LABEL_GATES else "deduplicated"
    return artefact.parents[judged] == run.get(judged).content


def _similar(rows: dict[str, Any]) -> dict[str, str]:
    """Documents that were dropped for what they resemble; nothing for other tables."""
    if "dropped_near" not in rows:
        return {}
    told = {"near": "near duplicates", "semantic": "saying the same", "evaluation": "holding an item of an evaluation "
            "set", "earlier": "near an earlier release"}  # fmt: skip
    return {"Documents dropped": ", ".join(f"{rows[f'dropped_{kind}']:,} {words}" for kind, words in told.items())}
