"""Sets of runs of words, and how alike two texts are."""

import numpy as np
import pytest

from synth_pipeline.text.shingles import jaccard, shingle_sets


@pytest.mark.parametrize("words", [1, 2, 3])
def test_similarity_is_that_of_the_sets_of_runs(words):
    stream = np.random.default_rng(words)
    texts = [" ".join(stream.choice(list("abcdef"), stream.integers(0, 12))) for _ in range(60)]

    def runs_of(text: str) -> set[tuple[str, ...]]:
        split = text.split()
        return {tuple(split[at : at + size]) for size in range(1, words + 1) for at in range(len(split) - size + 1)}

    left, right = (part.ravel() for part in np.indices((60, 60)))
    sets = [runs_of(text) for text in texts]
    expected = [len(sets[a] & sets[b]) / max(1, len(sets[a] | sets[b])) for a, b in zip(left, right, strict=True)]
    np.testing.assert_allclose(jaccard(shingle_sets(texts, words), left, right), expected)


def test_sets_do_not_depend_on_the_texts_around_them():
    texts = [f"document {number} of {number % 7}" for number in range(9_000)]  # more than are read at a time
    whole, alone = shingle_sets(texts, 2), shingle_sets(texts[8_990:], 2)
    taken = whole.take(np.arange(8_990, 9_000))
    assert (taken.values == alone.values).all()
    assert (taken.offsets == alone.offsets).all()
    assert sum(len(part) for part in whole.parts()) == 9_000
