"""Texts as numbers end to end, and the n-grams of them: the one place where runs of words or characters are hashed."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_pipeline.text.tokens import encoded

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_BASE = 0xD1342543DE82EF95  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)
_SPACE, _DIGIT = re.compile(r"\s+"), re.compile(r"\d")


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """``codes`` (uint64) of all texts end to end; text i has those from ``offsets[i]`` up to ``offsets[i + 1]``.

    Equal words, characters or runs of so many of them have equal codes, in every process and on every machine.
    """

    codes: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of_words(cls, texts: Sequence[str]) -> "Grams":
        return cls(*encoded(texts))

    @classmethod
    def of_characters(cls, texts: Sequence[str]) -> "Grams":
        """Characters without case; any white space is one blank, and a digit is 0 whichever it is."""
        plain = [_DIGIT.sub("0", _SPACE.sub(" ", unicodedata.normalize("NFKC", text).casefold().strip()))
                 for text in texts]  # fmt: skip
        codes = np.frombuffer("".join(plain).encode("utf-32-le", "surrogatepass"), np.uint32)
        return cls(mixed(codes.astype(np.uint64)), np.cumsum([0, *map(len, plain)]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Of each text."""
        return np.diff(self.offsets)

    @property
    def places(self) -> np.ndarray:
        """The text that each code is of."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, texts: np.ndarray) -> "Grams":
        """These texts, in this order."""
        lengths = self.lengths[texts]
        return Grams(self.codes[expanded(self.offsets[:-1][texts], lengths)], np.r_[0, np.cumsum(lengths)])

    def part(self, first: int, last: int) -> "Grams":
        """A view of the texts from one up to another."""
        offsets = self.offsets[first : last + 1]
        return Grams(self.codes[offsets[0] : offsets[-1]], offsets - offsets[0])

    def runs(self, size: int) -> "Grams":
        """All runs of so many codes; none reaches over the end of a text."""
        if size == 1:
            return self
        lengths = np.maximum(self.lengths - size + 1, 0)
        starts = expanded(self.offsets[:-1], lengths)
        return Grams(_hashed(self.codes, starts, starts + size), np.r_[0, np.cumsum(lengths)])

    def whole(self) -> "Grams":
        """Each text that has a code as one run."""
        held = self.lengths > 0
        own = np.flatnonzero(held)
        return Grams(_hashed(self.codes, self.offsets[own], self.offsets[own + 1]), np.r_[0, np.cumsum(held)])

    def pairs(self, between: int) -> "Grams":
        """All pairs of codes with so many others between them, hashed like those that are next to one another."""
        lengths = np.maximum(self.lengths - between - 1, 0)
        starts = expanded(self.offsets[:-1], lengths)
        codes = self.codes[starts] + self.codes[starts + between + 1] * np.uint64(_BASE)
        return Grams(mixed(codes + np.uint64(2)), np.r_[0, np.cumsum(lengths)])


@dataclass(frozen=True, slots=True, eq=False)
class Firsts:
    """In the order of codes, then of texts: a run, the text that it stands in, its place there and its size."""

    codes: np.ndarray
    text: np.ndarray
    place: np.ndarray
    size: np.ndarray

    def __len__(self) -> int:
        return len(self.codes)


def firsts(*runs: Grams, sizes: Sequence[int] | None = None) -> Firsts:
    """Each run once in each text, where it comes first; ``sizes`` says over how many codes runs of each kind reach."""
    sizes = sizes or [1] * len(runs)
    codes, text = np.concatenate([kind.codes for kind in runs]), np.concatenate([kind.places for kind in runs])
    order = np.lexsort((text, codes))
    codes, text = codes[order], text[order]
    new = np.ones(len(order), bool)
    new[1:] = (codes[1:] != codes[:-1]) | (text[1:] != text[:-1])
    order = order[new]
    place = np.concatenate([expanded(np.zeros(len(kind), int), kind.lengths) for kind in runs])[order]
    return Firsts(codes[new], text[new], place, np.repeat(sizes, [len(kind.codes) for kind in runs])[order])


def mixed(codes: np.ndarray) -> np.ndarray:
    """64-bit numbers stirred, one to one: the finaliser of Steele et al. (2014), doi:10.1145/2660193.2660195."""
    codes = codes + _MIX[0]
    codes = (codes ^ (codes >> np.uint64(30))) * _MIX[1]
    codes = (codes ^ (codes >> np.uint64(27))) * _MIX[2]
    return codes ^ (codes >> np.uint64(31))


def expanded(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """The whole numbers from each start on, so many of each, end to end."""
    ends = np.cumsum(sizes)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - sizes), sizes)


def located(known: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Place of each code among the known ones, which ascend; their number where it is none of them."""
    spots = np.searchsorted(known, codes)
    found = spots < len(known)
    found[found] = known[spots[found]] == codes[found]
    return np.where(found, spots, len(known))


def _hashed(codes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A polynomial modulo 2**64 with the codes as coefficients, from sums of prefixes: long runs take no longer.

    Two runs share a number by accident with a chance of some 1 in 2**64, since codes are hashes themselves.
    """
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * _powers(_BASE, len(codes)), out=sums[1:])
    keys = (sums[ends] - sums[starts]) * _powers(_INVERSE, len(codes))[starts]
    return mixed(keys + (ends - starts).astype(np.uint64))


def _powers(base: int, count: int) -> np.ndarray:
    """The first so many powers, from that of 0 on."""
    out = np.full(count, base, np.uint64)
    out[:1] = 1
    return np.cumprod(out)
