"""Questions by the mock endpoint over 1,100 real documents, through their gate, and traced back from the release."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline import stages
from synth_pipeline.adapters.project import store
from synth_pipeline.core.table import RECORD_ID
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.mock import plan_of, running
from synth_pipeline.stages import Run
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


def judged(corpus: Path, run: str = "one", **answers: object) -> tuple[Run, Judgement]:
    """Records through their gate, and how it judges."""
    with running(plan_of({"answers": answers})) as server:
        spec = DatasetSpec.model_validate({
            "name": "docstrings", "source": {"kind": "file", "path": str(corpus)},
            "columns": {"name": {"kind": "identifier"}, "text": {"kind": "text"}},
            "labels": {
                "kind": "language_model", "text": "text", "id": "name", "when_short": "keep",
                "endpoint": {"name": "local", "base_url": server.base_url, "model": "mock"},
            },
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
