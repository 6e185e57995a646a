"""Shape of texts: are they as long as real ones, of the same words, in the same order?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Excess, excess, of_replicates
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams, located

COMMON = 500  # words, and pairs of words, whose shares are compared; the others count together
LENGTHS = 512  # lengths that are told apart


class TextShape:
    """Lengths, vocabulary and n-grams of columns of text.

    ``words`` and ``characters`` are the Kolmogorov-Smirnov distances of how many a text has (0: alike, 1:
    disjoint); ``word shares`` and ``pair shares`` the total variation distances of the 500 commonest words,
    or pairs of words that follow one another, the others counting together (0: alike, 1: disjoint).  Each
    between synthetic and holdout, with train against holdout as its baseline, equally many.  ``new words`` is the
    share of words that do not occur in a further part of train (0: none, 1: all), its baseline that of the
    holdout.  ``lost words`` is the share of the holdout's words that no synthetic text has, its baseline the same
    for as many train texts.  Tables without text have no such findings.
    """

    name = "text_shape"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            for metric, measured in _measured(corpus).items():
                yield Finding(self.name, self.family, corpus.name, metric, measured.value, measured.low, measured.high,
                              measured.baseline, n=corpus.sample.size)  # fmt: skip


def _measured(corpus: Corpus) -> dict[str, Excess]:
    characters = Three(*(np.array([len(text) for text in side]) for side in corpus.texts))
    return {
        "words": _lengths(corpus, Three(*(side.lengths for side in corpus.words))),
        "characters": _lengths(corpus, characters),
        "word shares": _shares(corpus, 1),
        "pair shares": _shares(corpus, 2),
        "new words": _new(corpus),
        "lost words": _lost(corpus),
    }


def _lengths(corpus: Corpus, lengths: Three[np.ndarray]) -> Excess:
    """Steps are at quantiles of the real lengths, and beyond them."""
    steps = np.unique(np.quantile(np.concatenate(lengths[:2]), np.linspace(0, 1, LENGTHS), method="nearest"))
    codes = Three(*(np.searchsorted(steps, side) for side in lengths))
    below = Three(*(np.cumsum(side, 1) for side in corpus.sample.counts(codes, len(steps) + 1)))
    return excess(lambda first, second: np.abs(first - second).max(-1), below)


def _shares(corpus: Corpus, size: int) -> Excess:
    """Of the commonest n-grams of the texts that are learned from."""
    from scipy.sparse import csr_array

    known, counts = np.unique(corpus.learned.words.runs(size).codes, return_counts=True)
    common = np.sort(known[np.argsort(-counts, kind="stable")[:COMMON]])

    def side(words: Grams, weights: np.ndarray) -> np.ndarray:
        runs = words.runs(size)
        spots = located(common, runs.codes)
        table = csr_array((np.ones(len(spots), np.float32), spots, runs.offsets), shape=(len(runs), len(common) + 1))
        total = (table.T @ weights.T).T.astype(float)
        return total / np.maximum(total.sum(1, keepdims=True), 1)

    taken = (words.take(rows) for words, rows in zip(corpus.words, corpus.sample.rows, strict=True))
    return excess(total_variation, Three(*map(side, taken, corpus.sample.weights)))


def _new(corpus: Corpus) -> Excess:
    known = np.unique(corpus.learned.words.codes)
    shares = []
    for side in (2, 1):
        words = corpus.words[side].take(corpus.sample.rows[side])
        unknown = located(known, words.codes) == len(known)
        shares.append(_rate(np.bincount(words.places, unknown, len(words)), words.lengths, corpus.sample.weights[side]))
    return of_replicates(*shares)


def _lost(corpus: Corpus) -> Excess:
    """Both shares are of the same holdout words; twice their variance, as the texts that have them are random too."""
    words = corpus.words.holdout.take(corpus.sample.rows.holdout)
    shares = []
    for side in (2, 0):
        known = np.unique(corpus.words[side].take(corpus.sample.rows[side]).codes)
        lost = located(known, words.codes) == len(known)
        shares.append(_rate(np.bincount(words.places, lost, len(words)), words.lengths, corpus.sample.weights.holdout))
    found = of_replicates(*shares)
    reach = np.sqrt(2) * (found.value - found.low)
    return Excess(found.value, found.value - reach, found.value + reach, found.baseline)


def _rate(marked: np.ndarray, lengths: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of marked words in every replicate."""
    return (weights @ marked) / np.maximum(weights @ lengths, 1)
