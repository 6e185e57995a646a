"""Words of a text, and stable 64-bit numbers for them."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """The words in their order, whatever their case, width and punctuation: letters and digits after NFKC."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _WORD.findall(plain.casefold())


def encoded(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The words of all texts end to end as uint64, equal on every machine, and where each text begins.

    The second array has one entry more than there are texts; the last is the number of words.
    """
    numbers = _Numbers()
    found: list[int] = []
    offsets = np.zeros(len(texts) + 1, np.int64)
    for place, text in enumerate(texts, 1):
        found += [numbers[word] for word in tokens(text)]
        offsets[place] = len(found)
    return np.array(found, np.uint64), offsets


class _Numbers(dict[str, int]):
    """Each word is hashed once."""

    def __missing__(self, word: str) -> int:
        number = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
        self[word] = number
        return number
