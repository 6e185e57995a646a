"""Alignment of texts with their likely sources: rare runs of three tokens, chained along a diagonal with gaps.

Seed and chain, as genomes are aligned (Li 2018, doi:10.1093/bioinformatics/bty191).  A paraphrase that replaces
or drops words keeps many runs of three, at about the same distance from the beginning of its source; texts that
merely share a topic or a formula share few, and out of line.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

import numpy as np

from synth_pipeline.text.grams import Firsts, Grams, expanded, located

SIZE = 3  # tokens of a seed
HOLDERS = 16  # source texts that may have a seed: with more it is a formula, and tells no source
BAND = 5  # tokens by which neighbours in a chain may be shifted against one another, by words dropped or put in
GAP = 20  # tokens between neighbours in a chain
BLOCK = 250_000  # tokens that are aligned at a time
DIGITS = 9  # of scores: equal texts score equally, in whatever order their seeds are summed


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """One entry per chain: a text, its source, how much of both agrees, and the tokens from where to where.

    Each run of three tokens weighs minus the logarithm of the share of sources that have it: its information, in
    nats.  ``score`` is that of the chain's seeds over that of all runs of both texts (a weighted Jaccard index),
    times the root of the product of the shares of either text from end to end of the chain, times the fourth root
    of the information, since little agrees by chance and much does not.  0: nothing agrees; a copy scores the
    fourth root of its information, which is 4 or 5 for 50 words.
    """

    text: np.ndarray
    source: np.ndarray
    score: np.ndarray
    begin: np.ndarray  # first token, in the text
    end: np.ndarray  # after the last one
    source_begin: np.ndarray
    source_end: np.ndarray

    def __len__(self) -> int:
        return len(self.text)

    def take(self, which: np.ndarray) -> "Chains":
        return Chains(*(getattr(self, field.name)[which] for field in fields(self)))

    def best(self, by: np.ndarray, count: int) -> np.ndarray:
        """The highest score of each text or source, 0 where it has no chain."""
        out = np.zeros(count)
        np.maximum.at(out, by, self.score)
        return out

    def claims(self, count: int) -> "Chains":
        """Only the best chain of each of ``count`` texts, or several that are equally good."""
        return self.take(self.score >= self.best(self.text, count)[self.text])


class Sources:
    """Texts that others may have been taken from, indexed by their runs."""

    def __init__(self, texts: Grams) -> None:
        self.count = len(texts)
        self._lengths = texts.lengths
        self._runs = texts.runs(SIZE).firsts()
        self._codes, self._starts, self._holders = np.unique(self._runs.codes, return_index=True, return_counts=True)
        self._nats = np.log(self.count / self._holders)

    @cached_property
    def information(self) -> np.ndarray:
        """Of all runs of each source, in nats."""
        return np.bincount(self._runs.text, np.repeat(self._nats, self._holders), self.count)

    def chains(self, texts: Grams) -> Chains:
        """All chains of texts with sources; a text that is a source finds itself.

        Work and memory are linear in the tokens: a seed has at most ``HOLDERS`` sources.
        """
        cuts = np.searchsorted(texts.offsets, np.arange(BLOCK, len(texts.codes), BLOCK))
        bounds = np.unique(np.r_[0, cuts, len(texts)])
        parts = []
        for first, last in pairwise(bounds):
            part = self._chains(texts.part(first, last))
            part.text[:] += first
            parts.append(part)
        names = [field.name for field in fields(Chains)]
        return Chains(*(np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, int)])
                        for name in names))  # fmt: skip

    def _chains(self, texts: Grams) -> Chains:
        own = texts.runs(SIZE).firsts()
        at = located(self._codes, own.codes)
        nats = np.append(self._nats, np.log(max(1, self.count)))[at]
        information = np.bincount(own.text, nats, len(texts))
        seeds = self._seeds(own, at)
        lengths, sources = texts.lengths, self._lengths
        chain = _chained(seeds, self.count)
        first, last = chain, np.r_[chain[1:], len(seeds.text)] - 1
        text, source = seeds.text[chain], seeds.source[chain]
        if not len(chain):
            return Chains(text, source, *(np.zeros(0) for _ in range(5)))
        begin, end = seeds.place[first], seeds.place[last] + SIZE
        source_begin = np.minimum.reduceat(seeds.source_place, chain)
        source_end = np.maximum.reduceat(seeds.source_place, chain) + SIZE
        shared = np.add.reduceat(seeds.nats, chain)
        overlap = shared / np.maximum(information[text] + self.information[source] - shared, 1e-9)
        covered = (end - begin) / lengths[text] * ((source_end - source_begin) / sources[source])
        score = np.round(overlap * np.sqrt(covered) * shared**0.25, DIGITS)
        return Chains(text, source, score, begin, end, source_begin, source_end)

    def _seeds(self, own: Firsts, at: np.ndarray) -> "_Seeds":
        """Every rare run of a text with every place that it has in a source; unknown ones are beyond the last."""
        rare = np.flatnonzero(np.append(self._holders, HOLDERS + 1)[at] <= HOLDERS)
        run, count = at[rare], self._holders[at[rare]]
        found = expanded(self._starts[run], count)
        return _Seeds(np.repeat(own.text[rare], count), self._runs.text[found], np.repeat(own.place[rare], count),
                      self._runs.place[found], np.repeat(self._nats[run], count))  # fmt: skip


@dataclass(slots=True, eq=False)
class _Seeds:
    text: np.ndarray
    source: np.ndarray
    place: np.ndarray
    source_place: np.ndarray
    nats: np.ndarray

    def sort(self, order: np.ndarray) -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name)[order])


def _chained(seeds: _Seeds, sources: int) -> np.ndarray:
    """Sort seeds by chain, and within it by place; returns where chains begin.

    First seeds of a pair are parted where diagonals are too far from the next one, then where places are.
    """
    pair = seeds.text * sources + seeds.source
    diagonal = seeds.place - seeds.source_place
    order = np.lexsort((diagonal, pair))
    pair, diagonal = pair[order], diagonal[order]
    seeds.sort(order)
    strand = np.cumsum(_steps(pair, 0) | _steps(diagonal, BAND))
    order = np.lexsort((seeds.place, strand))
    seeds.sort(order)
    return np.flatnonzero(_steps(strand[order], 0) | _steps(seeds.place, GAP))


def _steps(values: np.ndarray, most: int) -> np.ndarray:
    """Where a value is farther than that from the one before; the first always is."""
    out = np.ones(len(values), bool)
    out[1:] = np.abs(np.diff(values)) > most
    return out
