"""Texts as points: near where topics are alike, and the same at every call."""

import numpy as np
import pytest

from benchmarks.passages import passages
from synth_pipeline.core.seeds import Seed
from synth_pipeline.text.space import DIMENSIONS, Space
from synth_pipeline.text.tokens import encoded


@pytest.fixture(scope="module")
def prose() -> list[str]:
    """600 paragraphs of docstrings of scipy."""
    texts = passages(("scipy",))
    return [texts[place] for place in np.random.default_rng(3).permutation(len(texts))[:600]]


@pytest.fixture(scope="module")
def space(prose) -> Space:
    return Space.of(*encoded(prose), Seed(1))


def test_points_have_length_one_and_unknown_words_are_at_the_origin(space, prose):
    points = space.points(*encoded([*prose[:50], "zyxxy plugh", ""]))
    assert points.shape == (52, DIMENSIONS)
    assert points.dtype == np.float32
    assert np.linalg.norm(points, axis=1) == pytest.approx([1.0] * 50 + [0.0] * 2, abs=1e-5)


def test_the_same_words_in_another_order_are_at_the_same_point(space, prose):
    stream = np.random.default_rng(4)
    shuffled = [" ".join(stream.permutation(text.split())) for text in prose[:100]]
    assert space.points(*encoded(shuffled)) == pytest.approx(space.points(*encoded(prose[:100])), abs=1e-5)


def test_halves_of_a_text_are_nearest_to_each_other(space, prose):
    """Among 100 second halves, the first half's own is the nearest for 62; by chance it were one."""
    long = [text.split() for text in prose if len(text.split()) >= 60][:100]
    first, second = (space.points(*encoded([" ".join(words[side::2]) for words in long])) for side in (0, 1))
    assert ((first @ second.T).argmax(1) == np.arange(len(long))).mean() > 0.5


def test_equal_texts_and_seeds_give_equal_points(space, prose):
    again = Space.of(*encoded(prose), Seed(1))
    assert (again.points(*encoded(prose)) == space.points(*encoded(prose))).all()


@pytest.mark.parametrize("texts", [[], [""], ["one word"], ["a b", "a b"]])
def test_a_space_can_be_learned_from_hardly_anything(texts):
    points = Space.of(*encoded(texts), Seed(1)).points(*encoded(["a b", "c"]))
    assert len(points) == 2
    assert np.isfinite(points).all()
