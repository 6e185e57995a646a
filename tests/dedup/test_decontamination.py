"""Documents that hold an item of an evaluation set."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.dedup.decontamination import contaminated

WORDS = np.array([f"w{number}" for number in range(3_000)])


def items(count: int, words: int, seed: int) -> list[list[str]]:
    return WORDS[np.random.default_rng(seed).integers(0, len(WORDS), (count, words))].tolist()


def found(texts: list[str], evaluation: list[str]) -> pd.DataFrame:
    return contaminated(texts, evaluation).set_index("document")


@pytest.mark.parametrize("words", [2, 5, 8, 12, 40])
def test_items_are_found_as_they_are_and_whatever_their_case(words):
    evaluation = [" ".join(item) for item in items(100, words, 1)]
    outcome = found([text.upper() + "!" for text in evaluation], evaluation)
    assert outcome.index.tolist() == list(range(100))
    assert outcome["item"].tolist() == list(range(100))
    assert (outcome["similarity"] == 1).all()


@pytest.mark.parametrize("words", [5, 12, 13, 40])
def test_items_are_found_inside_a_document(words):
    evaluation = items(100, words, 2)
    around = items(100, 60, 3)
    texts = [" ".join(text[:30] + item + text[30:]) for text, item in zip(around, evaluation, strict=True)]
    outcome = found(texts, [" ".join(item) for item in evaluation])
    assert outcome["item"].tolist() == list(range(100))
    assert (outcome["kind"] == "shared run").all()


def test_a_run_of_thirteen_words_is_enough_and_twelve_are_not():
    item = items(1, 40, 4)[0]
    around = items(1, 80, 5)[0]
    texts = [" ".join(around[:40] + item[10 : 10 + run] + around[40:]) for run in (12, 13)]
    assert found(texts, [" ".join(item)]).index.tolist() == [1]


@pytest.mark.parametrize("words", [6, 10, 20, 50])
def test_items_with_one_word_in_twenty_replaced_are_found(words):
    stream = np.random.default_rng(6)
    evaluation = items(200, words, 7)
    edited = [list(item) for item in evaluation]
    for item in edited:
        for place in stream.choice(words, max(1, round(0.05 * words)), replace=False):
            item[place] = "replaced"
    outcome = found([" ".join(item) for item in edited], [" ".join(item) for item in evaluation])
    assert len(outcome) >= 0.99 * 200


def test_an_item_is_not_hidden_by_one_that_shares_more_but_is_too_far_by_edits():
    """Of items that one edit parts from the document the more similar one is told."""
    document, own, closer = "where can i change my pin", "where can i reset my pin", "where can i change my pins"
    hiding = [f"where can i change my pin {more}" for more in ("right now", "at once", "then and there")]
    for evaluation, item in (([own], 0), ([*hiding, own], 3), ([own, *hiding], 0), ([own, *hiding, closer], 4)):
        outcome = found([document, "nothing of it"], evaluation)
        assert outcome["item"].to_dict() == {0: item}, evaluation
    assert found([document], hiding).empty


@pytest.mark.parametrize("words", [10, 20, 40])
def test_edited_items_are_found_inside_a_document(words):
    evaluation, around = items(200, words, 10), items(200, 60, 11)
    texts = []
    for place, (item, other) in enumerate(zip(evaluation, around, strict=True)):
        edited = ["replaced" if at % 20 == place % min(words, 20) else word for at, word in enumerate(item)]
        texts.append(" ".join(other[:30] + edited + other[30:]))
    outcome = found(texts, [" ".join(item) for item in evaluation])
    assert outcome["item"].tolist() == outcome.index.tolist() == list(range(200))


def test_what_merely_shares_some_words_stays():
    evaluation = items(200, 12, 8)
    halves = [" ".join(item[:6] + other[:6]) for item, other in zip(evaluation, items(200, 12, 9), strict=True)]
    assert found(halves, [" ".join(item) for item in evaluation]).empty
    assert found(["", "!", "one"], ["", "two three"]).empty
    assert found([], ["a b"]).empty
    assert found(["a b"], []).empty
