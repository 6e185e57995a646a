"""Leaks of text are found, and clean texts raise no alarm more often than they may: on paragraphs of docstrings."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from benchmarks.passages import distinct, passages, replaced, shortened
from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.checks import CHECKS as ALL_CHECKS
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.canaries import INCLUDED, Canaries, planted
from synth_pipeline.checks.paraphrases import natural
from synth_pipeline.core.finding import as_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.redteam import FAULTS, Scene
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import measure, run_checks
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.matches import Sources

CHECKS = ("verbatim_text", "paraphrases", "text_neighbours")
TEXT = Schema(columns=(Column(name="text", kind=Kind.TEXT, nullable=True),))
LABELLED = Schema(columns=(*TEXT.columns, Column(name="label", kind=Kind.CATEGORY)))
ROWS = 600


@pytest.fixture(scope="module")
def prose() -> list[str]:
    """3,600 paragraphs of 30 to 300 words."""
    texts = distinct(passages())
    return [texts[place] for place in np.random.default_rng(7).permutation(len(texts))[:3_600]]


def table(texts: list[str], schema: Schema = TEXT) -> Table:
    labels = ["long" if len(str(text)) > 300 else "short" for text in texts]
    return Table.conform(pd.DataFrame({"text": texts, "label": labels})[schema.names], schema)


Corpus = Callable[..., Evidence]


@pytest.fixture(scope="module")
def corpus(prose, evidence) -> Corpus:
    """600 texts on each side; some clean ones are replaced by what ``leaks`` makes of texts of train."""

    def made(leaks: Callable[[list[str]], list[str]] = lambda _: [], seed: int = 1, rows: int = ROWS,
             schema: Schema = TEXT) -> Evidence:  # fmt: skip
        order = np.random.default_rng(seed).permutation(len(prose))
        train, holdout, clean = (
            [prose[place] for place in order[side * rows : (side + 1) * rows]] for side in range(3)
        )
        leaked = leaks(train)
        return evidence(*(table(side, schema) for side in (train, holdout, leaked + clean[len(leaked) :])), seed)

    return made


def smallest(measured, check: str, evidence: Evidence) -> float:
    return min(finding.p_value for finding in measured(check, evidence).values() if finding.metric != "close pair")


def permuted(texts: list[str], seed: int = 5) -> list[str]:
    stream = np.random.default_rng(seed)
    return [" ".join(stream.permutation(text.split())) for text in texts]


LEAKS = {
    "verbatim": (CHECKS, lambda texts: [text.upper().replace(",", "") for text in texts[:18]]),
    "in longer texts": (CHECKS[:1], lambda texts: [f"{texts[-one]} {texts[one]}" for one in range(1, 24)]),
    "words replaced": (CHECKS[1:], lambda texts: [
        replaced(text, 0.15, texts[-1].split(), np.random.default_rng(one)) for one, text in enumerate(texts[:24])]),
    "words dropped": (CHECKS[1:], lambda texts: [
        shortened(text, 0.1, np.random.default_rng(one)) for one, text in enumerate(texts[:24])]),
    "in another order": (CHECKS[2:], lambda texts: permuted(texts[:24])),
}  # fmt: skip


@pytest.mark.parametrize(("seen_by", "leaks"), LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("seed", [1, 2])
def test_leaks_of_three_or_four_percent_are_found(corpus, measured, seen_by, leaks, seed):
    """18 to 24 leaks among 600 texts: each by the checks that ought to see it."""
    leaking = corpus(leaks, seed)
    for check in seen_by:
        assert smallest(measured, check, leaking) < 0.001, check


def test_the_share_of_real_texts_beyond_the_threshold_is_that_of_new_ones(prose, measured, evidence):
    """Nearly alike real texts make the threshold; of new texts of their kind .7 % are beyond it, and no more than 2 %.

    Each of 1,200 paragraphs, and once more with a third of its words replaced: at random train, holdout or new.
    """
    stream = np.random.default_rng(3)
    words = " ".join(prose[:1_200]).split()
    twins = [*prose[:1_200], *(replaced(text, 0.33, words, stream) for text in prose[:1_200])]
    order = [twins[place] for place in stream.permutation(len(twins))]
    mixed = evidence(*map(table, (order[:900], order[900:1_600], order[1_600:])))
    found = Sources(Grams.of_words(order[:1_600])).matches(Grams.of_words(order[1_600:]))
    assert (found.best(found.text, 800) > natural(mixed, "text")).mean() <= 0.02
    assert measured("paraphrases", mixed)["text", "leaked"].p_value > 0.001


def test_the_power_against_paraphrases_is_told(corpus, measured, prose, evidence):
    """Paragraphs that are unlike each other, and such that have a copy with a tenth of the words replaced each."""
    far = measured("paraphrases", corpus())["text", "leaked"].note
    assert int(re.search(r"(\d+)% of copies", far)[1]) > 95
    assert "dedup.near" not in far
    stream = np.random.default_rng(3)
    words = " ".join(prose[:600]).split()
    twins = [*prose[:600], *(replaced(text, 0.1, words, stream) for text in prose[:600])]
    order = [twins[place] for place in stream.permutation(len(twins))]
    near = measured("paraphrases", evidence(*map(table, (order[:400], order[400:800], order[800:]))))
    assert int(re.search(r"(\d+)% of copies", near["text", "leaked"].note)[1]) < 30
    assert "see dedup.near" in near["text", "leaked"].note


def test_texts_are_measured_alike_by_one_worker_and_two(corpus):
    """All checks of text, on evidence of its own each time: the findings are the same to the last byte."""
    of_text = [check for check in ALL_CHECKS if "text" in check.name or check.name == "paraphrases"]
    told = [run_checks(of_text, corpus(LEAKS["words replaced"][1], schema=LABELLED), workers) for workers in (1, 2)]
    assert told[0].to_csv() == told[1].to_csv()
    assert set(told[0]["check"]) == {check.name for check in of_text}
    assert len(of_text) >= 9
    assert told[0]["value"].notna().all()


def test_clean_texts_raise_no_alarm_more_often_than_they_may(corpus, measured):
    """40 splits of 110 texts on each side; at .05, 2 alarms of each test are expected, and .1 % exceed 7."""
    found = []
    for seed in range(40):
        clean = corpus(seed=seed, rows=110)
        found.append([one.p_value for check in CHECKS for one in measured(check, clean).values()
                      if one.metric != "close pair"])  # fmt: skip
    for level in (0.05, 0.2):
        assert (np.array(found) < level).sum(0).max() <= binom.ppf(0.999, 40, level)


def test_texts_of_the_holdout_are_no_leak(corpus, measured, evidence):
    clean = corpus()
    train, holdout = (side.frame["text"].tolist() for side in clean.tables[:2])
    made = evidence(*(table(side) for side in (train, holdout, holdout[:60] + train[:0])))
    assert min(smallest(measured, check, made) for check in CHECKS) > 0.05


def test_a_text_that_follows_both_sides_equally_is_no_leak(prose, measured, evidence):
    """30 texts that train and holdout both have, and the synthetic table too."""
    shared, rest = prose[:30], prose[30:]
    parts = [shared + rest[side * 370 : (side + 1) * 370] for side in range(3)]
    both = evidence(*map(table, parts))
    assert min(smallest(measured, check, both) for check in CHECKS) > 0.05
    assert not [one for one in measured("paraphrases", both).values() if one.metric == "close pair"]


def test_a_formula_of_many_records_gives_none_of_them_away(prose, measured, evidence):
    """A paragraph that half of all real records are, and every synthetic one."""
    parts = [[prose[-1] if place % 2 or side == 2 else text for place, text in enumerate(prose[side:1800:3])]
             for side in range(3)]  # fmt: skip
    found = measured("verbatim_text", evidence(*map(table, parts)))
    assert {(one.value, one.baseline) for one in found.values()} == {(0.0, 0.0)}


def test_a_close_pair_is_told_by_rows_and_words_and_nothing_is_quoted(corpus, measured, prose):
    """20 words of one training text in the middle of another one's."""
    leaking = corpus(lambda texts: [shortened(texts[40], 0.05, np.random.default_rng(1))])
    found = [one for one in measured("paraphrases", leaking).values() if one.metric == "close pair"]
    first = next(one for one in found if "row 0 " in one.subject)
    assert re.fullmatch(r"text, row 0 words \d+-\d+, train row 40 words \d+-\d+", first.subject)
    assert first.value > first.baseline > 0
    long = {word for text in prose for word in text.split() if len(word) > 6}
    for check in CHECKS:
        for one in measured(check, leaking).values():
            assert not long & set(re.findall(r"\w+", f"{one.subject} {one.note}")) - {
                "holdout",
                "records",
                "threshold",
                "followed",
                "closest",
                "closely",
                "replaced",
            }


def test_a_record_is_named_by_its_hash_where_it_has_one(corpus, measured, evidence):
    leaking = corpus(lambda texts: texts[11:12])
    train = Table(leaking.train.table.frame, TEXT, pd.Series([f"{number:08x}" * 4 for number in range(ROWS)]))
    named = evidence(train, *leaking.tables[1:])
    subjects = " ".join(subject for subject, metric in measured("paraphrases", named) if metric == "close pair")
    assert "train 0000000b0000 words 0-" in subjects


def test_records_of_one_person_count_once(prose, measured, evidence):
    """100 persons of four texts on each side: all texts of 12 persons of train are leaked."""
    schema = Schema(columns=(*TEXT.columns, Column(name="person", kind=Kind.IDENTIFIER)))

    def of_persons(first: int) -> Table:
        rows = np.arange(400)
        frame = pd.DataFrame({"text": prose[first : first + 400], "person": [f"p{first + row // 4}" for row in rows]})
        return Table.conform(frame, schema)

    train, holdout, clean = map(of_persons, (0, 400, 800))
    frame = clean.frame.copy()
    frame.loc[:47, "text"] = train.frame["text"].iloc[:48].to_numpy()
    leaking = evidence(train, holdout, Table(frame, schema), entity="person")
    found = measured("verbatim_text", leaking)["text: whole text", "found"]
    assert (found.n, found.value, found.baseline) == (200, 0.12, 0.0)
    assert measured("paraphrases", leaking)["text", "leaked"].n == 200


def test_tables_without_text_are_measured_as_if_the_checks_were_not_there(survey, measured):
    assert all(measured(check, survey) == {} for check in CHECKS)


@pytest.mark.parametrize("schema", [TEXT, LABELLED], ids=["text", "text and label"])
def test_a_corpus_passes_the_gate_and_a_leaking_one_is_blocked(corpus, shipped, schema):
    suite = shipped.load("memorisation")
    clean = judge_findings(suite, measure("memorisation", corpus(schema=schema)))
    assert clean.verdict.holds, clean.reasons
    leaks = LEAKS["words replaced"][1]
    leaking = judge_findings(suite, measure("memorisation", corpus(leaks, schema=schema)))
    assert leaking.verdict is Verdict.BLOCK
    assert any("paraphrases" in reason for reason in leaking.reasons)


def test_texts_that_are_missing_are_no_obstacle(corpus, measured, evidence):
    """Half of the texts are missing on each side."""
    clean = corpus()
    halves = [side.frame.assign(text=side.frame["text"].where(np.arange(ROWS) % 2 == 0)) for side in clean.tables]
    gaps = evidence(*(Table.conform(half, TEXT) for half in halves))
    found = as_frame(one for check in CHECKS for one in measured(check, gaps).values())
    assert found["value"].notna().all()
    assert found["p_value"].min() > 0.001


def test_a_split_by_topic_voids_the_audit_of_a_corpus(prose, evidence, measured):
    """Train is what speaks of arrays and matrices."""
    about = [bool(re.search("arra|matri", text)) for text in prose]
    train, holdout = ([text for text, mine in zip(prose, about, strict=True) if mine is side][:ROWS]
                      for side in (True, False))  # fmt: skip
    found = measured("exchangeability", evidence(table(train), table(holdout), table(holdout)))
    assert found["all columns", "differs"].p_value < 1e-6
    random = measured("exchangeability", evidence(*(table(prose[side::6]) for side in range(3))))
    assert min(one.p_value for one in random.values()) > 0.001


@pytest.mark.parametrize("schema", [TEXT, LABELLED], ids=["text", "text and label"])
def test_canaries_of_text_are_given_away_by_a_generator_that_copies(corpus, measured, schema):
    """200 canaries among 600 texts; a generator that returns train with words dropped, and one that never saw them."""
    clean = corpus(schema=schema)
    together, secret = planted(clean.train.table, 200, Seed(3))
    canaries = Canaries(Table.conform(secret.drop(columns=INCLUDED), schema), secret[INCLUDED].to_numpy())
    stream = np.random.default_rng(4)
    told = together.assign(text=[shortened(text, 0.1, stream) for text in together["text"]])
    blind = {one.metric: one for one in measured("canaries", replace(clean, canaries=canaries)).values()}
    assert blind["right"].p_value > 0.001
    copying = replace(clean, synthetic=Table.conform(told, schema), canaries=canaries)
    found = {one.metric: one for one in measured("canaries", copying).values()}
    assert found["right"].p_value < 1e-6
    assert found["epsilon"].value > 2


def test_a_canary_of_text_is_as_long_as_real_texts_and_resembles_none(corpus):
    """Words of 200 canaries come from some 500 records; no run of three words is that of a record but by chance."""
    train = corpus().train.table
    texts = planted(train, 200, Seed(3))[1]["text"]
    lengths = [side.str.split().str.len() for side in (texts, train.frame["text"])]
    assert lengths[0].median() == pytest.approx(lengths[1].median(), rel=0.2)
    assert set(" ".join(texts).split()) <= set(" ".join(train.frame["text"]).split())
    sources = Sources(Grams.of_words(train.frame["text"].tolist()))
    found = sources.matches(Grams.of_words(texts.tolist()))
    assert found.best(found.text, 200).max() < 0.5


def test_canaries_of_an_empty_column_of_text_are_empty(corpus):
    train = corpus().train.table
    nothing = Table.conform(train.frame.assign(text=pd.Series([None] * ROWS, dtype="str")), TEXT)
    assert planted(nothing, 30, Seed(3))[1]["text"].isna().all()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_reworded_texts_of_the_red_team_are_seen(corpus, measured, seed):
    """18 of 600 texts, 15 % of their words replaced."""
    clean = corpus(seed=seed)
    scene = Scene(*clean.tables, seed=Seed(seed))
    made = next(fault for fault in FAULTS if "reworded" in fault.name).planted(scene)
    assert (made["text"] != scene.clean.frame["text"]).sum() == 18
    assert smallest(measured, "paraphrases", clean.of(Table.conform(made, TEXT))) < 0.001
