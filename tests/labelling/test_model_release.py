"""Questions by the mock endpoint over 1,100 real documents, through their gate, and traced back from the release."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline import stages
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import store
from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import plan_of, running
from synth_pipeline.stages import Run
from synth_pipeline.stages.label_facts import facts_of_labels
from synth_pipeline.stages.review import decide
from synth_pipeline.stages.trace import trace

DOCUMENTS = 1_100


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Documents of three sentences over 3,000 made-up words, so that a question can find its document again."""
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    stream = np.random.default_rng(7)
    words = ["".join(stream.choice(list("abcdefghijklmnop"), 6)) for _ in range(3_000)]
    texts = [" ".join(" ".join(stream.choice(words, 7)).capitalize() + "." for _ in range(3)) for _ in range(DOCUMENTS)]
    path = tmp_path / "documents.parquet"
    pd.DataFrame({"name": [f"doc {place}" for place in range(DOCUMENTS)], "text": texts}).to_parquet(path, index=False)
    return path


def judged(
    corpus: Path, run: str = "one", samples: int = 0, judging: dict[str, object] | None = None, **answers: object
) -> tuple[Run, Judgement]:
    """Records through their gate, and how it judges."""
    with running(plan_of({"answers": answers})) as server:
        endpoint = {"name": "local", "base_url": server.base_url, "model": "mock"}
        spec = DatasetSpec.model_validate({
            "name": "docstrings", "source": {"kind": "file", "path": str(corpus)},
            "columns": {"name": {"kind": "identifier"}, "text": {"kind": "text"}},
            "labels": {
                "kind": "language_model", "text": "text", "id": "name", "when_short": "keep",
                "endpoint": endpoint, "samples": samples,
            },
            **({"judge": {"endpoint": endpoint, "labels": judging}} if judging else {}),
        })  # fmt: skip
        done = Run(spec, store(), run)
        stages.load_source(done)
        stages.split_source(done)
        assert all(stages.judge(done, gate).verdict.holds for gate in ("source", "train", "holdout"))
        stages.make_labels(done)
        stages.audit_labels(done)
        return done, stages.judge(done, "grounding")


def test_a_good_endpoint_is_released_and_each_record_is_traced_to_its_document(corpus):
    run, judgement = judged(corpus)
    assert judgement.verdict is Verdict.PASS, judgement.reasons
    released = pd.read_parquet(stages.release_labels(run).folder / "data.parquet")
    record = released.iloc[5]
    found = trace(store(), record[RECORD_ID])
    assert found.facts["parents"] == record["document_id"] and found.facts["mode"] == "labels_only"
    assert record["span"] in found.messages[1]["content"] and record["question"] in found.answer
    assert len(released) == run.get("train").facts["rows"] == released["question"].nunique()


@pytest.mark.parametrize("mode", ["ungrounded", "low-diversity"])
def test_an_endpoint_that_quotes_nothing_or_asks_one_thing_is_blocked(corpus, mode):
    run, judgement = judged(corpus, mode=mode, share=0.9)
    assert not judgement.verdict.holds
    assert any("spread" in reason for reason in judgement.reasons)
    assert any("the gate grounding says" in reason for reason in stages.verify_labels(run))


def records(run: Run) -> pd.DataFrame:
    return pd.read_parquet(run.get("labels").data)


def test_a_judge_of_records_sees_no_more_than_they_say_and_what_a_reviewer_rejects_is_left_out(corpus, tmp_path):
    """Documents are words that can be spoken; in 60 records of people half are not."""
    stream = np.random.default_rng(9)
    spoken, unspoken = ([" ".join("".join(stream.choice(list(letters), 6)) for _ in range(5)) for _ in range(30)]
                        for letters in ("abeilot", "bcdfgk"))  # fmt: skip
    words = [*spoken, *unspoken]
    people = pd.DataFrame({"question": words, "answer": words, "span": words, "right": [1] * 30 + [0] * 30})
    people.to_csv(tmp_path / "people.csv", index=False)
    rubric = [{"name": "right", "question": "Do the words bear the answer out?"}]
    judging = {"rubric": rubric, "people": str(tmp_path / "people.csv"), "sample": 300}
    one, judgement = judged(corpus, samples=1, judging=judging)
    assert judgement.verdict is Verdict.PASS and judgement.findings is not None, judgement.reasons
    found = judgement.findings.set_index("metric")
    assert found.loc["at odds", "value"] < 0.02
    assert found.loc["kappa", "value"] > 0.9 and found.loc["below acceptable", "n"] == 300
    stages.audit_labels(one)
    assert Ledger(store()).read("openings")["run_id"].tolist() == ["one"], "the judge alone is asked again"
    again = pd.read_parquet(one.get("grounding").data)
    assert again["check"].tolist() == judgement.findings["check"].tolist()
    spare = one.spec.labels.endpoint.model_copy(update={"name": "spare"})
    labels = one.spec.labels.model_copy(update={"others": (spare,)})
    about = facts_of_labels(replace(one, spec=one.spec.model_copy(update={"labels": labels}))).about
    assert (
        about["Language model"] == "mock at local, mock at spare, each of which may have been shown documents of train"
    )
    assert about["Judge"].startswith("mock at local, which was shown questions and answers, each with the words of a")
    assert "over 60 rows of people" in about["Judge and people"]
    two, lenient = judged(corpus, "two", samples=1, judging=judging, judge="lenient")
    assert lenient.verdict is Verdict.UNMEASURED and "kappa" in lenient.reasons[0]
    assert any("the gate grounding says" in reason for reason in stages.verify_labels(two))
    made = records(one)
    record, other = row_hashes(Table.conform(made[RECORDS.names].head(2), RECORDS))
    event = {"dataset": "docstrings", "run_id": "one", "of": "labels", "state": "open", "why": "odd", "said": "",
             "reviewer": "", "row": "{}"}  # fmt: skip
    Ledger(store()).write("reviews", [{**event, "record": name} for name in (record, other)])
    decide(store(), "docstrings", record[:12], "rejected", "Ada")
    decide(store(), "docstrings", other[:12], "accepted", "Bo")
    found = trace(store(), made[RECORD_ID].iloc[1])
    assert (found.facts["review"], found.facts["reviewer"]) == ("accepted", "Bo") and found.messages
    three, _ = judged(corpus, "three", samples=1, judging=judging)
    assert three.get("labels").facts["dropped"]["rejected by a reviewer"] == 1
    assert len(records(three)) == len(made) - 1


def test_answers_that_are_not_given_again_are_dropped_and_too_many_of_them_block(corpus):
    run, judgement = judged(corpus, samples=1, agreement=0.2)
    assert judgement.findings is not None
    at_odds = judgement.findings.set_index("metric").loc["at odds"]
    assert at_odds["verdict"] == "block" and 0.45 < at_odds["value"] < 0.6  # .2 + .8 / 3 are kept
    assert run.get("labels").facts["dropped"]["answered otherwise when asked again"] > 0.8 * len(records(run))
