"""Words of a text, and their stable hashes."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"[^\W_]+")


def tokens(text: str) -> list[str]:
    """Words in order: runs of letters and digits, in compatibility form (NFKC) and without case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def encoded(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all words end to end, uint64, and where each text begins, with the end behind: shape (texts + 1,)."""
    known: dict[str, int] = {}
    codes: list[int] = []
    offsets = np.zeros(len(texts) + 1, np.int64)
    for place, text in enumerate(texts):
        words = tokens(text)
        for word in words:
            if word not in known:
                known[word] = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
        codes += [known[word] for word in words]
        offsets[place + 1] = len(codes)
    return np.array(codes, np.uint64), offsets
