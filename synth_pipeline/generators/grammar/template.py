"""The right side of a rule: literal text and references in braces."""

import re
from dataclasses import dataclass

from synth_pipeline.core.errors import SynthError

ARTICLE = "\ue000"  # stands for a or an until the word behind it is known

_PIECE = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]|[^{}]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """A rule or pool, in the forms of some values of features."""

    name: str
    values: tuple[str, ...] = ()


def pieces(text: str, where: str) -> list[str | Reference]:
    """Literal texts and references in order; raises SynthError for braces that do not pair or hold nothing."""
    out: list[str | Reference] = []
    for piece in _PIECE.findall(text):
        if piece in ("{{", "}}"):
            out.append(piece[0])
        elif piece in "{}":
            raise SynthError(f"{where}: a brace has no counterpart.", "write {name}, or {{ for a brace itself.")
        elif piece.startswith("{"):
            out += _reference(piece[1:-1].split(), where)
        else:
            out.append(piece)
    return _merged(out)


def _reference(words: list[str], where: str) -> list[str | Reference]:
    article = words[:1] in (["a"], ["an"])
    if not words[article:]:
        raise SynthError(f"{where}: braces name no rule or pool.", "write {name}, or {a name} with an article.")
    name, *values = words[article:]
    return [ARTICLE + " "] * article + [Reference(name, tuple(values))]


def _merged(parts: list[str | Reference]) -> list[str | Reference]:
    """Neighbouring literal texts in one."""
    out: list[str | Reference] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        else:
            out.append(part)
    return out
