"""Near duplicates: none is missed, none is called so that is not, and work does not explode."""

import numpy as np
import pytest

from synth_pipeline.dedup.buckets import thinned
from synth_pipeline.dedup.near import Bands, buckets, near_duplicates, nearest_items
from synth_pipeline.text.shingles import jaccard, shingle_sets

WORDS = np.array([f"w{number}" for number in range(2_000)])


def sentences(count: int, seed: int, words: int = 30) -> list[list[str]]:
    return WORDS[np.random.default_rng(seed).integers(0, len(WORDS), (count, words))].tolist()


def replaced(sentence: list[str], places: list[int]) -> list[str]:
    return ["other" if place in places else word for place, word in enumerate(sentence)]


def test_pairs_at_the_threshold_are_found_and_pairs_below_it_are_not():
    """Of 59 runs of 30 words each replaced word takes 3, and all of them leave one new word: 53 / 64 and 50 / 66."""
    first = sentences(1_500, 1)
    at, below = ([replaced(one, places) for one in first] for places in ([9, 20], [5, 15, 25]))
    for other, expected in ((at, 53 / 64), (below, 50 / 66)):
        sets = shingle_sets([" ".join(words) for words in first + other], 2)
        similarity = jaccard(sets, np.arange(1_500), np.arange(1_500, 3_000))
        assert np.median(similarity) == pytest.approx(expected, abs=0.02)
        stands = near_duplicates(sets, 0.8)
        found = stands[1_500:] == np.arange(1_500)
        assert (found <= (similarity >= 0.8)).all()
        assert found[similarity >= 0.8].mean() > 0.99 if expected > 0.8 else not found[similarity < 0.8].any()
        assert (stands[:1_500] == np.arange(1_500)).all()


@pytest.mark.parametrize("threshold", [0.3, 0.4, 0.5, 0.6, 0.8, 0.9, 0.95])
def test_bands_find_a_pair_at_the_threshold(threshold):
    bands = Bands.of(threshold)
    assert (1 - threshold**bands.slots) ** bands.count <= 0.003
    assert bands.count * bands.slots <= 96


def test_who_is_dropped_is_near_the_one_that_is_kept_for_it_and_no_kept_ones_are_near():
    stream = np.random.default_rng(3)
    base = sentences(200, 4, 20)
    texts = [" ".join(replaced(base[stream.integers(200)], list(stream.integers(0, 20, 2)))) for _ in range(2_000)]
    sets = shingle_sets(texts, 2)
    stands = near_duplicates(sets, 0.7)
    own = stands == np.arange(len(stands))
    assert (stands <= np.arange(len(stands))).all()
    assert own[stands].all()
    assert 150 < own.sum() < 1_500
    assert (jaccard(sets, np.arange(len(stands)), stands) >= 0.7).all()
    kept = np.flatnonzero(own)
    left, right = np.triu_indices(len(kept), 1)
    assert (jaccard(sets, kept[left], kept[right]) >= 0.7).sum() <= 2


def test_copies_and_a_single_template_are_no_quadratic_work():
    """All in one bucket: 20,000 copies, and 5,000 fillings of one slot, each near the first."""
    looked_at = 0
    texts = ["the very same words again and again"] * 20_000
    texts += [
        f"please send the parcel number {number} to my new address in the old town today" for number in range(5_000)
    ]
    sets = shingle_sets(texts, 2)
    assert (np.unique(near_duplicates(sets, 0.7)) == [0, 20_000]).all()

    def counted(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        nonlocal looked_at
        looked_at += len(left)
        return np.zeros(len(left))

    thinned(np.zeros((5_000, 4), np.uint64), counted, 0.7)
    assert 0 < looked_at < 5_000 * 10


def test_what_a_crowded_bucket_hides_at_first_is_found_in_a_later_round():
    """The last text is too far behind the first of its group until those between have gone."""
    groups = np.array([*range(7), *range(3, 7), 3])

    def alike(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (groups[left] == groups[right]).astype(float)

    stands = thinned(np.zeros((len(groups), 1), np.uint64), alike, 0.5)
    assert stands.tolist() == groups.tolist()  # the first of each group stands at its number


def test_texts_without_words_stand_alone():
    sets = shingle_sets(["", "...", "", "a b", "A, B!"], 2)
    assert near_duplicates(sets, 0.8).tolist() == [0, 1, 2, 3, 3]
    assert near_duplicates(sets, 1.0).tolist() == [0, 1, 2, 3, 3]
    assert near_duplicates(shingle_sets([], 2), 0.8).tolist() == []


def test_the_nearest_item_is_told_and_each_item_has_its_own_threshold():
    items = ["one two three four five six seven eight", "one two three four five six seven nine", "far away"]
    texts = ["one two three four five six seven eight", "one two three four five six nine nine", "nothing of it"]
    similarity, place = nearest_items(shingle_sets(texts, 2), shingle_sets(items, 2), np.array([0.6, 0.6, 0.6]))
    assert place.tolist() == [0, 1, -1]
    assert similarity[0] == 1
    assert 0.6 < similarity[1] < 1
    assert similarity[2] == 0
    strict = nearest_items(shingle_sets(texts, 2), shingle_sets(items, 2), np.array([1.0, 0.95, 0.6]))[1]
    assert strict.tolist() == [0, -1, -1]


def test_buckets_do_not_depend_on_the_texts_around_them():
    texts = [" ".join(words) for words in sentences(9_000, 5, 12)]  # more than are sketched at a time
    bands = Bands.of(0.8)
    whole = buckets(shingle_sets(texts, 2), bands)
    assert (whole[8_900:] == buckets(shingle_sets(texts[8_900:], 2), bands)).all()
    assert (whole[0] == buckets(shingle_sets(texts[:1], 2), bands)[0]).all()
