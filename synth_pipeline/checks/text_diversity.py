"""Diversity of texts: do they use as many words and turns as real ones?"""

import lzma
from collections.abc import Iterator
from typing import Any

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.resampling import SIDES, Excess, Z, units
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.repetition import Repetition

SIZES = {"distinct words": 1, "distinct pairs": 2, "distinct triples": 3}
REPEATED = 4  # words of a run that counts as a repetition
FEWEST = 500  # runs of a side
BLOCKS = 20  # of texts, of the jackknife
PARTS = 10  # of a side, by which the error of its compression is told
BYTES = 2_000_000  # of a side that are compressed
FILTERS: list[dict[str, Any]] = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 1 << 22}]


class TextDiversity:
    """Repetition in columns of text against that in real ones; every number is a shortfall (0: none).

    ``distinct words``, ``distinct pairs``, ``distinct triples``: by how much smaller the share of different ones
    is than in as many of the holdout (1: all lost; distinct-n of Li et al. 2016, arXiv:1510.03055).  ``repeated``:
    by how much larger the share of runs of four words is that come more than once (1: all against none).
    ``compressed``: by how much better the texts compress than as many bytes of the holdout, by LZMA, whose window
    holds all of them (1: to nothing).  Train against holdout is the baseline of all.  Intervals are by a jackknife
    over blocks of texts, or of entities.  What real texts are too short for is not measured.  Tables
    without text have no such findings.
    """

    name = "text_diversity"
    family = Family.DIVERSITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            for metric, found in _measured(corpus).items():
                note = "" if np.isfinite(found.value) else f"fewer than {FEWEST} runs of words"
                yield Finding(self.name, self.family, corpus.name, metric, found.value, found.low, found.high,
                              found.baseline, n=corpus.sample.size, note=note)  # fmt: skip


def _measured(corpus: Corpus) -> dict[str, Excess]:
    order = [mixed_up(corpus, side) for side in range(3)]
    words = Three(*(side.take(rows) for side, rows in zip(corpus.words, order, strict=True)))
    sizes = SIZES | {"repeated": REPEATED}
    runs = {metric: Three(*(side.runs(size).codes for side in words)) for metric, size in sizes.items()}
    known = {metric: codes for metric, codes in runs.items() if min(map(len, codes[:2])) >= FEWEST}
    found = {metric: _said(metric, codes) for metric, codes in known.items()}
    return found | {"compressed": _compressed(corpus, order)}


def mixed_up(corpus: Corpus, side: int) -> np.ndarray:
    """Rows of a side in random order, as many as of the smallest; those of an entity follow one another."""
    rows = np.arange(len(corpus.texts[side]))
    unit = units(corpus.evidence, side, rows)
    stream = corpus.evidence.seed.child("text diversity", SIDES[side]).stream()
    return np.argsort(stream.permutation(int(unit.max()) + 1)[unit], kind="stable")[: min(map(len, corpus.texts))]


def _said(metric: str, runs: Three[np.ndarray]) -> Excess:
    """On as many runs of each side, since the more there are, the more come again; NaN where synthetic ones are few."""
    least = min(map(len, runs))
    if least < FEWEST:
        return Excess(np.nan, np.nan, np.nan, np.nan)
    found = Three(*(Repetition.of(side[:least], BLOCKS) for side in runs))
    return _repeated(found) if metric == "repeated" else _distinct(found)


def _distinct(found: Three[Repetition]) -> Excess:
    whole = max(float(found.holdout.distinct[0]), 1e-12)
    train, _, made = (float(side.distinct[0]) for side in found)
    reach = Z * float(np.hypot(*(_jackknife(side.distinct) for side in (found.train, found.synthetic)))) / whole
    value = 1 - made / whole
    return Excess(value, value - reach, value + reach, 1 - train / whole)


def _repeated(found: Three[Repetition]) -> Excess:
    train, holdout, made = (float(side.repeated[0]) for side in found)
    reach = Z * float(np.hypot(*(_jackknife(side.repeated) for side in (found.train, found.synthetic))))
    value = made - holdout
    return Excess(value, value - reach, value + reach, train - holdout)


def _jackknife(values: np.ndarray) -> float:
    """Standard error, from the values without each block: Quenouille and Tukey."""
    left = values[1:]
    return float(np.sqrt((len(left) - 1) * np.mean((left - left.mean()) ** 2)))


def _compressed(corpus: Corpus, order: list[np.ndarray]) -> Excess:
    """Twice the variance that parts have by themselves, as what is in one helps to compress the others."""
    texts = [[corpus.texts[side][row] for row in rows] for side, rows in enumerate(order)]
    whole = ["\n".join(side).encode("utf-8", "surrogatepass") for side in texts]
    size = min(BYTES, *map(len, whole))
    key = ("text compressed", corpus.name, size)
    ratios = [corpus.evidence.real.recall((*key, side), lambda side=side: _ratios(whole[side][:size]))
              for side in (0, 1)]  # fmt: skip
    train, holdout = ratios
    made = _ratios(whole[2][:size])
    spread = [np.std(side[1:], ddof=1) / np.mean(side[1:]) * side[0] / np.sqrt(PARTS) for side in (train, made)]
    reach = Z * float(np.sqrt(2) * np.hypot(*spread)) / holdout[0]
    value = 1 - made[0] / holdout[0]
    return Excess(value, value - reach, value + reach, 1 - train[0] / holdout[0])


def _ratios(content: bytes) -> np.ndarray:
    """Compressed bytes for each byte: of all, then of each part by itself."""
    size = max(1, len(content) // PARTS)
    pieces = [content, *(content[start * size : (start + 1) * size] for start in range(PARTS))]
    return np.array([len(lzma.compress(one, lzma.FORMAT_RAW, filters=FILTERS)) / max(1, len(one)) for one in pieces])
