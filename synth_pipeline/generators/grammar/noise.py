"""Noise in texts, as people make it: typing errors, case, texts that end early."""

from typing import Any

import numpy as np

from synth_pipeline.spec.grammar import Noise

_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NOTHING, _SWAPPED, _LOST, _DOUBLED, _MISSED = range(5)


def noisy(texts: Any, noise: Noise, stream: np.random.Generator) -> Any:
    """An Arrow array of texts with this noise in them."""
    if noise.cut:
        texts = _cut(texts, noise.cut, stream)
    if noise.sentences:
        texts = _capitals(texts, noise.sentences, stream)
    if noise.lower or noise.upper:
        texts = _cased(texts, noise, stream)
    return mistyped(texts, noise.typos, stream) if noise.typos else texts


def word_counts(texts: Any) -> np.ndarray:
    """Words between blanks, for each text."""
    import pyarrow.compute as pc

    return pc.count_substring_regex(texts, r"\S+").to_numpy(zero_copy_only=False)


def mistyped(texts: Any, share: float, stream: np.random.Generator) -> Any:
    """This share of the letters swapped with the next one, lost, doubled, or replaced by a neighbour on a keyboard.

    A text keeps at least its first letter.
    """
    points, lengths = _points(texts)
    kinds = _mistakes(points, lengths, share, stream)
    swapped = np.flatnonzero(kinds == _SWAPPED)
    points[swapped], points[swapped + 1] = points[swapped + 1].copy(), points[swapped].copy()
    missed = np.flatnonzero(kinds == _MISSED)
    points[missed] = _neighbours(points[missed], stream)
    times = np.ones(len(points), np.int64)
    times[kinds == _LOST], times[kinds == _DOUBLED] = 0, 2
    rows = np.repeat(np.arange(len(lengths)), lengths)
    kept = np.bincount(np.repeat(rows, times), minlength=len(lengths))
    return _texts(np.repeat(points, times), kept)


def _mistakes(points: np.ndarray, lengths: np.ndarray, share: float, stream: np.random.Generator) -> np.ndarray:
    """What happens to each character: only to Latin letters whose successor in the same text is one too."""
    letters = np.zeros(0x250, bool)
    letters[[code for code in range(0x250) if chr(code).isalpha()]] = True
    is_letter = letters[np.minimum(points, 0x24F)] & (points < 0x250)
    starts = np.zeros(len(points) + 1, bool)
    starts[np.r_[0, np.cumsum(lengths)]] = True
    able = is_letter & np.r_[is_letter[1:], False] & ~starts[1:] & ~starts[:-1]
    places = np.flatnonzero(able)
    places = places[stream.random(len(places)) < share * is_letter.sum() / max(1, len(places))]
    places = places[np.r_[True, np.diff(places) > 1][: len(places)]]  # a letter takes part in one mistake
    kinds = np.full(len(points), _NOTHING, np.int8)
    kinds[places] = stream.integers(_SWAPPED, _MISSED + 1, len(places))
    return kinds


def _neighbours(points: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """The key to the left or right of each letter, in the same case; letters that no key has stay."""
    table = np.tile(np.arange(0x250, dtype=np.uint32), (2, 1))
    for row in _KEYBOARD:
        for cased in (row, row.upper()):
            codes = np.array([ord(letter) for letter in cased])
            table[0, codes], table[1, codes] = codes[np.r_[1, : len(codes) - 1]], codes[np.r_[1 : len(codes), -2]]
    return table[stream.integers(2, size=len(points)), points]


def _cased(texts: Any, noise: Noise, stream: np.random.Generator) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    luck = stream.random(len(texts))
    lower, upper = luck < noise.lower, (luck >= noise.lower) & (luck < noise.lower + noise.upper)
    texts = pc.if_else(pa.array(lower), pc.utf8_lower(texts), texts)
    return pc.if_else(pa.array(upper), pc.utf8_upper(texts), texts)


def _cut(texts: Any, share: float, stream: np.random.Generator) -> Any:
    """A share of the texts, those of one word aside, keep a number of their first words."""
    import pyarrow as pa

    counts = word_counts(texts)
    chosen = np.flatnonzero((stream.random(len(texts)) < share) & (counts > 1))
    kept = 1 + (stream.random(len(chosen)) * (counts[chosen] - 1)).astype(int)
    short = [" ".join(text.split()[:most]) for text, most in
             zip(texts.take(pa.array(chosen)).to_pylist(), kept.tolist(), strict=True)]  # fmt: skip
    order = np.arange(len(texts))
    order[chosen] = len(texts) + np.arange(len(chosen))
    return pa.concat_arrays([texts, pa.array(short, pa.large_string())]).take(pa.array(order))


def _capitals(texts: Any, share: float, stream: np.random.Generator) -> Any:
    """In a share of the texts, sentences begin with capitals."""
    points, lengths = _points(texts)
    chosen = np.repeat(stream.random(len(lengths)) < share, lengths)
    begins = np.zeros(len(points) + 1, bool)
    begins[np.r_[0, np.cumsum(lengths)]] = True
    ends = np.isin(points, [ord(mark) for mark in ".?!"])
    begins[2:] |= ends[:-1] & (points[1:] == ord(" "))
    upper = np.arange(0x250, dtype=np.uint32)
    for code in upper.tolist():
        capital = chr(code).upper()
        if len(capital) == 1 and ord(capital) < 0x250:
            upper[code] = ord(capital)
    places = np.flatnonzero(begins[:-1] & chosen & (points < 0x250))
    points[places] = upper[points[places]]
    return _texts(points, lengths)


def _points(texts: Any) -> tuple[np.ndarray, np.ndarray]:
    """Code points of an Arrow array of text end to end, and how many of them each text has."""
    import pyarrow.compute as pc

    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, "<i8")[texts.offset : texts.offset + len(texts) + 1]
    raw = b"" if data is None else data.to_pybytes()[int(ends[0]) : int(ends[-1])]
    points = np.frombuffer(raw.decode().encode("utf-32-le"), "<u4").copy()
    return points, pc.utf8_length(texts).to_numpy(zero_copy_only=False)


def _texts(points: np.ndarray, lengths: np.ndarray) -> Any:
    """The reverse of ``_points``."""
    import pyarrow as pa

    sizes = 1 + (points >= 0x80).astype(np.int64) + (points >= 0x800) + (points >= 0x10000)
    ends = np.r_[0, np.cumsum(sizes)][np.r_[0, np.cumsum(lengths)]]
    data = points.astype("<u4").tobytes().decode("utf-32-le").encode()
    return pa.LargeStringArray.from_buffers(len(lengths), pa.py_buffer(ends.astype("<i8").tobytes()),
                                            pa.py_buffer(data))  # fmt: skip
