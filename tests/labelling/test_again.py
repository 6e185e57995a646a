"""Questions that are asked again, of a language model that answers as each test says."""

import pytest

from synth_pipeline.asking.usable import FIRST
from synth_pipeline.core.account import accounting
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.language_model import Question, Reason, speaking
from synth_pipeline.core.records import AT_ODDS, UNHEARD
from synth_pipeline.core.seeds import Seed
from synth_pipeline.labelling.again import Said, overlap
from tests.labelling.test_language_model import labeller, train
from tests.language_model import Speaker

TEXT = "A lost card is blocked at once. A new one comes in a week."


def speaker(*again: object) -> Speaker:
    """One question over each document, and these answers where it is asked again."""

    def answer(question: Question) -> object:
        if question.schema is Said:
            return again[question.sample]
        return {"records": [{"question": f"When is card {question.sample} blocked?", "answer": "At once",
                             "span": "A lost card is blocked at once."}]}  # fmt: skip

    return Speaker(answer)


def made(model: Speaker, samples: int, records: int = 1) -> tuple[int, dict[str, int]]:
    with speaking(model), accounting():
        labelled = labeller(samples=samples, records=records, when_short="keep").label(train([TEXT]), Seed(1))
    return len(labelled.records), dict(labelled.dropped)


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        ([{"answer": "at ONCE.", "span": "elsewhere"}] * 2, True),
        ([{"answer": "right away", "span": "lost card is blocked at once."}] * 2, True),
        ([{"answer": "in a week", "span": "A new one comes in a week."}] * 2, False),
        ([{"answer": "at once", "span": ""}, {"answer": "in a week", "span": ""}], True),  # two of three with its own
        ([{"answer": "in a week", "span": ""}], False),
        ([{"answer": "in a week", "span": ""}, Reason.FAILED], False),
        ([{"answer": "at once", "span": ""}, {"answer": "no", "span": ""}, {"answer": "at once", "span": ""}], True),
        ([{"answer": "at once", "span": ""}, {"answer": "no", "span": ""}, {"answer": "no", "span": ""}], False),
        ([{"answer": "at once", "span": ""}, Reason.REFUSED, Reason.FAILED], True),
        ([{"answer": "!", "span": "?"}] * 2, False),
    ],
)
def test_a_record_stays_unless_most_samples_that_were_had_contradict_it(again, kept):
    rows, dropped = made(speaker(*again), len(again))
    assert rows == kept
    assert (AT_ODDS in dropped) is not kept


@pytest.mark.parametrize("samples", [1, 3])
def test_what_was_never_answered_is_dropped_but_is_no_contradiction(samples):
    """The first record is confirmed, and the others never."""
    again, model = [Reason.FAILED, Reason.REFUSED, Reason.INVALID], speaker()
    make = model._answer

    def answer(question: Question) -> object:
        if question.schema is not Said:
            return make(question)
        is_first = "card 0 blocked" in question.messages[1]["content"]
        return {"answer": "at once", "span": ""} if is_first else again[question.sample]

    rows, dropped = made(Speaker(answer), samples, records=2)
    assert rows == 1 and AT_ODDS not in dropped and dropped[UNHEARD] >= 1


def test_samples_are_requests_of_their_own_and_questions_are_data():
    model = speaker({"answer": "at once", "span": ""}, {"answer": "at once", "span": ""})
    made(model, 2)
    first, *again = model.heard
    assert [(one.sample, one.parameters["seed"]) for one in again] == [(0, 0), (1, 1)]
    assert "- question: When is card" in again[0].messages[1]["content"] and TEXT in again[0].messages[1]["content"]
    assert again[0].messages == again[1].messages != first.messages


def test_nobody_is_asked_again_unless_that_is_declared():
    model = speaker()
    assert made(model, 0)[0] == 1 and len(model.heard) == 1


def test_what_the_budget_did_not_reach_is_not_said_to_be_contradicted():
    model = speaker({"answer": "at once", "span": ""}, {"answer": "at once", "span": ""})
    model._budget = 2
    rows, dropped = made(model, 2)
    assert rows == 0 and AT_ODDS not in dropped and dropped[Reason.UNASKED] >= 1


def test_an_endpoint_that_never_answers_again_is_given_up_after_its_first_answers():
    """Records are made as they should be, and of 30 of them each is to be asked about three times more."""
    model = speaker(*[Reason.INVALID] * 3)
    with speaking(model), accounting(), pytest.raises(SynthError, match="None of the first 20 answers") as caught:
        labeller(samples=3, records=30, when_short="keep").label(train([TEXT]), Seed(1))
    assert sum(one.schema is Said for one in model.heard) == FIRST and "'structured'" in caught.value.fix


def test_overlap_is_the_share_of_what_either_covers():
    assert overlap("abcdef", "abcd", "cdef") == pytest.approx(2 / 6)
    assert overlap("abcdef", "abc", "abc") == 1
    assert overlap("abcdef", "abc", "xyz") == overlap("abcdef", "abc", "") == 0
