"""Words or characters of many texts as hashes end to end, and the n-grams of them."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_pipeline.text.tokens import encoded

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SPACE, _DIGIT = re.compile(r"\s+"), re.compile(r"\d")


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """``codes`` (uint64) of all texts end to end; text i has those from ``offsets[i]`` up to ``offsets[i + 1]``."""

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
        return cls(codes.astype(np.uint64), np.cumsum([0, *map(len, plain)]))

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
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return Grams(self.codes[within + np.repeat(self.offsets[:-1][texts], lengths)], offsets)

    def runs(self, size: int) -> "Grams":
        """Hashes of all runs of so many codes; none reaches over the end of a text."""
        if size == 1:
            return self
        lengths = np.maximum(self.lengths - size + 1, 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        starts = np.arange(offsets[-1]) + np.repeat(self.offsets[:-1] - offsets[:-1], lengths)
        codes = np.full(len(starts), size, np.uint64)
        for step in range(size):
            codes = mixed(codes) + self.codes[starts + step]
        return Grams(mixed(codes), offsets)


def mixed(codes: np.ndarray) -> np.ndarray:
    """64-bit numbers stirred, one to one: the finaliser of Steele et al. (2014), doi:10.1145/2660193.2660195."""
    codes = codes + _MIX[0]
    codes = (codes ^ (codes >> np.uint64(30))) * _MIX[1]
    codes = (codes ^ (codes >> np.uint64(27))) * _MIX[2]
    return codes ^ (codes >> np.uint64(31))
