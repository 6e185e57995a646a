"""Which texts follow others word by word: all short runs that both have, and where they stand in line.

What two texts share is weighed by how rare it is, and related to all that either has (Jaccard index; Broder 1997,
doi:10.1109/SEQUEN.1997.666900).  A paraphrase that replaces or drops words keeps many runs of three words and many
pairs that are next to one another or next but one; texts that merely share a topic or a formula share few.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np

from synth_pipeline.text.grams import Firsts, Grams, expanded, firsts, located

HOLDERS = 16  # source texts that may have a run by which sources are looked for: with more it is a formula
CLOSEST = 4  # sources of a text that it is compared with in full: those with which it shares most of rare runs
LEAST = 0.25  # times what it shares with the first of them
TOLD = 0.2  # power of the shared information in the score
BLOCK = 100_000  # words that are looked at at a time
DIGITS = 9  # of scores: equal texts score equally, in whatever order their runs are summed
BAND = 5  # words by which neighbours in a chain may be shifted against one another, by words dropped or put in
GAP = 20  # words between neighbours in a chain


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """One entry per text and likely source, in the order of texts: how much of both agrees.

    A run weighs minus the logarithm of the share of sources that have it: its information, in nats.  ``score`` is the
    information of the runs that both texts have over that of the runs that either has, times the fifth root of the
    former, since little agrees by chance and much does not.  0: nothing agrees; a copy scores the fifth root of its
    information, which is 3 or 4 for 50 words.
    """

    text: np.ndarray
    source: np.ndarray
    score: np.ndarray

    def __len__(self) -> int:
        return len(self.text)

    def take(self, which: np.ndarray) -> "Matches":
        return Matches(self.text[which], self.source[which], self.score[which])

    def best(self, by: np.ndarray, count: int) -> np.ndarray:
        """The highest score of each text or source, 0 where it has none."""
        out = np.zeros(count)
        np.maximum.at(out, by, self.score)
        return out

    def claims(self, count: int) -> "Matches":
        """Only the best source of each of ``count`` texts, or several that are equally good."""
        return self.take(self.score >= self.best(self.text, count)[self.text])


class Sources:
    """Texts that others may have been taken from, indexed by their runs."""

    def __init__(self, texts: Grams) -> None:
        from scipy.sparse import csr_array

        self.texts = texts
        self.count = len(texts)
        held = _runs(texts)
        self._codes, starts, self._holders = np.unique(held.codes, return_index=True, return_counts=True)
        code = np.repeat(np.arange(len(self._codes)), self._holders)
        nats = self._nats(0)
        self._pairs = np.sort(held.text * len(self._codes) + code)
        self._information = np.bincount(held.text, nats[code], self.count)
        kept = np.where(self._holders <= HOLDERS, self._holders, 0)
        self._rare = csr_array(
            (np.repeat(nats[:-1], kept), held.text[expanded(starts, kept)], np.r_[0, np.cumsum(kept)]),
            shape=(len(self._codes), self.count),
        )

    def matches(self, texts: Grams, owners: tuple[np.ndarray, np.ndarray] | None = None) -> Matches:
        """Of each text with the sources that share most with it.

        ``owners`` is for texts that are sources themselves: it says whose each text and each source is, and a text is
        not matched with those of its own owner.  Another text counts as a further holder of its runs, so that scores
        of both are alike.  Work and memory are linear in the words.
        """
        cuts = np.searchsorted(texts.offsets, np.arange(BLOCK, len(texts.codes), BLOCK))
        bounds = np.unique(np.r_[0, cuts, len(texts)])
        parts = [Matches(np.zeros(0, int), np.zeros(0, int), np.zeros(0))]
        for first, last in pairwise(bounds):
            part = self._matches(texts.part(first, last), owners and (owners[0][first:last], owners[1]))
            parts.append(Matches(part.text + first, part.source, part.score))
        return Matches(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Matches)))

    def spans(self, texts: Grams, matches: Matches) -> np.ndarray:
        """From which word up to which the text follows the source, and the source is followed: shape (matches, 4).

        Runs that both have are chained where they lie on nearly the same diagonal, with gaps, as genomes are aligned
        (Li 2018, doi:10.1093/bioinformatics/bty191); of the chains it is the one that tells most.
        """
        own, other = _runs(texts.take(matches.text)), _runs(self.texts.take(matches.source))
        codes, mine = np.unique(own.codes, return_inverse=True)
        theirs = located(codes, other.codes)
        order = np.flatnonzero(theirs < len(codes))
        keys = other.text[order] * len(codes) + theirs[order]
        order = order[np.argsort(keys)]
        spot = located(np.sort(keys), own.text * len(codes) + mine)
        seed = np.flatnonzero(spot < len(keys))
        found = order[spot[seed]]
        nats = self._nats(0)[located(self._codes, own.codes[seed])]
        return _longest(_Seeds(own.text[seed], own.place[seed], other.place[found], own.size[seed], nats), len(matches))

    def _matches(self, texts: Grams, owners: tuple[np.ndarray, np.ndarray] | None) -> Matches:
        own = _runs(texts)
        at = located(self._codes, own.codes)
        text, source = self._likely(own, at, len(texts), owners)
        before, nats = self._nats(0), self._nats(0 if owners else 1)
        lost, shared = self._shared(own, at, len(texts), (text, source), (before, nats))
        every = np.bincount(own.text, nats[at], len(texts))[text] + self._information[source] - lost
        score = shared / np.maximum(every, 1e-9) * shared**TOLD
        return Matches(text, source, np.round(score, DIGITS))

    def _likely(
        self, own: Firsts, at: np.ndarray, texts: int, owners: tuple[np.ndarray, np.ndarray] | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a text and a source that it shares rare runs with: of each text those with most."""
        from scipy.sparse import csr_array

        known = np.flatnonzero(np.append(self._holders, HOLDERS + 1)[at] + (not owners) <= HOLDERS)
        marks = csr_array((np.ones(len(known)), (own.text[known], at[known])), shape=(texts, len(self._codes)))
        pairs = marks @ self._rare
        text = np.repeat(np.arange(texts), np.diff(pairs.indptr))
        source, nats = pairs.indices.astype(np.int64), np.round(pairs.data, DIGITS)
        if owners:
            nats[owners[0][text] == owners[1][source]] = 0
        most = np.zeros(texts)
        np.maximum.at(most, text, nats)
        kept = np.flatnonzero((nats >= LEAST * most[text]) & (nats > 0))
        text, source, nats = text[kept], source[kept], nats[kept]
        order = np.lexsort((source, -nats, text))
        text, source = text[order], source[order]
        first = np.searchsorted(text, text)
        near = np.arange(len(text)) - first < CLOSEST
        return text[near], source[near]

    def _nats(self, more: int) -> np.ndarray:
        """Information of each run where so many further texts have it too, and at the end that of unknown ones."""
        return np.log((self.count + 1 + more) / np.append(self._holders + more, 1))

    def _shared(
        self,
        own: Firsts,
        at: np.ndarray,
        texts: int,
        pairs: tuple[np.ndarray, np.ndarray],
        weights: Sequence[np.ndarray],
    ) -> list[np.ndarray]:
        """Information of all runs that pairs of a text and a source have in common, by each of the weights."""
        text, source = pairs
        known = np.flatnonzero(at < len(self._codes))
        known = known[np.argsort(own.text[known], kind="stable")]
        sizes = np.bincount(own.text[known], minlength=texts)
        order = np.argsort(source, kind="stable")  # neighbours are then looked up near one another
        counts = sizes[text[order]]
        code = at[known][expanded((np.cumsum(sizes) - sizes)[text[order]], counts)]
        pair = np.repeat(np.arange(len(order)), counts)
        held = located(self._pairs, source[order][pair] * len(self._codes) + code) < len(self._pairs)
        back = np.argsort(order)
        return [np.bincount(pair[held], nats[code[held]], len(order))[back] for nats in weights]


def _runs(texts: Grams) -> Firsts:
    """Runs of three words, and pairs of words with at most one between them."""
    return firsts(texts.runs(3), texts.runs(2), texts.pairs(1), sizes=(3, 2, 3))


@dataclass(slots=True, eq=False)
class _Seeds:
    """Runs that both texts of a match have."""

    match: np.ndarray
    place: np.ndarray
    source_place: np.ndarray
    size: np.ndarray
    nats: np.ndarray

    def sort(self, order: np.ndarray) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[order])


def _longest(seeds: _Seeds, matches: int) -> np.ndarray:
    """Bounds of the best chain of each match, shape (matches, 4); zeros where there is none."""
    out = np.zeros((matches, 4), int)
    if not len(seeds.match):
        return out
    chain = _chained(seeds)
    match, nats = seeds.match[chain], np.add.reduceat(seeds.nats, chain)
    bounds = [reduced for places in (seeds.place, seeds.source_place) for reduced in (
              np.minimum.reduceat(places, chain), np.maximum.reduceat(places + seeds.size, chain))]  # fmt: skip
    order = np.argsort(nats, kind="stable")  # the best one comes last, and stays
    out[match[order]] = np.column_stack(bounds)[order]
    return out


def _chained(seeds: _Seeds) -> np.ndarray:
    """Sort seeds by chain, and within it by place; returns where chains begin.

    First seeds of a match are parted where diagonals are too far from the next one, then where places are.
    """
    diagonal = seeds.place - seeds.source_place
    order = np.lexsort((diagonal, seeds.match))
    seeds.sort(order)
    strand = np.cumsum(_steps(seeds.match, 0) | _steps(diagonal[order], BAND))
    order = np.lexsort((seeds.place, strand))
    seeds.sort(order)
    return np.flatnonzero(_steps(strand[order], 0) | _steps(seeds.place, GAP))


def _steps(values: np.ndarray, most: int) -> np.ndarray:
    """Where a value is farther than that from the one before; the first always is."""
    out = np.ones(len(values), bool)
    out[1:] = np.abs(np.diff(values)) > most
    return out
