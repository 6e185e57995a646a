"""Questions by the mock endpoint over 1,100 real documents, through their gate, and traced back from the release."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import store
from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import plan_of, running
from synth_pipeline.stages import Run
from synth_pipeline.stages.labels import LabelsMade, label_documents
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


def made(
    corpus: Path, run: str = "one", samples: int = 0, judging: dict[str, object] | None = None, **answers: object
) -> LabelsMade:
    with running(plan_of({"answers": answers})) as server:
        endpoint = {"name": "local", "base_url": server.base_url, "model": "mock"}
        spec = DatasetSpec.model_validate({
            "name": "faq", "source": {"kind": "file", "path": str(corpus)},
            "columns": {"name": {"kind": "identifier"}, "text": {"kind": "text"}},
            "labels": {
                "kind": "language_model", "text": "text", "id": "name", "when_short": "keep",
                "endpoint": endpoint, "samples": samples,
            },
            **({"judge": {"endpoint": endpoint, "labels": judging}} if judging else {}),
        })  # fmt: skip
        return label_documents(Run(spec, store(), run))


def test_a_good_endpoint_is_released_and_each_record_is_traced_to_its_document(corpus):
    done = made(corpus)
    assert done.judgement.verdict is Verdict.PASS, done.judgement.reasons
    assert done.folder is not None
    released = pd.read_parquet(done.folder / "data.parquet")
    record = released.iloc[5]
    found = trace(store(), record[RECORD_ID])
    assert found.facts["parents"] == record["document_id"] and found.facts["mode"] == "labels_only"
    assert record["span"] in found.messages[1]["content"] and record["question"] in found.answer
    assert len(released) == done.documents == released["question"].nunique()


@pytest.mark.parametrize("mode", ["ungrounded", "low-diversity"])
def test_an_endpoint_that_quotes_nothing_or_asks_one_thing_is_blocked(corpus, mode):
    done = made(corpus, mode=mode, share=0.9)
    assert not done.judgement.verdict.holds and done.folder is None
    assert any("spread" in reason for reason in done.judgement.reasons)


def test_a_judge_of_records_sees_no_more_than_they_say_and_what_a_reviewer_rejects_is_left_out(corpus, tmp_path):
    """Documents are words that can be spoken; in 60 records of people half are not."""
    stream = np.random.default_rng(9)
    spoken, unspoken = ([" ".join("".join(stream.choice(list(letters), 6)) for _ in range(5)) for _ in range(30)]
                        for letters in ("abeilot", "bcdfgk"))  # fmt: skip
    words = [*spoken, *unspoken]
    people = pd.DataFrame({"question": words, "answer": words, "span": words, "right": [1] * 30 + [0] * 30})
    people.to_csv(tmp_path / "people.csv", index=False)
    rubric = [{"name": "right", "question": "Do the words bear the answer out?"}]
    judging = {"rubric": rubric, "people": str(tmp_path / "people.csv")}
    done = made(corpus, samples=1, judging=judging)
    found = done.judgement.findings.set_index("metric")
    assert done.judgement.verdict is Verdict.PASS, done.judgement.reasons
    assert found.loc["at odds", "value"] < 0.02
    assert found.loc["kappa", "value"] > 0.9 and found.loc["below acceptable", "n"] == 200
    lenient = made(corpus, "two", samples=1, judging=judging, judge="lenient")
    assert lenient.judgement.verdict is Verdict.UNMEASURED and lenient.folder is None
    assert "kappa" in lenient.judgement.reasons[0]
    record, other = row_hashes(Table.conform(done.records.head(2), RECORDS))
    event = {"dataset": "faq", "run_id": "one", "of": "labels", "state": "open", "why": "odd", "reviewer": "",
             "row": "{}"}  # fmt: skip
    Ledger(store()).write("reviews", [{**event, "record": name} for name in (record, other)])
    decide(store(), "faq", record[:12], "rejected", "Ada")
    decide(store(), "faq", other[:12], "accepted", "Bo")
    found = trace(store(), pd.read_parquet(done.folder / "data.parquet")[RECORD_ID].iloc[1])
    assert (found.facts["review"], found.facts["reviewer"]) == ("accepted", "Bo") and found.messages
    again = made(corpus, "three", samples=1, judging=judging)
    assert again.dropped["rejected by a reviewer"] == 1 and len(again.records) == len(done.records) - 1


def test_answers_that_are_not_given_again_are_dropped_and_too_many_of_them_block(corpus):
    fickle = made(corpus, samples=1, agreement=0.2)
    at_odds = fickle.judgement.findings.set_index("metric").loc["at odds"]
    assert at_odds["verdict"] == "block" and 0.45 < at_odds["value"] < 0.6  # .2 + .8 / 3 are kept
    assert fickle.dropped["answered otherwise when asked again"] > 0.8 * len(fickle.records)
