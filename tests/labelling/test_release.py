"""Records from source to release, over 2,600 real documents; and the corpus that they come from."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pandas as pd
import pytest

from synth_pipeline.adapters.project import ROOT
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file, of_frame
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.defs.docstrings.corpus import MODULES, summaries
from synth_pipeline.stages import Run
from synth_pipeline.stages.labels import label_documents
from synth_pipeline.stages.status import status_of


@pytest.fixture(scope="module")
def declared(spec, corpus, tmp_path_factory) -> DatasetSpec:
    path = tmp_path_factory.mktemp("corpus") / "documents.parquet"
    corpus.sample(2_600, random_state=1).to_parquet(path, index=False)
    return DatasetSpec.model_validate(spec.model_dump() | {"source": {"kind": "file", "path": str(path)}})


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("home")


def run(declared: DatasetSpec, home: Path) -> Run:
    return Run(declared, Store(home), str(uuid.uuid4()))


@pytest.fixture(scope="module")
def made(declared, home):
    first = run(declared, home)
    return first, label_documents(first)


def test_records_are_released_with_their_origin_and_a_trace_in_the_ledger(made, corpus):
    first, outcome = made
    assert outcome.judgement.verdict.holds
    manifest = json.loads((outcome.folder / "manifest.json").read_text())
    status = status_of(first.store, first.name)
    assert status["labels"] == f"{manifest['version']}, {manifest['rows']:,} records, {manifest['verdict']}"
    assert status["release"] is None
    assert manifest["mode"] == "labels_only"
    assert manifest["rows"] == len(outcome.records) > 4_000
    assert manifest["files"] == {"data.parquet": of_file(outcome.folder / "data.parquet")}
    rows = pd.read_parquet(outcome.folder / "data.parquet")
    assert (rows["_provenance"] == "synthetic").all()
    assert rows["_record_id"].is_unique
    texts = corpus.set_index("name")["text"]
    for row in rows.sample(200, random_state=1).to_dict("records"):
        assert texts[row["document_id"]][row["start"] : row["end"]] == row["span"]
    train = pd.read_parquet(first.get("train").data)
    assert set(rows["document_id"]) <= set(train["name"])
    for kind in ("findings", "judgements"):
        ledger = first.ledger.read(kind, first.name)
        assert set(ledger.loc[ledger["gate"] == "grounding", "run_id"]) == {first.id}
    assert first.ledger.read("openings", first.name)["run_id"].tolist() == [first.id]


def test_an_equal_rerun_finds_its_release_there(made, declared, home):
    again = label_documents(run(declared, home))
    assert again.folder == made[1].folder
    assert (again.folder.parent / "current").resolve() == again.folder


def test_records_that_do_not_hold_are_not_released(declared, home):
    labels = declared.labels.model_dump() | {"rules": [{
        "kind": "vague", "find": r"^(?P<span>[A-Z][^\n]*\.)$", "questions": ["What does it say?"], "most": 1,
    }]}  # fmt: skip
    fields = declared.model_dump() | {"labels": labels}
    vague = Run(DatasetSpec.model_validate(fields), Store(home), str(uuid.uuid4()))
    outcome = label_documents(vague)
    assert outcome.judgement.verdict is Verdict.BLOCK
    assert outcome.folder is None
    assert any("round_trip lost" in reason for reason in outcome.judgement.reasons)
    assert len(list((home / "published/docstrings/labels").iterdir())) == 2  # the release of before, and its link


def test_a_data_set_without_labels_says_so(declared, home):
    with pytest.raises(SynthError, match="declares no labels"):
        label_documents(Run(declared.model_copy(update={"labels": None}), Store(home), "r"))


def test_the_corpus_is_real_and_holds_no_document_twice(corpus):
    assert set(corpus["library"]) == set(MODULES)
    assert corpus["library"].value_counts().min() > 100
    assert len(corpus) > 4_000
    assert corpus["name"].is_unique
    assert not corpus["text"].str.partition("\n\n")[2].duplicated().any()
    import scipy.stats

    row = corpus.set_index("name").loc["scipy.stats.zscore"]
    assert row["summary"] == "Compute the z score."
    assert row["object"] == "function"
    inside = row["text"].removeprefix("scipy.stats.zscore\n\n").splitlines()
    assert {line.strip() for line in inside} <= {line.strip() for line in scipy.stats.zscore.__doc__.splitlines()}


def test_the_corpus_is_the_same_in_every_process(corpus):
    code = (
        "from synth_pipeline.core.fingerprint import of_frame; "
        "from synth_pipeline.defs.docstrings.corpus import documents; print(of_frame(documents()))"
    )
    told = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, cwd=ROOT,
                       capture_output=True, text=True, check=True).stdout.split()[-1] for seed in "12"
    ]  # fmt: skip
    assert told == [of_frame(corpus)] * 2


def test_summaries_are_one_line_each_and_differ():
    found = summaries()["summary"]
    assert len(found) > 3_500
    assert not found.str.contains("\n").any()
    assert not found.str.lower().duplicated().any()
