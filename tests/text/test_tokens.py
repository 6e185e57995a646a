"""Tokens: what counts as a word, and hashes that never change."""

import numpy as np
import pytest

from synth_pipeline.text.tokens import encoded, tokens


@pytest.mark.parametrize(("text", "words"), [
    ("Hello, World! it's 3.5%", ["hello", "world", "it", "s", "3", "5"]),
    ("snake_case and-dash", ["snake", "case", "and", "dash"]),
    ("STRASSE Straße ﬁn ①", ["strasse", "strasse", "fin", "1"]),
    ("e\u0301te\u0301 \u00e9t\u00e9", ["été", "été"]),
    ("Привет 世界", ["привет", "世界"]),
    ("ｆｕｌｌ width", ["full", "width"]),
    (" \t\n_.", []),
    ("", []),
])  # fmt: skip
def test_words_are_letters_and_digits_whatever_their_case_and_composition(text, words):
    assert tokens(text) == words


def test_encoding_keeps_which_tokens_are_equal_and_where_texts_begin():
    texts = ["The cat and THE dog", "", "a dog", "…"]
    hashes, offsets = encoded(texts)
    assert hashes.dtype == np.uint64
    assert offsets.tolist() == [0, 5, 5, 7, 7]
    words = [word for text in texts for word in tokens(text)]
    equal = np.equal.outer(np.array(words, object), np.array(words, object))
    assert (np.equal.outer(hashes, hashes) == equal).all()


def test_hashes_are_the_same_in_every_process():
    """BLAKE2b of the word in UTF-8, 8 bytes, little-endian: stored hashes depend on it."""
    assert encoded(["cat été"])[0].tolist() == [3429664268601861939, 15573535892061639100]
    assert encoded([])[1].tolist() == [0]
