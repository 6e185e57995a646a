"""Real prose without a download: paragraphs of 30 to 300 words from the docstrings of installed libraries."""

import re
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from synth_pipeline.text.grams import Grams, firsts

LIBRARIES = ("pandas", "scipy", "sklearn", "statsmodels", "numpy")
SHORTEST, LONGEST = 30, 300

_DOCSTRING = re.compile(r'"""(.*?)"""', re.DOTALL)
_NO_PROSE = re.compile(r">>>|^\s*(\.\.|-{3,}|[\w, ]+ : )|[=|]{2}|\w\(.*\)$", re.MULTILINE)


def passages(libraries: Sequence[str] = LIBRARIES) -> list[str]:
    """Each once, in the order of libraries, files and lines."""
    found: dict[str, None] = {}
    for library in libraries:
        spec = find_spec(library)
        for root in (spec and spec.submodule_search_locations) or ():
            for path in sorted(Path(root).rglob("*.py")):
                if "tests" not in path.parts:
                    found |= dict.fromkeys(_paragraphs(path.read_text(encoding="utf-8")))
    return list(found)


def _paragraphs(source: str) -> list[str]:
    blocks = (block for docstring in _DOCSTRING.findall(source) for block in re.split(r"\n\s*\n", docstring))
    return [" ".join(block.split()) for block in blocks
            if SHORTEST <= len(block.split()) <= LONGEST and not _NO_PROSE.search(block)]  # fmt: skip


def distinct(texts: Sequence[str], most: float = 0.2) -> list[str]:
    """The texts whose runs of three words overlap with those of no earlier one that is kept by more (Jaccard)."""
    every = firsts(Grams.of_words(texts).runs(3))
    order = np.argsort(every.text, kind="stable")
    parts = np.split(every.codes[order], np.cumsum(np.bincount(every.text, minlength=len(texts)))[:-1])
    kept, holders, sizes = [], {}, {}
    for number, keys in enumerate(map(np.ndarray.tolist, parts)):
        shared = Counter(other for key in keys for other in holders.get(key, ()))
        if any(count > most * (len(keys) + sizes[other] - count) for other, count in shared.items()):
            continue
        kept.append(texts[number])
        sizes[number] = len(keys)
        for key in keys:
            holders.setdefault(key, []).append(number)
    return kept


def replaced(text: str, share: float, words: Sequence[str], stream: np.random.Generator) -> str:
    """Some words at random places are others."""
    own = text.split()
    changed = stream.random(len(own)) < share
    return " ".join(words[stream.integers(len(words))] if new else old for old, new in zip(own, changed, strict=True))


def shortened(text: str, share: float, stream: np.random.Generator) -> str:
    """Some words at random places are left out."""
    own = text.split()
    return " ".join(word for word, keep in zip(own, stream.random(len(own)) >= share, strict=True) if keep)
