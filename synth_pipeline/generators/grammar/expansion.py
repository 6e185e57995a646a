"""All texts of a draw expanded side by side: one pass over one array for each level of rules within rules."""

from typing import Any

import numpy as np

from synth_pipeline.generators.grammar.compiled import Compiled
from synth_pipeline.generators.grammar.template import ARTICLE
from synth_pipeline.generators.texts import drawn

# A word after "a" or "an": letters that are spelled out, vowels that sound as consonants, silent consonants.
_SPELLED = r"(?:[AEFHILMNORSX][A-Z0-9]+\b|[AEFHILMNORSX]\b|8|11\b|18\b|11\d{3}\b|18\d{3}\b)"
_CONSONANT = (
    r"(?i:u(?:ni(?:[^nm]|\b)|s[aeiu]|t[aeiou]|r[aiou]|k[aeiou]|biq)|eu|ewe|one\b|once\b|ouija)|U[A-Z0-9]+\b|U\b"
)
_VOWEL = r"(?i:[aeioàáâãäåèéêëìíîïòóôõöø]|u|hour|honest|honou?r|heir)"
_OPENING = r"""(["'“‘(\[]*)"""


def expanded(grammar: Compiled, rows: int, depth: int, stream: np.random.Generator) -> Any:
    """So many texts, as an Arrow array; rules within rules beyond ``depth`` take their shortest ways."""
    codes = np.full(rows, -1 - grammar.start, np.int32)
    states = np.searchsorted(grammar.law, stream.random(rows) * grammar.law[-1], side="right").astype(np.int16)
    owners = np.arange(rows, dtype=np.int32)
    for level in range(depth + grammar.height):
        table = grammar.free if level < depth else grammar.closing
        open_ = np.flatnonzero(codes < 0)
        if not len(open_):
            break
        chosen = np.searchsorted(table, -1 - codes[open_] + stream.random(len(open_)), side="right")
        below = _redrawn(grammar, chosen, states[open_], stream)
        said = grammar.production[chosen, below]
        codes, states, owners = _replaced(grammar, open_, said, below, codes, states, owners)
    return _tidy(with_articles(_spelled(grammar, codes, np.bincount(owners, minlength=rows), stream)))


def with_articles(texts: Any) -> Any:
    """Marks in an Arrow array of text become a or an, by the sound that the next word begins with."""
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring(texts, ARTICLE)).as_py():
        return texts
    for sound, article in ((_SPELLED, "an"), (_CONSONANT, "a"), (_VOWEL, "an")):
        texts = pc.replace_substring_regex(texts, f"{ARTICLE}( +){_OPENING}({sound})", rf"{article}\1\2\3")
    return pc.replace_substring(texts, ARTICLE, "a")


def _tidy(texts: Any) -> Any:
    """Single blanks, none at either end or before a mark: a symbol may have stood for nothing."""
    import pyarrow.compute as pc

    single = pc.replace_substring_regex(texts, r"[ \t]+([,.;:?!])|([ \t])[ \t]+", r"\1\2")
    return pc.utf8_trim_whitespace(single)


def _redrawn(grammar: Compiled, chosen: np.ndarray, states: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """States after alternatives that draw some features anew."""
    tables = grammar.drawn[chosen]
    mine = np.flatnonzero(tables >= 0)
    if not len(mine):
        return states
    laws = grammar.redrawn[tables[mine], states[mine]]
    out = states.copy()
    out[mine] = (stream.random((len(mine), 1)) * laws[:, -1:] >= laws).sum(1)
    return out


def _replaced(
    grammar: Compiled, open_: np.ndarray, said: np.ndarray, below: np.ndarray, codes: np.ndarray,
    states: np.ndarray, owners: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """The items of a production in the place of each symbol; literal texts stay."""
    counts = np.ones(len(codes), np.int64)
    counts[open_] = grammar.length[said]
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    new_codes, new_states = np.empty(total, np.int32), np.empty(total, np.int16)
    closed = np.flatnonzero(codes >= 0)
    new_codes[ends[closed] - 1], new_states[ends[closed] - 1] = codes[closed], states[closed]
    lengths = counts[open_]
    offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = np.repeat(grammar.first[said], lengths) + offsets
    target = np.repeat(ends[open_] - lengths, lengths) + offsets
    new_codes[target] = grammar.items[source]
    new_states[target] = grammar.maps[grammar.fixed[source], np.repeat(below, lengths)]
    return new_codes, new_states, np.repeat(owners, counts)


def _spelled(grammar: Compiled, codes: np.ndarray, counts: np.ndarray, stream: np.random.Generator) -> Any:
    """Literal texts put together, so many for each row."""
    import pyarrow as pa

    texts = [grammar.texts]
    for code, expression in grammar.patterns.items():
        mine = np.flatnonzero(codes == code)
        codes[mine] = sum(map(len, texts)) + np.arange(len(mine))
        texts.append(drawn(expression, len(mine), stream))
    parts = pa.concat_arrays(texts).take(pa.array(codes, pa.int64()))
    _, offsets, data = parts.buffers()
    ends = np.frombuffer(offsets, "<i8")[parts.offset : parts.offset + len(parts) + 1]
    rows = ends[np.r_[0, np.cumsum(counts)]]
    return pa.LargeStringArray.from_buffers(len(counts), pa.py_buffer(rows.astype("<i8").tobytes()), data)
