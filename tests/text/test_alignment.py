"""Alignments: at known places, and on real prose with planted leaks."""

import numpy as np
import pytest

from benchmarks.passages import distinct, passages, replaced, shortened
from synth_pipeline.text import alignment
from synth_pipeline.text.alignment import HOLDERS, Chains, Sources
from synth_pipeline.text.grams import Grams


def words(count: int, seed: int) -> list[str]:
    """Words that occur once each."""
    return [f"w{seed}x{place}" for place in range(count)]


def aligned(texts: list[str], sources: list[str]) -> Chains:
    return Sources(Grams.of_words(sources)).chains(Grams.of_words(texts))


def test_a_passage_is_found_where_it_stands_with_words_replaced():
    """30 words of a source of 60, three of them replaced, among 20 others."""
    source, other = words(60, 0), words(20, 1)
    taken = source[20:50]
    for place in (5, 13, 21):
        taken[place] = f"new{place}"
    text = " ".join([*other[:10], *taken, *other[10:]])
    found = aligned([text], [" ".join(words(50, 2)), " ".join(source)])
    assert len(found) == 1
    assert (found.text[0], found.source[0]) == (0, 1)
    assert (found.begin[0], found.end[0], found.source_begin[0], found.source_end[0]) == (10, 40, 20, 50)


def test_words_that_are_dropped_or_put_in_do_not_break_a_chain():
    """100 words, every ninth of which is left out, and every ninth followed by another."""
    source = words(100, 0)
    dropped = [word for place, word in enumerate(source) if place % 9 != 4]
    swollen = [each for place, word in enumerate(source) for each in ([word, "also"] if place % 9 == 4 else [word])]
    found = aligned([" ".join(dropped), " ".join(swollen)], [" ".join(source), " ".join(words(40, 3))])
    assert found.text.tolist() == [0, 1]
    assert (found.source_end - found.source_begin).tolist() == [100, 100]


def test_parts_of_a_source_in_another_order_are_chains_of_their_own():
    source = words(60, 0)
    found = aligned([" ".join(source[30:] + source[:30])], [" ".join(source), "a b c"])
    assert sorted(found.source_begin.tolist()) == [0, 30]


def test_a_copy_scores_the_fourth_root_of_its_information_and_what_is_foreign_nothing():
    """20 sources of 30 words: each of the 28 runs weighs log 20."""
    sources = [" ".join(words(30, seed)) for seed in range(20)]
    found = aligned([sources[7], " ".join(words(30, 99))], sources)
    assert (found.text.tolist(), found.source.tolist()) == ([0], [7])
    assert found.score[0] == pytest.approx((28 * np.log(20)) ** 0.25)


def test_a_formula_that_many_sources_have_tells_no_source():
    formula = " ".join(words(30, 0))
    few, many = ([f"{formula} {' '.join(words(5, seed))}" for seed in range(1, 2 + count)]
                 for count in (HOLDERS - 1, HOLDERS))  # fmt: skip
    assert set(aligned([formula], [*few, "a b c d"]).source) == set(range(HOLDERS))
    assert len(aligned([formula], [*many, "a b c d"])) == 0


def test_claims_are_the_best_sources_of_a_text_and_all_that_are_equally_good():
    source = " ".join(words(40, 0))
    nearly = " ".join([*words(40, 0)[:30], *words(10, 1)])
    found = aligned([source, nearly], [source, source, nearly]).claims(2)
    assert list(zip(found.text.tolist(), found.source.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 2)]


@pytest.mark.parametrize(("texts", "sources"), [([], []), ([], ["a b c d"]), (["a b c d"], []), (["", "a"], ["", "b"]),
                                                (["a b c"], ["x y z"])])  # fmt: skip
def test_nothing_is_found_where_there_is_nothing(texts, sources):
    found = aligned(texts, sources)
    assert len(found) == 0
    assert found.claims(len(texts)).best(found.text, len(texts)).tolist() == [0.0] * len(texts)


@pytest.fixture(scope="module")
def prose() -> list[str]:
    """1,600 paragraphs of docstrings of scipy and scikit-learn, no two of which share a fifth of their runs."""
    texts = distinct(passages(("scipy", "sklearn")))
    order = np.random.default_rng(1).permutation(len(texts))
    return [texts[place] for place in order[:1_600]]


def test_texts_are_aligned_alike_in_blocks_of_any_size(monkeypatch, prose):
    one = aligned(prose[:200], prose[100:300])
    monkeypatch.setattr(alignment, "BLOCK", 333)
    many = aligned(prose[:200], prose[100:300])
    for field in ("text", "source", "score", "begin", "source_end"):
        assert (getattr(one, field) == getattr(many, field)).all()
    assert len(np.unique(one.text)) > 100


def test_planted_leaks_are_told_from_real_texts(prose):
    """800 sources, 400 texts to learn the threshold from, 400 clean ones; leaks of 300 sources.

    Measured: .9925 of the clean ones are below it, found are 1, 1, .99 and 1.
    """
    sources, stream = Sources(Grams.of_words(prose[:800])), np.random.default_rng(2)
    vocabulary = " ".join(prose[:800]).split()

    def scores(texts: list[str]) -> np.ndarray:
        found = sources.chains(Grams.of_words(texts))
        return found.best(found.text, len(texts))

    threshold = np.quantile(scores(prose[800:1_200]), 0.995, method="higher")
    assert (scores(prose[1_200:]) > threshold).mean() <= 0.02
    leaks = {
        "verbatim": (0.99, [text.upper().replace(" ", ", ") for text in prose[:300]]),
        "5 % replaced": (0.97, [replaced(text, 0.05, vocabulary, stream) for text in prose[:300]]),
        "15 % replaced": (0.95, [replaced(text, 0.15, vocabulary, stream) for text in prose[:300]]),
        "10 % deleted": (0.97, [shortened(text, 0.10, stream) for text in prose[:300]]),
    }
    for name, (least, texts) in leaks.items():
        assert (scores(texts) > threshold).mean() >= least, name
