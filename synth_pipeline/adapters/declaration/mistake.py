"""What is wrong with a declaration, where, and what to do about it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_ALIKE = 0.7  # share of letters in common, from which a word is taken for a slip


@dataclass(frozen=True)
class Mistake:
    """``file`` is relative to the project's folder where it lies there; ``field`` is dotted, empty for a whole file."""

    file: Path
    line: int | None
    field: str
    problem: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return ": ".join(part for part in (place, self.field, self.problem) if part) + f" Fix: {self.fix}"


def shown(file: Path, root: Path) -> Path:
    """The path as a person at the project's folder would type it."""
    return file.relative_to(root) if file.is_relative_to(root) else file


def meant(word: str, known: Iterable[str], otherwise: str) -> str:
    """A fix that suggests the nearest known word, or what else to do."""
    words = list(known)
    by_case = {name.casefold(): name for name in words}
    near = difflib.get_close_matches(word.casefold(), by_case, 1, _ALIKE)
    return f"did you mean {by_case[near[0]]!r}?" if near else otherwise


def listed(words: Iterable[str], most: int = 20) -> str:
    """A list that fits a message."""
    names = list(words)
    return ", ".join(names[:most]) + f" and {len(names) - most} more" * (len(names) > most)
