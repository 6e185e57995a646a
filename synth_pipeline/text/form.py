"""The form of texts, apart from what they say."""

import ast
import json
import re
import warnings
from collections.abc import Callable, Sequence

import numpy as np

_LINK = re.compile(r"https?://|www\.")
_MARKUP = re.compile(r"```|\*\*|^#+ |^[-*] |<[a-zA-Z/][^>]*>|\]\(", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{?\w*\}?\}|\[[A-Z][A-Z _]+\]|<[A-Z][A-Z_ ]+>|(?i:\blorem ipsum\b|\bas an ai\b)")
_BROKEN = re.compile("[\ufffd\x00\ud800-\udfff]")
_DIGIT = re.compile(r"\d")
_OPEN, _CLOSED = "([{", ")]}"

FORMS: dict[str, Callable[[str], bool]] = {
    "empty": lambda text: not text.strip(),
    "begins with a capital": lambda text: text[:1].isupper(),
    "ends a sentence": lambda text: text.rstrip()[-1:] in set(".!?。！？…؟।"),
    "several lines": lambda text: "\n" in text.strip(),
    "in quotes": lambda text: len(text) > 1 and text[0] in "\"'“«„" and text[-1] in "\"'”»“",
    "blanks around": lambda text: text != text.strip(),
    "digits": lambda text: _DIGIT.search(text) is not None,
    "capitals only": lambda text: text.isupper(),
    "link": lambda text: _LINK.search(text) is not None,
    "markup": lambda text: _MARKUP.search(text) is not None,
    "placeholder": lambda text: _PLACEHOLDER.search(text) is not None,
    "unbalanced brackets": lambda text: any(
        text.count(a) != text.count(b) for a, b in zip(_OPEN, _CLOSED, strict=True)
    ),
    "broken characters": lambda text: _BROKEN.search(text) is not None,
}


def marks(texts: Sequence[str]) -> np.ndarray:
    """Which text has which of ``FORMS``, shape (texts, forms)."""
    return np.array([[has(text) for has in FORMS.values()] for text in texts], bool).reshape(-1, len(FORMS))


def unparsable(texts: Sequence[str]) -> np.ndarray:
    """A mask of texts that are no JSON object or list."""
    return np.array([not _is_json(text) for text in texts], bool)


def no_code(texts: Sequence[str]) -> np.ndarray:
    """A mask of texts that are no Python; it is read and never run."""
    return np.array([syntax_of(text) is None for text in texts], bool)


def syntax_of(code: str) -> str | None:
    """The syntax of Python code, equal where layout and comments alone differ; None where it is no Python."""
    try:
        with warnings.catch_warnings():  # of odd escapes, which are no fault of ours
            warnings.simplefilter("ignore")
            return ast.dump(ast.parse(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
