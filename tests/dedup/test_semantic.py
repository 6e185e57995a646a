"""Documents that say the same, by their vectors."""

import numpy as np
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.dedup.semantic import cosine, semantic_duplicates

SEED = Seed(3, ("tests",))


def vectors(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 64)).astype(np.float32)


@pytest.mark.parametrize("threshold", [0.8, 0.95])
def test_pairs_at_the_threshold_are_found_and_none_below(threshold):
    first = vectors(2_000, 1)
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    aside = vectors(2_000, 2)
    aside -= (aside * first).sum(axis=1, keepdims=True) * first
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    angle = np.arccos(threshold + 0.001)
    near = np.cos(angle) * first + np.sin(angle) * aside
    held = np.concatenate([first, near])
    stands, unit = semantic_duplicates([""] * 4_000, threshold, SEED, lambda texts: held * 7)
    assert (stands[:2_000] == np.arange(2_000)).all()
    assert (stands[2_000:] == np.arange(2_000)).mean() > 0.985
    dropped = np.flatnonzero(stands != np.arange(4_000))
    assert (cosine(unit, dropped, stands[dropped]) >= threshold).all()


def test_the_same_words_in_another_order_say_the_same_by_default():
    stream = np.random.default_rng(5)
    words = np.array([f"w{number}" for number in range(500)])
    texts = [list(words[stream.integers(0, 500, 20)]) for _ in range(400)]
    shuffled = [list(stream.permutation(text)) for text in texts]
    joined = [" ".join(text) for text in texts + shuffled]
    stands, _ = semantic_duplicates(joined, 0.95, SEED)
    assert (stands[400:] == np.arange(400)).mean() > 0.99
    assert (stands[:400] == np.arange(400)).mean() > 0.99
    assert (stands == semantic_duplicates(joined, 0.95, SEED)[0]).all()


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["same", "same"], ["a b c", "", "a b c"]])
def test_few_and_empty_texts_are_no_obstacle(texts):
    stands, _ = semantic_duplicates(texts, 0.9, SEED)
    assert len(stands) == len(texts)
    assert all(not text or texts[place] == text for text, place in zip(texts, stands, strict=True))


@pytest.mark.parametrize(
    "made", [np.zeros(3), np.zeros((2, 4)), np.full((3, 4), np.nan), np.array([["a"]] * 3)],
    ids=["flat", "short", "nan", "words"],
)  # fmt: skip
def test_what_is_no_vector_per_text_is_refused(made):
    with pytest.raises(SynthError, match=r"dedup\.semantic"):
        semantic_duplicates(["a", "b", "c"], 0.9, SEED, lambda texts: made)
