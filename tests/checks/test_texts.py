"""Checks of text on sentences of real docstrings, 1,500 on each side: clean ones pass, and what is wrong is seen."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.checks import CHECKS, Evidence
from synth_pipeline.checks.corpora import corpora
from synth_pipeline.core.finding import Finding
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.redteam import FAULTS, Scene
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import open_sealed, run_checks

ROWS = 1_500
SCHEMA = Schema(columns=(Column(name="said", kind=Kind.TEXT, nullable=True), Column(name="of", kind=Kind.CATEGORY)))
TEXTS = [check for check in CHECKS if check.name.startswith("text_") and check.family != "privacy"]
SEEN = {
    "texts of few sentences": "text_diversity repeated",
    "texts of templates 30 %": "text_mmd mmd",
    "texts longer 30 %": "text_shape words",
    "vocabulary narrowed to 30 %": "text_shape lost words",
    "words shuffled 30 %": "text_form form",
    "texts in foreign languages 5 %": "text_form foreign",
}


@pytest.fixture(scope="module")
def sentences() -> Table:
    """Sentences of docstrings of three parts of libraries, each once; the part is the label."""
    rows = []
    for module in ("pandas.core", "scipy.stats", "sklearn.linear_model", "statsmodels.tsa"):
        for path in sorted(Path(str(find_spec(module).origin)).parent.rglob("*.py")):
            if "tests" not in path.parts:
                rows += [(sentence, module) for sentence in _said(path.read_text(encoding="utf-8"))]
    frame = pd.DataFrame(rows, columns=["said", "of"]).drop_duplicates("said", ignore_index=True)
    return Table.conform(frame, SCHEMA)


def _said(source: str) -> list[str]:
    """Sentences of 20 to 200 characters."""
    out = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
            prose = " ".join(text.split("\n\n")[0].split())
            out += [one for one in re.split(r"(?<=[.!?]) ", prose) if 20 <= len(one) <= 200]
    return out


@pytest.fixture(scope="module")
def corpus(sentences, split, evidence) -> Evidence:
    parts = split(sentences, ROWS, 1)
    return evidence(parts.train, parts.holdout, parts.spare, target="of")


@pytest.fixture(scope="module")
def judged(corpus, shipped):
    """What the shipped suites say of a synthetic table: the worst verdict of each check and metric."""

    def verdicts(made: Table) -> dict[str, str]:
        found = run_checks(TEXTS, corpus.of(made))
        out: dict[str, str] = {}
        for family in ("fidelity", "diversity"):
            findings = judge_findings(shipped.load(family), found[found["family"] == family]).findings
            for row in findings.sort_values("verdict", key=lambda one: one.ne("block"), ascending=False).itertuples():
                out[f"{row.check} {row.metric}"] = row.verdict
        return out

    return verdicts


def test_other_real_texts_pass(corpus, judged):
    said = judged(corpus.synthetic)
    assert len(said) == 19
    assert set(said.values()) <= {Verdict.PASS, Verdict.WARN}


@pytest.mark.parametrize("name", SEEN)
def test_a_planted_fault_is_seen(corpus, judged, name):
    fault = next(one for one in FAULTS if one.name == name)
    scene = Scene(corpus.train.table, corpus.holdout.table, corpus.synthetic, "of")
    assert judged(Table.conform(fault.planted(scene), SCHEMA))[SEEN[name]] == Verdict.BLOCK


def test_topics_that_never_come_are_lost(corpus, judged):
    """All texts are of one part of the four."""
    said = judged(corpus.synthetic.take(np.resize(np.flatnonzero(corpus.synthetic.frame["of"] == "scipy.stats"), ROWS)))
    assert said["text_topics topics"] == Verdict.BLOCK


def test_labels_of_other_texts_are_wrong(corpus, judged):
    stream = np.random.default_rng(1)
    frame = corpus.synthetic.frame
    wrong = np.where(stream.random(ROWS) < 0.4, stream.permutation(frame["of"]), frame["of"])
    said = judged(Table.conform(frame.assign(of=wrong), SCHEMA))
    assert said["text_labels mislabelled"] == Verdict.BLOCK
    assert said["text_shape words"] in (Verdict.PASS, Verdict.WARN)


def test_labels_that_say_nothing_of_the_text_cost_utility(corpus, measured):
    clean = measured("utility", corpus)["of, text model", "ratio"]
    assert clean.low < 1 < clean.high
    stream = np.random.default_rng(1)
    frame = corpus.synthetic.frame
    wrong = np.where(stream.random(ROWS) < 0.6, stream.permutation(frame["of"]), frame["of"])
    made = measured("utility", corpus.of(Table.conform(frame.assign(of=wrong), SCHEMA)))
    assert made["of, text model", "ratio"].high < 0.95
    assert made["of, text model", "skill"].value < clean.value - 0.1


def test_what_real_texts_were_encoded_on_is_not_compared(corpus):
    (column,) = corpora(corpus)
    learned, compared = set(column.learned.texts), set(column.texts.train)
    assert len(column.learned.texts) + len(column.texts.train) == ROWS
    assert not learned & compared
    assert len(learned) == ROWS // 3


def test_rows_of_an_entity_are_either_learned_from_or_compared(corpus, evidence):
    schema = Schema(columns=(*SCHEMA.columns, Column(name="who", kind=Kind.IDENTIFIER)))
    tables = [Table.conform(table.frame.assign(who=[f"{side} {row // 3}" for row in range(len(table))]), schema)
              for side, table in enumerate(corpus.tables)]  # fmt: skip
    (column,) = corpora(evidence(*tables, entity="who"))
    owner = dict(zip(tables[0].frame["said"], tables[0].frame["who"], strict=True))
    assert not {owner[text] for text in column.learned.texts} & {owner[text] for text in column.texts.train}


def test_a_language_without_blanks_is_read_by_its_characters(corpus, evidence, measured):
    """Letters written as ideographs, at most sixty to a text, without a blank: hardly a word comes twice."""

    def written(table: Table) -> Table:
        texts = ["".join(chr(0x4E00 + ord(sign.lower()) % 512) for sign in text if sign.isalpha())[:60]
                 for text in table.frame["said"]]  # fmt: skip
        return Table.conform(table.frame.assign(said=texts), SCHEMA)

    chinese = evidence(*map(written, corpus.tables))
    (column,) = corpora(chinese)
    assert column.learned.by_characters
    assert measured("text_classifier", chinese)["said", "auc"].value < 0.58
    reverse = chinese.synthetic.frame["said"].str[::-1]
    made = chinese.of(Table.conform(chinese.synthetic.frame.assign(said=reverse), SCHEMA))
    assert measured("text_classifier", made)["said", "auc"].value > 0.9


def test_nothing_but_missing_texts_is_far_from_real(corpus, judged):
    said = judged(Table.conform(corpus.synthetic.frame.assign(said=None), SCHEMA))
    assert {said["text_shape words"], said["text_form form"], said["text_topics topics"]} == {Verdict.BLOCK}
    assert said["text_diversity repeated"] == Verdict.UNMEASURED


def test_texts_of_one_word_have_no_runs_of_four(corpus, evidence, measured):
    tables = [Table.conform(table.frame.assign(said=table.frame["said"].str.split().str[-1]), SCHEMA)
              for table in corpus.tables]  # fmt: skip
    assert {metric for _, metric in measured("text_diversity", evidence(*tables))} == {"distinct words", "compressed"}


def test_json_that_does_not_parse_is_found(corpus, evidence, measured):
    def wrapped(table: Table, broken: int) -> Table:
        texts = [f'{{"said": {len(text)}}}' for text in table.frame["said"]]
        texts[:broken] = [text[:-1] for text in texts[:broken]]
        return Table.conform(table.frame.assign(said=texts), SCHEMA)

    tables = [wrapped(table, broken) for table, broken in zip(corpus.tables, (0, 0, 60), strict=True)]
    assert measured("text_form", evidence(*tables))["said", "unparsable"].value == pytest.approx(0.04)
    assert ("said", "unparsable") not in measured("text_form", corpus)


def test_python_that_does_not_parse_is_found(corpus, evidence, measured):
    def wrapped(table: Table, broken: int) -> Table:
        texts = [f"said = {len(text)}\n" for text in table.frame["said"]]
        texts[:broken] = [f"def {text}" for text in texts[:broken]]
        return Table.conform(table.frame.assign(said=texts), SCHEMA)

    tables = [wrapped(table, broken) for table, broken in zip(corpus.tables, (0, 0, 60), strict=True)]
    assert measured("text_form", evidence(*tables))["said", "no code"].value == pytest.approx(0.04)
    assert ("said", "no code") not in measured("text_form", corpus)


def test_tables_without_text_have_nothing_of_the_kind(survey):
    assert [list(check.measure(survey)) for check in TEXTS] == [[]] * len(TEXTS)


def test_a_corpus_of_text_alone_is_judged_by_its_texts(corpus, evidence, shipped):
    schema = Schema(columns=SCHEMA.columns[:1])
    alone = evidence(*(Table.conform(table.frame[["said"]], schema) for table in corpus.tables))
    for family in ("fidelity", "diversity"):
        found = run_checks([check for check in CHECKS if check.family == family], alone)
        assert judge_findings(shipped.load(family), found).verdict.holds
        assert found["check"].str.startswith("text_").any()


def test_too_few_texts_are_unmeasured(sentences, split, evidence, shipped):
    parts = split(sentences, 150, 1)
    found = run_checks(TEXTS, evidence(parts.train, parts.holdout, parts.spare))
    assert found["value"].isna().all()
    assert judge_findings(shipped.load("fidelity"), found[found["family"] == "fidelity"]).verdict == "unmeasured"


def test_no_finding_quotes_a_text(corpus):
    words = {word for text in corpus.train.table.frame["said"] for word in text.split() if len(word) > 12}
    for check in TEXTS:
        for one in check.measure(corpus):
            assert isinstance(one, Finding)
            assert not words & set(f"{one.subject} {one.metric} {one.note}".split())


def test_the_last_look_at_a_corpus_of_texts_alone_can_tell_them_too(corpus, shipped):
    alone = Schema(columns=SCHEMA.columns[:1])
    train, holdout, made = (Table(table.frame[["said"]].head(500), alone) for table in corpus.tables)
    evidence = Evidence(Train(train), corpus.holdout.__class__(holdout), made, None)
    found = open_sealed(Train(train), Sealed(holdout), made, evidence)
    assert found[found["metric"] == "auc"]["subject"].tolist() == ["said"]
    judged = judge_findings(shipped.load("release"), found, ["provenance"])
    assert judged.verdict is not Verdict.UNMEASURED


def test_missing_texts_add_no_noise_to_how_alike_the_others_are(corpus, evidence, measured):
    """Half of the texts are missing, on each side alike."""

    def thinned(table: Table) -> Table:
        said = table.frame["said"].where(np.arange(len(table)) % 2 == 0)
        return Table.conform(table.frame.assign(said=said), SCHEMA)

    whole = measured("text_topics", corpus)["said", "self-similarity"]
    half = measured("text_topics", evidence(*map(thinned, corpus.tables)))["said", "self-similarity"]
    assert half.high - half.low < 1.7 * (whole.high - whole.low)  # the root of two by the number of texts
