"""Edits of words, against the table that is filled cell by cell."""

import numpy as np
import pytest

from synth_pipeline.text import edits as module
from synth_pipeline.text.edits import edits
from synth_pipeline.text.grams import Grams


def by_cells(short: list[str], text: list[str], inside: bool) -> int:
    row = [0 if inside else place for place in range(len(text) + 1)]
    for number, word in enumerate(short, 1):
        new = [number]
        for place, other in enumerate(text, 1):
            new.append(min(row[place] + 1, new[-1] + 1, row[place - 1] + (word != other)))
        row = new
    return min(row) if inside else row[-1]


@pytest.mark.parametrize("held", [30, 2_000_000])
@pytest.mark.parametrize("inside", [False, True])
def test_distances_are_those_of_the_table(monkeypatch, inside, held):
    monkeypatch.setattr(module, "HELD", held)
    stream = np.random.default_rng(held)
    short, texts = (
        [list(stream.choice(list("abcd"), stream.integers(0, most))) for _ in range(300)] for most in (8, 20)
    )
    found = edits(*(Grams.of_words([" ".join(words) for words in side]) for side in (short, texts)),
                  np.full(300, inside))  # fmt: skip
    assert found.tolist() == [by_cells(one, other, inside) for one, other in zip(short, texts, strict=True)]


def test_no_pairs_have_no_distances():
    assert edits(Grams.of_words([]), Grams.of_words([]), np.zeros(0, bool)).tolist() == []
    assert edits(Grams.of_words([""]), Grams.of_words(["a b"]), np.array([False])).tolist() == [2]
