"""Checks of records: about 3,500 over 1,000 documents, clean and with planted faults."""

from dataclasses import replace

import numpy as np
import pytest

from synth_pipeline.checks.labels import LABEL_CHECKS
from synth_pipeline.core.finding import Family, as_frame
from synth_pipeline.core.judged import Judged, People, Scores
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.judging import Criterion
from synth_pipeline.steps import label, label_evidence, measure_labels


def blamed(judgement) -> set[str]:
    return {f"{one.check} {one.metric}" for one in judgement.findings.itertuples() if one.verdict == "block"}


@pytest.mark.parametrize("seed", range(5))
def test_clean_records_pass(spec, sides, judged, seed):
    train = Train(sides[0])
    records = label(spec.model_copy(update={"seed": seed}), train).records
    judgement = judged(label_evidence(spec, records, train, sides[1:]))
    assert judgement.verdict.holds, judgement.reasons


def _ungrounded(frame, clean, stream):
    places = stream.permutation(len(frame))[: len(frame) // 100]
    frame.loc[places, "span"] = "an array of words that nobody has written there"
    return frame


def _shifted(frame, clean, stream):
    return frame.assign(start=frame["start"] + (stream.random(len(frame)) < 0.01))


def _questions_of_others(frame, clean, stream):
    places = np.flatnonzero(stream.random(len(frame)) < 0.3)
    frame.loc[places, "question"] = frame["question"].to_numpy()[stream.permutation(places)]
    return frame


def _vague(frame, clean, stream):
    return frame.assign(question=[f"What does the function do in case {place}?" for place in range(len(frame))])


def _invented(frame, clean, stream):
    places = np.flatnonzero(stream.random(len(frame)) < 0.06)
    frame.loc[places, "answer"] = frame["answer"].to_numpy()[stream.permutation(len(frame))[: len(places)]]
    return frame


def _few_documents(frame, clean, stream):
    return frame[frame["document_id"].isin(frame["document_id"].unique()[:300])]


def _crowded(frame, clean, stream):
    busy = frame[frame["document_id"].isin(frame["document_id"].unique()[:60])]
    others = frame.drop_duplicates("document_id")
    return frame.loc[[*others.index, *np.repeat(busy.index, 6)]]


def _repeated(frame, clean, stream):
    return frame.loc[[*frame.index, *frame.index[: len(frame) // 10]]]


def _of_holdout(frame, clean, stream):
    frame.loc[0, "document_id"] = sorted(clean.barred)[0]
    return frame


def _unknown(frame, clean, stream):
    frame.loc[0, "document_id"] = "nobody.knows"
    return frame


def _words_of_holdout(frame, clean, stream):
    long = sorted(text for text in clean.barred_texts if len(text.split()) > 40)
    for row in range(len(frame) // 20):
        words = long[row % len(long)].split()
        frame.loc[row, ["span", "answer"]] = " ".join(words[10:22])
    return frame


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (_ungrounded, "grounding ungrounded"), (_shifted, "grounding ungrounded"),
        (_questions_of_others, "round_trip lost"), (_vague, "round_trip lost"), (_invented, "grounding unsupported"),
        (_few_documents, "spread unused"), (_crowded, "spread crowded"), (_repeated, "spread repeated"),
        (_of_holdout, "sources barred"), (_unknown, "sources unknown"), (_words_of_holdout, "sources barred words"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_blocked_by_its_gate(fault, seen, clean, changed, judged, stream):
    judgement = judged(changed(fault(clean.frame.copy(), clean, stream(7))))
    assert judgement.verdict is Verdict.BLOCK
    assert seen in blamed(judgement), blamed(judgement)


def test_a_kind_that_is_too_vague_is_warned_of(clean, changed, judged):
    frame = clean.frame.copy()
    rows = frame.index[frame["kind"] == "default"]
    frame.loc[rows, "question"] = [f"What is the default in case {row}?" for row in rows]
    findings = judged(changed(frame)).findings.set_index(["subject", "metric"])["verdict"]
    assert findings["default", "lost of a kind"] == "warn"


def test_no_records_are_never_a_pass(clean, changed, judged):
    assert judged(changed(clean.frame.head(0))).verdict is Verdict.BLOCK  # every document is unused
    few = changed(clean.frame.head(30))
    assert judged(few).verdict is Verdict.BLOCK


@pytest.mark.parametrize("check", LABEL_CHECKS, ids=lambda check: check.name)
def test_a_check_of_records_says_what_it_is_and_quotes_nothing(check, clean):
    assert (check.__doc__ or "").strip().splitlines()[0]
    rubric = (Criterion(name="right", question="Is it right?"),)
    half = Scores(np.arange(100)[:, None, None] % 2.0, ("a reason",) * 100)
    judged = Judged(rubric, half, ("",) * 100, people=People(half.settled, half))
    clean = replace(clean, at_odds=3, judged=judged)
    found = list(check.measure(clean))
    assert found
    for one in found:
        assert (one.check, one.family) == (check.name, Family.GROUNDING)
        assert np.isnan(one.low) or one.low <= one.value <= one.high
        assert not any(name in one.note + one.subject for name in list(clean.documents)[:50])
    assert as_frame(found).equals(as_frame(check.measure(clean)))


def test_the_measure_does_not_depend_on_the_number_of_workers(clean):
    assert measure_labels(clean, 1).equals(measure_labels(clean, 3))


def test_the_baseline_of_the_round_trip_is_what_quoted_words_find(clean):
    findings = measure_labels(clean).set_index(["subject", "metric"])
    lost = findings.loc[("all records", "lost")]
    assert lost["value"] < 0.08
    assert 0.02 < lost["baseline"] < 0.2
    assert "by chance 0.99" in lost["note"]
