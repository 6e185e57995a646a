"""Columns of text as checks compare them: on encodings that none of the compared texts had a part in.

Words, topics and axes are learned from a random third of train, and the rest of it, the holdout and the
synthetic table are compared.  Were they learned from compared rows, these would lie nearer to them than
any new text, and the best of generators would be told from real rows by that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.memory import Memory, view
from synth_pipeline.checks.resampling import SIDES, Resample, resample, units
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.language import CharacterModel
from synth_pipeline.text.space import AXES, Space

if TYPE_CHECKING:
    from scipy.sparse import csr_array

T = TypeVar("T")

LARGEST = 10_000  # texts that are learned from, and of each side that are compared
SMALLEST = 200  # texts of each side
LEAST = 400  # train texts
RECURRING = 0.5  # share of words that other texts have too, below which a language is taken to have no blanks


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a random third of train says of a column."""

    texts: list[str]
    by_characters: bool
    words: Grams
    space: Space
    characters: CharacterModel

    @classmethod
    def of(cls, texts: list[str], seed: Seed) -> "Learned":
        words = Grams.of_words(texts)
        if by_characters := _recurring(words) < RECURRING:
            words = Grams.of_characters(texts).runs(2)
        space = Space.fit(words, seed, axes=min(AXES, len(texts) // 4), sizes=(1, 2))
        return cls(texts, by_characters, words, space, CharacterModel.fit(texts))

    def encode(self, texts: Sequence[str]) -> Grams:
        """Words; in languages that are written without blanks, pairs of characters stand for them."""
        return Grams.of_characters(texts).runs(2) if self.by_characters else Grams.of_words(texts)


@dataclass(frozen=True, eq=False)
class Corpus:
    """A column of text; ``evidence`` holds the compared rows alone, at most ``LARGEST`` of each side."""

    evidence: Evidence
    name: str
    learned: Learned
    own: Memory = field(default_factory=Memory)

    @view
    def texts(self) -> Three[list[str]]:
        """Missing ones are empty."""
        return Three(*(_texts(table, self.name) for table in self.evidence.tables))

    @view
    def words(self) -> Three[Grams]:
        return Three(*(self._kept("words", side, lambda side=side: self.learned.encode(self.texts[side]))
                       for side in range(3)))  # fmt: skip

    @view
    def weighed(self) -> Three["csr_array"]:
        """Weights of words and pairs of words, shape (texts, known ones) for each side."""
        return Three(*(self._kept("weighed", side, lambda side=side: self.learned.space.weights.of(self.words[side]))
                       for side in range(3)))  # fmt: skip

    @view
    def points(self) -> Three[np.ndarray]:
        """Shape (texts, axes) for each side."""
        return Three(*(self._kept("points", side, lambda side=side: self.learned.space.placed(self.weighed[side]))
                       for side in range(3)))  # fmt: skip

    @view
    def sample(self) -> Resample:
        return resample(self.evidence, LARGEST)

    def _kept(self, what: str, side: int, compute: Callable[[], T]) -> T:
        """Of a real side for all synthetic tables, of the synthetic one for this."""
        memory = self.evidence.real if side < 2 else self.own
        return memory.recall((what, self.name, side), compute)


def corpora(evidence: Evidence) -> list[Corpus]:
    """The columns of text in which real rows say anything; raises Unmeasurable where rows are too few."""
    if not evidence.texts:
        return []
    return evidence.own.recall("corpora", lambda: _compared(evidence, evidence.texts))


def _compared(evidence: Evidence, names: list[str]) -> list[Corpus]:
    sizes = [len(table) for table in evidence.tables]
    if sizes[0] < LEAST or min(sizes) < SMALLEST:
        raise Unmeasurable(
            f"There are {sizes[0]} train, {sizes[1]} holdout and {sizes[2]} synthetic rows.",
            f"texts need {LEAST} train rows, and {SMALLEST} of the others.",
        )
    learning, rows = evidence.real.recall("texts, parts", lambda: _parts(evidence))
    train, holdout = (table.take(taken) for table, taken in zip(evidence.tables[:2], rows, strict=True))
    made = evidence.synthetic.take(_some(evidence, 2))
    compared = replace(evidence, train=Train(train), holdout=Holdout(holdout), synthetic=made,
                       real=evidence.real.recall("texts, memory", Memory))  # fmt: skip
    seed = evidence.seed.child("texts")
    table = evidence.train.table.take(learning)
    return [Corpus(compared, name, evidence.real.recall(("texts, learned", name),
                   lambda name=name: Learned.of(_texts(table, name), seed))) for name in names]  # fmt: skip


def _parts(evidence: Evidence) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Train rows to learn from, and train and holdout rows to compare; an entity is wholly in one of them."""
    unit = units(evidence, 0, np.arange(len(evidence.train.table)))
    order = evidence.seed.child("texts", "learned").stream().permutation(int(unit.max(initial=-1)) + 1)
    upto = np.cumsum(np.bincount(unit)[order]) <= min(len(unit) // 3, LARGEST)
    learning = np.isin(unit, order[upto])
    rest = evidence.seed.child("texts", "compared").stream().permutation(np.flatnonzero(~learning))[:LARGEST]
    return np.flatnonzero(learning), (np.sort(rest), _some(evidence, 1))


def _some(evidence: Evidence, side: int) -> np.ndarray:
    stream = evidence.seed.child("texts", SIDES[side]).stream()
    return np.sort(stream.permutation(len(evidence.tables[side]))[:LARGEST])


def _texts(table: Table, name: str) -> list[str]:
    return table.frame[name].fillna("").astype(str).tolist()


def _recurring(words: Grams) -> float:
    """Share of words that stand in another text too."""
    if not len(words.codes):
        return 1.0
    _, word = np.unique(words.codes, return_inverse=True)
    pairs = np.unique(word * len(words) + words.places)
    return float((np.bincount(pairs // len(words))[word] > 1).mean())
