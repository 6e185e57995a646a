"""Tokens: the words of a text, whatever its case, punctuation and compatibility characters."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

_WORD = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """The words of a text in order: letters and digits after NFKC and casefolding, all else separates them."""
    return _WORD.findall(_folded(text))


def encoded(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """All tokens as uint64 hashes end to end, and offsets: those of text i are ``[offsets[i] : offsets[i + 1]]``.

    Equal tokens have equal hashes, in every process and on every machine.
    """
    hashes, words, offsets = _Hashes(), [], np.zeros(len(texts) + 1, np.int64)
    for place, text in enumerate(texts):
        words += _WORD.findall(_folded(text))
        offsets[place + 1] = len(words)
    return np.fromiter(map(hashes.__getitem__, words), np.uint64, len(words)), offsets


def _folded(text: str) -> str:
    """Casefolding may undo a composition, so normalisation comes last too."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


class _Hashes(dict[str, int]):
    """64 bits of each token, computed when it is first met."""

    def __missing__(self, token: str) -> int:
        number = self[token] = int.from_bytes(blake2b(token.encode(), digest_size=8).digest(), "little")
        return number
