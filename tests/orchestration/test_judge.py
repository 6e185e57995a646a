"""A judge on a mock endpoint: good and bad rows, good and bad judges, and the rows that go to review.

Rows are sentences of 28 words or, where they are to be bad, of consonants; the judge knows what can be spoken.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_pipeline import stages
from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.adapters.project import ROOT, store
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.judge import Judge as JudgeCheck
from synth_pipeline.checks.verdicts import verdict_findings
from synth_pipeline.cli import app
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import Family, as_frame
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.judged import Judged, People, Scores
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.judging import Criterion
from synth_pipeline.stages import DRILL, Run
from synth_pipeline.stages.facts import facts_of_run
from synth_pipeline.stages.judging import judge_table
from synth_pipeline.stages.review import decide, review_facts, reviews_of
from synth_pipeline.stages.status import status_of
from synth_pipeline.stages.trace import trace
from tests.language_model import LABELS, sentences

SCHEMA = Schema(columns=(Column(name="text", kind=Kind.TEXT), Column(name="label", kind=Kind.CATEGORY)))
ROWS = 300


def rows(seed: int, gibberish: float = 0.0, count: int = ROWS) -> Table:
    stream, texts = np.random.default_rng(seed), sentences(count, seed)
    for place in range(round(gibberish * count)):
        texts[place] = " ".join("".join(stream.choice(list("bcdfghklmnprst"), 6)) for _ in range(8))
    return Table.conform(pd.DataFrame({"text": texts, "label": [LABELS[n % 3] for n in range(count)]}), SCHEMA)


def people(folder: Path, count: int = 80) -> Path:
    """Half of the rows good, half bad, one in ten of the scores wrong, and a column that nobody asked for."""
    table, path = rows(77, 0.5, count), folder / "people.csv"
    good = np.arange(count) >= count // 2
    good[::10] = ~good[::10]
    table.frame.assign(clear=np.where(good, 5, 1), sense=good.astype(int), by="Ada").to_csv(path, index=False)
    return path


@pytest.fixture
def serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Run, Running]]]:
    """A run whose judge answers as told; the server runs to the end of the test."""
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    open_ = []

    def run(name: str = "bank", with_people: bool = True, judging: dict[str, Any] | None = None, **plan: Any) -> Any:
        server = running(plan_of(plan))
        open_.append(server)
        where = server.__enter__()
        endpoint = {"name": "judge", "base_url": where.base_url, "model": "mock", "price": {"input": 1, "output": 2}}
        rubric = [{"name": "clear", "question": "Is it clear?", "scale": [1, 5]},
                  {"name": "sense", "question": "Does it make sense?"}]  # fmt: skip
        spec = DatasetSpec.model_validate({
            "name": name, "source": {"kind": "file", "path": str(tmp_path / "real.parquet")},
            "columns": {"text": {"kind": "text"}, "label": {"kind": "category"}},
            "judge": {"endpoint": endpoint, "rows": {
                "rubric": rubric, **({"people": str(people(tmp_path))} if with_people else {}), **(judging or {}),
            }},
        })  # fmt: skip
        return Run(spec, store(), "one"), where

    yield run
    for server in open_:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def suites(tmp_path_factory: pytest.TempPathFactory) -> Suites:
    """The lines about judges of the shipped suite of fidelity."""
    folder = tmp_path_factory.mktemp("expectations")
    raw = json.loads((ROOT / "expectations/default/fidelity.json").read_text())
    raw["expectations"] = [line for line in raw["expectations"] if line["kwargs"].get("check") == "judge"]
    assert len(raw["expectations"]) == 8
    (folder / "default").mkdir()
    (folder / "default/fidelity.json").write_text(json.dumps(raw))
    return Suites(folder)


def audited(run: Run, made: Table, suites: Suites, real: Table | None = None) -> Judgement:
    real = rows(2) if real is None else real
    evidence = Evidence(Train(rows(1)), Holdout(real), made)
    evidence = replace(evidence, judged=judge_table(run, made, real))
    return judge_findings(suites.load("fidelity"), as_frame(JudgeCheck().measure(evidence)))


def of(judgement: Judgement, metric: str) -> pd.DataFrame:
    assert judgement.findings is not None
    return judgement.findings[judgement.findings["metric"] == metric].set_index("subject")


def test_a_good_judge_lets_good_rows_pass(serve, suites):
    run, _ = serve()
    judgement = audited(run, rows(3), suites)
    assert judgement.verdict is Verdict.PASS, judgement.reasons
    assert (of(judgement, "kappa")["low"] > 0.5).all() and (of(judgement, "kappa")["n"] == 80).all()
    assert of(judgement, "agreement").loc["sense", "value"] == pytest.approx(0.9)
    below = of(judgement, "below acceptable")
    assert (below["value"] == 0).all() and (below["n"] == 200).all()


def test_bad_rows_are_blocked_by_a_good_judge_and_go_to_review(serve, suites):
    run, _ = serve()
    made = rows(3, gibberish=0.4)
    judgement = audited(run, made, suites)
    assert judgement.verdict is Verdict.BLOCK
    assert "judge below acceptable" in judgement.reasons[0]
    listed = reviews_of(store(), "bank")
    below = of(judgement, "as judged").loc["sense"]
    assert len(listed) == round(below["value"] * 200) == of(judgement, "to review").loc["all criteria", "value"]
    bad = set(made.frame["text"][: round(0.4 * ROWS)])
    assert all(one.row["text"] in bad and one.state == "open" and "sense" in one.why for one in listed)


def test_what_the_judge_does_not_see_is_allowed_for_by_what_people_have_judged():
    """People find half of 200 rows bad; the judge finds 90 % of these, and 30 % of the others: it sees 60 %."""
    rubric = (Criterion(name="sense", question="Does it?"),)
    theirs = np.repeat([0.0, 1.0], 100)[:, None]
    own = np.concatenate([np.arange(100) >= 90, np.arange(100) >= 30]).astype(float)[:, None]

    def judged(share: float, control: bool) -> Judged:
        below, real = (Scores((np.arange(1_000) >= 1_000 * one).astype(float)[:, None, None], ("",) * 1_000)
                       for one in (share, 0.3))  # fmt: skip
        people = People(theirs, Scores(own[:, :, None], ("",) * 200))
        return Judged(rubric, below, ("",) * 1_000, real if control else None, people)

    none = {one.metric: one for one in verdict_findings(judged(0.0, True), Family.FIDELITY, Seed(1))}[
        "below acceptable"
    ]
    assert none.low == none.value == 0, "a share is none below 0"
    for control in (True, False):
        found = {one.metric: one for one in verdict_findings(judged(0.42, control), Family.FIDELITY, Seed(1))}
        assert found["as judged"].value == 0.42 and found["as judged"].baseline == 0.3
        assert found["below acceptable"].value == pytest.approx(0.3 + 0.12 / 0.6)
        assert found["below acceptable"].low == pytest.approx(0.3 + (found["as judged"].low - 0.3) / 0.6)
        assert "sees 60% of what people find" in found["below acceptable"].note


def test_a_drill_shows_no_judge_and_no_reviewer_the_rows_of_train_that_it_plants(serve):
    run, where = serve()
    drill = replace(run, tags={DRILL: "0.2"})
    assert judge_table(drill, rows(1), rows(2)) is None
    assert not where.stats(totals=True)["billed"] and not reviews_of(run.store, run.name)


def test_real_rows_that_are_as_bad_are_no_fault_of_the_synthetic_ones(serve, suites):
    run, _ = serve()
    judgement = audited(run, rows(3, gibberish=0.2), suites, rows(2, gibberish=0.2))
    assert judgement.verdict is Verdict.PASS, judgement.reasons
    assert 0.1 < of(judgement, "below acceptable").loc["sense", "baseline"] < 0.3


@pytest.mark.parametrize("judge", ["random", "lenient"])
@pytest.mark.parametrize("gibberish", [0.0, 1.0])
def test_a_judge_that_does_not_agree_with_people_can_neither_pass_nor_block(serve, suites, judge, gibberish):
    run, _ = serve(answers={"judge": judge})
    judgement = audited(run, rows(3, gibberish), suites)
    assert judgement.verdict is Verdict.UNMEASURED
    assert any("kappa" in reason and "not shown to be 0.4" in reason for reason in judgement.reasons)
    assert {*judgement.findings["verdict"]} == {"unmeasured"}


@pytest.mark.parametrize(("agreement", "verdict"), [(0.9, Verdict.PASS), (0.3, Verdict.UNMEASURED)])
def test_a_judge_is_believed_as_far_as_it_agrees(serve, suites, agreement, verdict):
    run, _ = serve(answers={"agreement": agreement})
    assert audited(run, rows(3), suites).verdict is verdict


def test_without_people_a_pass_is_a_warning_and_bad_rows_are_blocked(serve, suites):
    run, _ = serve(with_people=False)
    judgement = audited(run, rows(3), suites)
    assert judgement.verdict is Verdict.WARN
    assert of(judgement, "without people")["verdict"].tolist() == ["warn"]
    assert audited(run, rows(3, gibberish=1.0), suites).verdict is Verdict.BLOCK


@pytest.mark.parametrize(("given", "told"), [
    ({"clear": [5] * 80, "sense": [1] * 80}, "the same score"), ({"clear": [5, None] * 40}, "40 rows"),
    ({"clear": [5] * 20 + [None] * 60}, "20 rows both"),
])  # fmt: skip
def test_people_who_say_too_little_show_no_agreement(serve, suites, tmp_path, given, told):
    run, _ = serve()
    frame = pd.read_csv(tmp_path / "people.csv").assign(**given)
    frame.to_csv(tmp_path / "people.csv", index=False)
    judgement = audited(run, rows(3), suites)
    if "40" in told:
        assert judgement.verdict is Verdict.UNMEASURED  # of scores that are all 5
        return
    assert judgement.verdict is Verdict.UNMEASURED and told in judgement.reasons[0]


def test_a_budget_that_ends_or_an_endpoint_that_fails_is_never_a_pass(serve, suites):
    run, _ = serve(faults=[{"kind": "refused", "share": 0.3}])
    judgement = audited(run, rows(3), suites)
    assert judgement.verdict is Verdict.UNMEASURED
    assert "refused by the model" in of(judgement, "below acceptable").loc["clear", "note"]
    poor = type(run.spec.judge).model_validate(
        run.spec.judge.model_dump() | {"budget": {"amount": 3_000, "unit": "tokens"}}
    )
    other = Run(run.spec.model_copy(update={"name": "other", "judge": poor}), store(), "two")
    assert audited(other, rows(5), suites).verdict is Verdict.UNMEASURED


def test_a_rerun_pays_nothing_and_says_the_same_and_other_rows_pay_for_themselves(serve, suites):
    run, server = serve()
    first = audited(run, rows(3), suites)
    paid = server.stats(totals=True)["billed"]
    assert paid == 200 + 200 + 80
    again = audited(run, rows(3), suites)
    assert again.findings.equals(first.findings) and server.stats(totals=True)["billed"] == paid
    audited(run, rows(4), suites)
    assert server.stats(totals=True)["billed"] == paid + 200, "real rows and those of people stay as they are"
    assert server.stats(totals=True)["most_billed"] == 1


def test_samples_that_are_at_odds_are_told_and_go_to_review(serve, suites):
    run, server = serve(with_people=False, judging={"samples": 3, "sample": 50}, answers={"judge": "random"})
    judgement = audited(run, rows(3), suites)
    assert server.stats(totals=True)["billed"] == 3 * 100
    wavering = of(judgement, "wavering").loc["sense"]
    assert 0.55 < wavering["value"] < 0.95 and wavering["verdict"] == "warn"
    assert any("samples of the judge are at odds" in one.why for one in reviews_of(store(), "bank"))


def test_people_who_judged_a_synthetic_row_otherwise_send_it_to_review(serve, suites, tmp_path):
    run, _ = serve(judging={"sample": 300})
    made = rows(3)
    frame = pd.read_csv(tmp_path / "people.csv")
    named = made.frame.iloc[[4]].assign(clear=1, sense=1, by="Bo")
    pd.concat([frame, named]).to_csv(tmp_path / "people.csv", index=False)
    audited(run, made, suites)
    (one,) = reviews_of(store(), "bank")
    assert one.row == made.frame.iloc[4].to_dict() and one.why.startswith("people have judged otherwise: clear")


@pytest.mark.parametrize(("change", "told"), [
    (lambda frame: frame.assign(clear=9), "does not lie from 1 to 5"), (None, "does not exist"),
    (lambda frame: frame.drop(columns="sense"), "lacks"), (lambda frame: frame.assign(clear="fine"), "does not hold"),
])  # fmt: skip
def test_a_file_of_people_that_is_wrong_is_told(serve, suites, tmp_path, change, told):
    run, server = serve()
    path = tmp_path / "people.csv"
    if change is None:
        path.unlink()
    else:
        change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(SynthError, match=told):
        audited(run, rows(3), suites)
    assert server.stats(totals=True)["billed"] == 0


def staged(run: Run, made: Table) -> Run:
    """As a generator and the gates would have left it, without the gates."""
    pd.concat([rows(2).frame, rows(8).frame]).to_parquet(run.spec.source.path, index=False)
    stages.load_source(run)
    stages.split_source(run)
    facts = {"seed": 0, "generator": "hand-1", "spec": run.spec.hash, "schema": run.get("train").facts["schema"],
             "fit_rows": 1, "train_rows": 1}  # fmt: skip
    for asset in ("generator", "candidates"):
        with run.store.writing(run.name, asset, run.id) as draft:
            made.frame.to_parquet(draft.data, index=False)
            draft.content, draft.facts = of_frame(made.frame), {"rows": len(made), "drill": 0.0, **facts}
    stages.remove_repeats(run)
    return run


def test_the_audit_asks_the_judge_and_report_and_status_say_what_came_of_it(serve):
    run, server = serve()
    staged(run, rows(3, gibberish=0.3))
    stages.audit(run, "fidelity")
    findings = pd.read_parquet(run.get("fidelity").data)
    assert {"kappa", "below acceptable", "to review"} < {*findings.loc[findings["check"] == "judge", "metric"]}
    assert (run.ledger.read("findings")["check"] == "judge").sum() == (findings["check"] == "judge").sum() > 0
    shown = min(200, run.get("holdout").facts["rows"])
    assert server.stats(totals=True)["billed"] == shown + 200 + 80
    about = facts_of_run(run).about
    assert "shown rows of the holdout" in about["Judge"] and "over 80 rows of people" in about["Judge and people"]
    assert "rows wait for a decision" in status_of(store(), "bank")["review"]


def test_a_report_tells_what_the_judge_said_of_its_own_rows_and_of_no_others(serve):
    run, _ = serve()
    staged(run, rows(3))
    told = facts_of_run(run).about
    assert told["Judge"] == "mock at judge: no verdicts on this content yet" and "Judge and people" not in told
    stages.audit(run, "fidelity")
    assert "kappa" in facts_of_run(run).about["Judge and people"]

    other = staged(replace(run, id="two"), rows(4))
    assert other.find("fidelity").run == "one", "the findings in force are about the rows of the first run"
    again = facts_of_run(other).about
    assert again["Judge"] == told["Judge"] and "Judge and people" not in again
    endpoint = run.spec.judge.endpoint.model_copy(update={"model": "another"})
    judge = run.spec.judge.model_copy(update={"endpoint": endpoint})
    swapped = replace(run, spec=run.spec.model_copy(update={"judge": judge}))
    assert facts_of_run(swapped).about["Judge"] == "another at judge: no verdicts on this content yet"


def test_a_rejected_row_is_in_no_later_release_and_an_accepted_one_names_its_reviewer(
    serve, suites, monkeypatch, tmp_path
):
    run, _ = serve()
    made = rows(3, gibberish=0.1)
    audited(staged(run, made), made, suites)
    first, second, *others = reviews_of(store(), "bank")
    said = CliRunner().invoke
    monkeypatch.setattr("synth_pipeline.cli.records.spec_of", lambda name: run.spec)
    listed = said(app, ["review", "bank"])
    assert first.record[:12] in listed.output and first.row["text"] in listed.output
    assert f"{len(others) + 2} of {len(others) + 2} rows wait" in listed.output
    done = said(app, ["review", "bank", "--accept", first.record[:12], "--reject", second.record, "--by", "Ada"])
    assert done.exit_code == 0, done.output
    assert f"{len(others)} of {len(others) + 2} rows wait" in said(app, ["review", "bank"]).output

    later = staged(replace(run, id="two"), made)
    texts = pd.read_parquet(later.get("deduplicated").data)["text"].tolist()
    assert second.row["text"] not in texts and first.row["text"] in texts and len(texts) == ROWS - 1
    assert later.get("deduplicated").facts["dropped_rejected"] == 1

    gates = ("source", "train", "holdout", "candidates", "deduplicated")
    monkeypatch.setattr("synth_pipeline.stages.stage.CHAIN", gates)
    monkeypatch.setattr("synth_pipeline.stages.stage.failed_gates", lambda run, gates: [])
    monkeypatch.setattr("synth_pipeline.stages.stage._findings", lambda *_: pd.DataFrame({"check": []}))
    released = pd.read_parquet(stages.stage_release(later).data).set_index("text")[RECORD_ID]
    facts = trace(store(), released[first.row["text"]]).facts
    assert (facts["review"], facts["reviewer"]) == ("accepted", "Ada") and "below acceptable" in facts[
        "review asked since"
    ]
    assert trace(store(), released[others[0].row["text"]]).facts["review"] == "open"
    assert "review" not in trace(store(), released[made.frame["text"].iloc[-1]]).facts


def test_decisions_can_be_changed_and_need_a_name_and_a_record(serve, suites):
    run, _ = serve()
    made = rows(3, gibberish=0.05)
    audited(run, made, suites)
    one = reviews_of(store(), "bank")[0]
    audited(run, made, suites)
    assert len(reviews_of(store(), "bank")) == len(run.ledger.read("reviews")), "nothing is asked for twice"
    decide(store(), "bank", one.record, "rejected", "Ada")
    assert decide(store(), "bank", one.record, "accepted", "Bo").reviewer == "Bo"
    audited(run, made, suites)
    assert reviews_of(store(), "bank")[0].state == "accepted"
    for record, by, told in (("000000", "Ada", "no record"), (one.record[:3], "Ada", "no record"),
                             (one.record, " ", "name of who")):  # fmt: skip
        with pytest.raises(SynthError, match=told):
            decide(store(), "bank", record, "accepted", by)
    assert review_facts(store(), "bank", rows(9)) == {}


def test_the_judge_is_part_of_what_a_release_is_verified_by_and_not_of_what_it_is(serve):
    run, _ = serve()
    without = run.spec.model_copy(update={"judge": None})
    assert without.rules == "" != run.spec.rules
    assert (without.hash, without.identity) == (run.spec.hash, run.spec.identity)
    richer = run.spec.judge.model_dump() | {"budget": {"amount": 3}}
    assert DatasetSpec.model_validate(run.spec.model_dump() | {"judge": richer}).rules == run.spec.rules
