"""Runs of words and characters: those that a loop gives, equal where they are equal, within their texts."""

import numpy as np
import pytest

from synth_pipeline.text.grams import Grams, firsts, located
from synth_pipeline.text.tokens import tokens

TEXTS = ["a b c d e", "c d e", "", "x", "b c d e a b c", "d e a"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8])
def test_runs_are_those_of_a_loop(size):
    found = Grams.of_words(TEXTS).runs(size)
    every = [(number, tuple(tokens(text)[place : place + size])) for number, text in enumerate(TEXTS)
             for place in range(len(tokens(text)) - size + 1)]  # fmt: skip
    assert found.places.tolist() == [number for number, _ in every]
    spelt = np.array([" ".join(run) for _, run in every])
    assert (np.equal.outer(found.codes, found.codes) == np.equal.outer(spelt, spelt)).all()


def test_runs_are_the_same_in_any_company():
    alone, among = (Grams.of_words(texts).runs(3) for texts in (["b c d e"], ["a b", *TEXTS, "b c d e"]))
    assert alone.codes.tolist() == among.codes[-2:].tolist()


def test_a_code_of_a_text_is_listed_once_where_it_comes_first():
    found = firsts(Grams.of_words(["a b a b a", "b a"]).runs(2))
    assert sorted(zip(found.text.tolist(), found.place.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0)]
    assert (np.diff(found.codes.astype(float)) >= 0).all()


def test_pairs_with_a_word_between_are_hashed_like_neighbours():
    words = Grams.of_words(["a b c d", "a c", "x"])
    apart, next_to = words.pairs(1), words.runs(2)
    assert apart.places.tolist() == [0, 0]
    assert apart.codes[0] == next_to.codes[-1]
    assert not np.isin(apart.codes[1], next_to.codes)
    both = firsts(next_to, apart, sizes=(2, 3))
    assert sorted(both.size[both.text == 0].tolist()) == [2, 2, 2, 3, 3]


def test_whole_texts_are_equal_where_their_words_are():
    found = Grams.of_words(["A, b!", "a b", "b a", "", "a b c", "a"]).whole()
    assert found.places.tolist() == [0, 1, 2, 4, 5]
    assert found.codes[0] == found.codes[1]
    assert len(set(found.codes.tolist())) == 4


def test_characters_are_those_of_the_plain_text():
    found = Grams.of_characters(["Ab  1", "ab\t7", "ba 1"])
    assert found.lengths.tolist() == [4, 4, 4]
    assert found.codes[:4].tolist() == found.codes[4:8].tolist() != found.codes[8:].tolist()
    assert len(np.unique(found.runs(2).codes)) == 5


def test_texts_are_taken_in_any_order():
    words = Grams.of_words(TEXTS)
    taken = words.take(np.array([4, 2, 0]))
    expected = Grams.of_words([TEXTS[4], TEXTS[2], TEXTS[0]])
    assert (taken.codes == expected.codes).all()
    assert (taken.offsets == expected.offsets).all()
    assert (words.part(3, 5).codes == Grams.of_words(TEXTS[3:5]).codes).all()


def test_what_is_not_known_is_located_behind_the_last():
    known = np.array([2, 5, 9], np.uint64)
    assert located(known, np.array([9, 1, 2, 10, 6], np.uint64)).tolist() == [2, 3, 0, 3, 3]
    assert located(known[:0], known).tolist() == [0, 0, 0]
