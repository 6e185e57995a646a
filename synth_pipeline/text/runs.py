"""Runs: so many tokens in a row, each as one 64-bit number that equal runs share."""

from dataclasses import dataclass

import numpy as np

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 2**64)


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """One entry per run: its number, the text that it stands in, and the token at which it begins there."""

    keys: np.ndarray  # uint64
    text: np.ndarray
    place: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    def take(self, which: np.ndarray) -> "Runs":
        return Runs(self.keys[which], self.text[which], self.place[which])

    def first_of_each(self) -> "Runs":
        """Each run once in each text, where it occurs first; in order of numbers, then of texts."""
        order = np.lexsort((self.text, self.keys))  # stable: places stay in order
        keys, text = self.keys[order], self.text[order]
        new = np.ones(len(order), bool)
        new[1:] = (keys[1:] != keys[:-1]) | (text[1:] != text[:-1])
        return self.take(order[new])


def runs(hashes: np.ndarray, offsets: np.ndarray, size: int) -> Runs:
    """All runs of ``size`` tokens within texts, in order; texts come as from ``tokens.encoded``."""
    starts = np.arange(max(0, len(hashes) - size + 1))
    text = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    within = text[: len(starts)] == text[size - 1 :] if len(starts) else np.zeros(0, bool)
    starts = starts[within]
    own = text[starts]
    return Runs(_numbers(hashes, starts, starts + size), own, starts - offsets[own])


def whole(hashes: np.ndarray, offsets: np.ndarray) -> Runs:
    """Each text that has a token as one run."""
    own = np.flatnonzero(np.diff(offsets))
    return Runs(_numbers(hashes, offsets[own], offsets[own + 1]), own, np.zeros(len(own), np.int64))


def _numbers(hashes: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """A polynomial in the base, modulo 2**64, whose coefficients are the tokens: from sums of prefixes."""
    powers = _powers(_BASE, len(hashes))
    sums = np.zeros(len(hashes) + 1, np.uint64)
    np.cumsum(hashes * powers[:-1], out=sums[1:])
    keys = (sums[ends] - sums[starts]) * _powers(_INVERSE, len(hashes))[starts]
    return (keys ^ (keys >> np.uint64(31))) * np.uint64(_BASE)  # high bits reach the low ones


def _powers(base: int, count: int) -> np.ndarray:
    """The powers from 0 to ``count``."""
    out = np.full(count + 1, base, np.uint64)
    out[0] = 1
    return np.cumprod(out)
