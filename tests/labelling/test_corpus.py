"""The corpus of the shipped data set: docstrings of installed libraries."""

import os
import subprocess
import sys

from synth_pipeline.adapters.project import ROOT
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.defs.docstrings.corpus import MODULES, summaries


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
