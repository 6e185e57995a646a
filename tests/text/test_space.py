"""Texts as points: near where topics are alike, and the same at every call."""

import numpy as np
import pytest

from benchmarks.passages import passages
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.threads import pinned
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.space import AXES, Space, Weights, embedding


@pytest.fixture(scope="module")
def prose() -> list[str]:
    """600 paragraphs of docstrings of scipy."""
    texts = passages(("scipy",))
    return [texts[place] for place in np.random.default_rng(3).permutation(len(texts))[:600]]


@pytest.fixture(scope="module")
def space(prose) -> Space:
    return Space.fit(Grams.of_words(prose), Seed(1))


def test_points_have_length_one_and_unknown_words_are_at_the_origin(space, prose):
    points = space.directions(Grams.of_words([*prose[:50], "zyxxy plugh", ""]))
    assert points.shape == (52, AXES)
    assert points.dtype == np.float32
    assert np.linalg.norm(points, axis=1) == pytest.approx([1.0] * 50 + [0.0] * 2, abs=1e-5)


def test_the_same_words_in_another_order_are_at_the_same_point(space, prose):
    stream = np.random.default_rng(4)
    shuffled = [" ".join(stream.permutation(text.split())) for text in prose[:100]]
    assert space.directions(Grams.of_words(shuffled)) == pytest.approx(
        space.directions(Grams.of_words(prose[:100])), abs=1e-5
    )


def test_halves_of_a_text_are_nearest_to_each_other(space, prose):
    """Among 100 second halves, the first half's own is the nearest for 62; by chance it were one."""
    long = [text.split() for text in prose if len(text.split()) >= 60][:100]
    first, second = (space.directions(Grams.of_words([" ".join(words[side::2]) for words in long])) for side in (0, 1))
    assert ((first @ second.T).argmax(1) == np.arange(len(long))).mean() > 0.5


def test_equal_texts_and_seeds_give_equal_points(space, prose):
    again = Space.fit(Grams.of_words(prose), Seed(1))
    assert (again.directions(Grams.of_words(prose)) == space.directions(Grams.of_words(prose))).all()


@pytest.mark.parametrize("texts", [[], [""], ["one word"], ["a b", "a b"]])
def test_a_space_can_be_learned_from_hardly_anything(texts):
    points = Space.fit(Grams.of_words(texts), Seed(1)).directions(Grams.of_words(["a b", "c"]))
    assert len(points) == 2
    assert np.isfinite(points).all()


def test_points_do_not_depend_on_the_number_of_threads(prose):
    """Sums of floats that threads divide among themselves would differ in their last digits."""
    texts = Grams.of_words(prose)
    with pinned(1):
        one = Space.fit(texts, Seed(1), sizes=(1, 2)).points(texts)
    with pinned(2):
        two = Space.fit(texts, Seed(1), sizes=(1, 2)).points(texts)
    assert one.tobytes() == two.tobytes()


def test_weights_are_those_of_scikit_learn(prose):
    """TF-IDF, smooth and sublinear, of words and pairs."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    from synth_pipeline.text.tokens import tokens

    texts = Grams.of_words(prose[:100])
    ours = Weights.fit(texts).of(texts)
    theirs = TfidfVectorizer(analyzer=tokens, sublinear_tf=True).fit_transform(prose[:100])
    assert (ours @ ours.T).toarray() == pytest.approx((theirs @ theirs.T).toarray(), abs=1e-5)


def test_words_of_one_text_count_only_where_that_is_asked_for(prose):
    """A learned text that differs from another one in its own words alone lies apart in an embedding of all words."""
    texts = [*prose[:50], "zero one two three", "zero one two four"] * 2
    texts[-1] = "zero one two five"
    learned = embedding(texts, Seed(1))
    near, own = learned(["zero one two", "zero one two five"])
    assert not np.allclose(near, own)
    bare = Space.fit(Grams.of_words(texts), Seed(1)).points(Grams.of_words(["zero one two", "zero one two five"]))
    assert bare[0] == pytest.approx(bare[1], abs=1e-6)
