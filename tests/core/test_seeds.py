"""Seeds: equal paths, equal streams, on every machine and in every version."""

from itertools import pairwise

import numpy as np
import pytest

from synth_pipeline.core.seeds import Seed


def test_streams_are_the_same_for_ever():
    assert Seed(1978, ("fair", "fit")).state == 2_002_920_313
    assert Seed(7).stream().integers(0, 10**9) == 152_617_543


def test_a_child_is_its_path_however_it_was_reached():
    assert Seed(1).child("a", "b") == Seed(1).child("a").child("b") == Seed(1, ("a", "b"))
    assert Seed(1).child(3) == Seed(1).child("3")


def test_other_numbers_and_paths_give_other_streams():
    seeds = [Seed(1), Seed(2), Seed(1).child("a"), Seed(1).child("b"), Seed(1).child("a", "b"), Seed(1).child("b", "a"),
             Seed(12), Seed(1).child("2"), Seed(1).child("ab"), Seed(1).child("")]  # fmt: skip
    assert len({seed.entropy for seed in seeds}) == len(seeds)
    draws = [seed.stream().random(1_000) for seed in seeds]
    for first, second in pairwise(draws):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.15


def test_a_stream_always_starts_anew():
    seed = Seed(5).child("x")
    assert seed.stream().random(3).tolist() == seed.stream().random(3).tolist()


@pytest.mark.parametrize("number", [0, 1, 2**32 - 1])
def test_a_state_is_32_bits(number):
    assert 0 <= Seed(number).child("x").state < 2**32
