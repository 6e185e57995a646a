"""Texts as points: words weighed by how rare they are, on the axes along which texts differ most.

TF-IDF (Spärck Jones 1972, doi:10.1108/eb026526) and latent semantic analysis (Deerwester et al. 1990,
doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9): no model is needed, and no download.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.threads import pinned
from synth_pipeline.text.grams import Grams, firsts, located

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Embed = Callable[[Sequence[str]], np.ndarray]  # texts to an array of one vector per text

AXES = 96
LEARNED = 20_000  # texts that words and axes are learned from
WORDS = 60_000  # the commonest words and runs that are looked at
TURNS = 4  # of the power iteration
CHUNK = 16_384  # texts whose words are held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """``known`` are codes of runs of so many words as ``sizes`` says, ascending; ``rarity`` their inverse frequency."""

    known: np.ndarray
    rarity: np.ndarray
    sizes: tuple[int, ...]

    @classmethod
    def fit(cls, texts: Grams, sizes: tuple[int, ...] = (1,), least: int = 1, most: int | None = None) -> "Weights":
        """Of the commonest runs that at least so many texts have, and at ``most`` so many of them."""
        every = firsts(*(texts.runs(size) for size in sizes)).codes
        known, counts = np.unique(every, return_counts=True)
        order = np.argsort(-counts, kind="stable")[:most]
        kept = np.sort(order[counts[order] >= least])
        rarity = np.log((1 + len(texts)) / (1 + counts[kept])) + 1
        return cls(known[kept], rarity.astype(np.float32), sizes)

    def of(self, texts: Grams) -> "csr_array":
        """Shape (texts, known): rarity times one plus the logarithm of the count, rows of length 1 or, unknown, 0."""
        from scipy.sparse import csr_array

        runs = [texts.runs(size) for size in self.sizes]
        text, codes = np.concatenate([one.places for one in runs]), np.concatenate([one.codes for one in runs])
        spots = located(self.known, codes)
        held = np.flatnonzero(spots < len(self.known))
        counts = csr_array((np.ones(len(held), np.float32), (text[held], spots[held])),
                           shape=(len(texts), len(self.known)))  # fmt: skip
        counts.sum_duplicates()
        counts.data = (1 + np.log(counts.data)) * self.rarity[counts.indices]
        row = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
        counts.data /= np.sqrt(np.bincount(row, counts.data**2, len(texts))).astype(np.float32)[row]
        return counts


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Learned from some texts; ``axes`` has the shape (known runs, axes)."""

    weights: Weights
    axes: np.ndarray

    @classmethod
    def fit(cls, texts: Grams, seed: Seed, *, axes: int = AXES, sizes: tuple[int, ...] = (1,),
            least: int = 2) -> "Space":  # fmt: skip
        """From at most ``LEARNED`` of the texts, drawn at random; runs that fewer than ``least`` have say nothing.

        Equal texts and seeds give equal spaces, on any number of threads.
        """
        from sklearn.utils.extmath import randomized_svd

        if len(texts) > LEARNED:
            texts = texts.take(np.sort(seed.child("learned").stream().permutation(len(texts))[:LEARNED]))
        weights = Weights.fit(texts, sizes, least, WORDS)
        count = min(axes, len(texts) - 1, len(weights.known) - 1)
        if count < 1:
            return cls(weights, np.zeros((len(weights.known), 1), np.float32))
        with pinned():
            found = randomized_svd(weights.of(texts), count, n_iter=TURNS, random_state=seed.child("axes").state)[2]
        return cls(weights, np.ascontiguousarray(found.T, np.float32))

    def placed(self, weighed: "csr_array") -> np.ndarray:
        """Points of weighed texts, shape (texts, axes), float32, at most 1 from the origin, where unknown ones are."""
        return np.ascontiguousarray(weighed @ self.axes)

    def points(self, texts: Grams) -> np.ndarray:
        """As ``placed``."""
        return self.placed(self.weights.of(texts))

    def directions(self, texts: Grams) -> np.ndarray:
        """Points at length 1, or 0 where a text has no known word."""
        return directions(self.points(texts))


def directions(points: np.ndarray) -> np.ndarray:
    """Points at length 1, zeros left as they are, float32: how much the axes hold of a text is no matter of topic."""
    points = points.astype(np.float32)
    lengths = np.linalg.norm(points, axis=1, keepdims=True)
    return np.divide(points, lengths, out=np.zeros_like(points), where=lengths > 0)


def embedding(texts: Sequence[str], seed: Seed, axes: int = 128) -> Embed:
    """A function to vectors in a space learned from these texts, in which rare words count too."""
    chosen = range(len(texts))
    if len(texts) > LEARNED:
        chosen = np.sort(seed.stream().permutation(len(texts))[:LEARNED]).tolist()
    space = Space.fit(Grams.of_words([texts[place] for place in chosen]), seed, axes=axes, least=1)

    def embed(texts: Sequence[str]) -> np.ndarray:
        parts = [space.points(Grams.of_words(texts[at : at + CHUNK])) for at in range(0, len(texts), CHUNK)]
        return np.concatenate([np.zeros((0, space.axes.shape[1]), np.float32), *parts])

    return embed
