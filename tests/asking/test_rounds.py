"""Rounds of questions, against a language model that answers as each test says."""

from collections import Counter

import pytest
from pydantic import BaseModel

from synth_pipeline.asking import Asked, Found, gather
from synth_pipeline.asking.quotas import apportioned
from synth_pipeline.asking.rounds import DUPLICATE, NEAR, NOTHING_NEW, SURPLUS, UNUSABLE
from synth_pipeline.asking.usable import FIRST
from synth_pipeline.core.account import accounting
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.language_model import Question, Reason
from synth_pipeline.spec.dedup import Near
from tests.language_model import Speaker


class Words(BaseModel):
    words: list[str]


def ask(group, number):
    return Asked(group, number, Question([{"role": "user", "content": f"{group} {number}"}], Words, {}, number))


def read(asked, answer):
    for word in answer.parsed.words:
        yield Found({"word": word}, word) if word else "empty"


def content(question):
    return question.messages[0]["content"]


def new(question):
    return {"words": [content(question)]}


def test_every_group_gets_what_is_wanted_of_it_and_nothing_more_is_asked():
    speaker = Speaker(new)
    gathered = gather(speaker, {"a": 7, "b": 3}, ask, read)
    assert Counter(one.asked.group for one in gathered.kept) == {"a": 7, "b": 3}
    assert [one.values["word"] for one in gathered.kept][:2] == ["a 0", "a 1"]
    assert speaker.rounds == [10]
    assert not gathered.short and not gathered.left_out


def test_what_is_left_out_is_asked_for_again_by_the_share_that_was_kept():
    """Every other answer repeats the first one of its kind."""
    speaker = Speaker(lambda question: {"words": [content(question) if question.sample % 2 else "same"]})
    gathered = gather(speaker, {"a": 40}, ask, read, patience=4)
    assert len(gathered.kept) == 40
    assert gathered.left_out[DUPLICATE] + gathered.left_out[SURPLUS] + 40 == len(speaker.heard) <= 84
    assert speaker.rounds[:2] == [FIRST, 20] and len(speaker.rounds) <= 7


def test_more_rows_ask_what_fewer_rows_have_asked_and_then_go_on():
    few, many = Speaker(new), Speaker(new)
    gather(few, {"a": 50, "b": 50}, ask, read)
    gather(many, {"a": 55, "b": 55}, ask, read)
    assert {*map(content, few.heard)} < {*map(content, many.heard)}
    assert len(many.heard) == 110


def test_a_model_that_repeats_itself_is_given_up_and_the_shortfall_has_its_reasons():
    speaker = Speaker(lambda question: {"words": [f"{question.sample % 3}"]})
    gathered = gather(speaker, {"a": 200}, ask, read)
    assert gathered.short == {"a": (200, 3)}
    assert len(speaker.heard) == FIRST + NOTHING_NEW and gathered.left_out == {DUPLICATE: len(speaker.heard) - 3}


def test_patience_ends_where_there_is_a_little_new_all_the_time():
    speaker = Speaker(lambda question: {"words": [f"{question.sample // 10}"]})
    gathered = gather(speaker, {"a": 100}, ask, read, patience=2)
    assert len(speaker.heard) <= 2 * 100 + NOTHING_NEW
    assert gathered.short == {"a": (100, len(speaker.heard) // 10)}


def test_several_rows_of_an_answer_count_and_the_surplus_is_told():
    speaker = Speaker(lambda question: {"words": [f"{content(question)} {item}" for item in range(4)]})
    gathered = gather(speaker, {"a": 10}, ask, read, per_request=4)
    assert len(speaker.heard) == 3 and len(gathered.kept) == 10
    assert gathered.left_out == {SURPLUS: 2}
    assert [(one.asked.number, one.item) for one in gathered.kept][:5] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]


def test_when_the_budget_is_spent_nothing_more_is_asked_and_what_came_is_kept():
    speaker = Speaker(new, budget=6)
    with accounting() as account:
        gathered = gather(speaker, {"a": 10}, ask, read)
    assert len(gathered.kept) == 6 and speaker.rounds == [10]
    assert gathered.left_out == {Reason.UNASKED: 4}
    assert account.costs == [0.5] * 6


@pytest.mark.parametrize("reason", [Reason.REFUSED, Reason.TRUNCATED, Reason.INVALID, Reason.FAILED])
def test_questions_without_an_answer_are_counted_and_replaced(reason):
    gathered = gather(Speaker(lambda one: reason if one.sample < 5 else new(one)), {"a": 20}, ask, read)
    assert len(gathered.kept) == 20
    assert gathered.left_out[reason] == 5


@pytest.mark.parametrize(("reason", "named"), [(Reason.INVALID, "'structured' of the endpoint 'fake'"),
                                               (Reason.TRUNCATED, "'max_tokens'"), (Reason.REFUSED, "'template'"),
                                               (Reason.FAILED, "logged")])  # fmt: skip
def test_an_endpoint_that_gives_no_usable_answer_is_given_up_before_all_is_paid_for(reason, named):
    speaker = Speaker(lambda one: reason)
    with pytest.raises(SynthError, match=f"None of the first 60 answers .*'fake' can be used: 60 {reason}") as caught:
        gather(speaker, {f"group {number}": 100 for number in range(77)}, ask, read)
    assert len(speaker.heard) == UNUSABLE and named in caught.value.fix


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [({"a": 1}, 3 + NOTHING_NEW), ({"a": 100}, NOTHING_NEW), ({"a": 100, "b": 100}, 2 * NOTHING_NEW)],
)
def test_an_endpoint_is_given_up_with_the_groups_where_there_are_few(wanted, asked):
    speaker = Speaker(lambda one: Reason.INVALID)
    with pytest.raises(SynthError, match=f"None of the first {asked} answers .*'fake' can be used: {asked} ") as caught:
        gather(speaker, wanted, ask, read)
    assert len(speaker.heard) == asked and "'structured'" in caught.value.fix


def test_a_budget_that_is_spent_first_is_no_fault_of_the_endpoint():
    gathered = gather(Speaker(lambda one: Reason.INVALID, budget=6), {"a": 10}, ask, read)
    assert gathered.left_out == {Reason.INVALID: 6, Reason.UNASKED: gathered.left_out[Reason.UNASKED]}


def test_one_usable_answer_among_the_first_lets_all_be_asked():
    speaker = Speaker(lambda one: new(one) if one.sample % FIRST == FIRST - 1 else Reason.INVALID)
    gathered = gather(speaker, {"a": 5}, ask, read, patience=30)
    assert len(gathered.kept) == 5


def test_shares_become_whole_rows():
    assert apportioned(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert apportioned(100, {"a": 0.7, "b": 0.3}) == {"a": 70, "b": 30}
    assert sum(apportioned(11, {str(place): place + 0.5 for place in range(77)}).values()) == 11


def texts(asked, answer):
    for word in answer.parsed.words:
        yield Found({"word": word}, word, word)


def test_near_duplicates_are_left_out_and_others_asked_for():
    """Each answer has 12 words; every fourth repeats the one before it but for its last word."""

    def said(question):
        one = question.sample - (question.sample % 4 == 3)
        return {"words": [" ".join(f"w{one * 12 + place}" for place in range(11)) + f" z{question.sample}"]}

    speaker = Speaker(said)
    gathered = gather(speaker, {"a": 60}, ask, texts, near=Near())
    assert len(gathered.kept) == 60
    assert not any(one.asked.number % 4 == 3 for one in gathered.kept)
    assert gathered.left_out[NEAR] + gathered.left_out.get(SURPLUS, 0) + 60 == len(speaker.heard) < 90


def test_a_model_that_varies_few_texts_is_given_up():
    speaker = Speaker(
        lambda one: {"words": [" ".join(f"w{one.sample % 3}{place}" for place in range(20)) + content(one)]}
    )
    gathered = gather(speaker, {"a": 100}, ask, texts, near=Near(), patience=10)
    assert gathered.short == {"a": (100, 3)} and len(speaker.heard) == FIRST + NOTHING_NEW
