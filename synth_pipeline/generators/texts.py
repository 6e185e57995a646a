"""Columns of text made by the million: characters in a matrix, words taken from pools."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.counters import hashed, shuffled
from synth_pipeline.spec.expression import Chain, Choice, Letter, Node, forms

ABSENT = 0xFFFFFFFF  # no character stands at this place
CHUNK = 65_536  # rows whose characters are held at a time
_WIDEST = 2**50  # keys of one form that are counted; what is beyond varies at random
_CELLS = 8_000_000  # characters that are held at a time


class Keys:
    """Values that match an expression, each at most once: a number from 0 to ``count`` - 1 names a value."""

    def __init__(self, ways: Sequence[tuple[str, ...]]) -> None:
        self.ways = [[_codes(letters) for letters in way] for way in dict.fromkeys(ways)]
        self.bounds = np.cumsum([_size(way) for way in self.ways])
        self.count = int(self.bounds[-1])

    @classmethod
    def of(cls, expression: Node) -> "Keys":
        """Raises ValueError where a value can come about in two ways, or in too many forms to be counted."""
        ways = forms(expression)
        by_length: dict[int, list[list[frozenset[str]]]] = {}
        for way in ways:
            sets = [frozenset(letters) for letters in way]
            alike = by_length.setdefault(len(way), [])
            for other in alike:
                if not any(first.isdisjoint(second) for first, second in zip(sets, other, strict=True)):
                    raise ValueError("two of its forms can give the same value; use fixed numbers of repetitions")
            alike.append(sets)
        return cls(ways)

    def matrix(self, numbers: np.ndarray, seed: Seed) -> np.ndarray:
        """Characters of the values that the numbers name, in an order that the seed shuffles, shape (rows, width)."""
        places = shuffled(numbers, self.count, seed)
        which = np.searchsorted(self.bounds, places, side="right")
        out = np.full((len(numbers), max(map(len, self.ways))), ABSENT, np.uint32)
        for index in np.unique(which):
            rows = np.flatnonzero(which == index)
            local = places[rows] - (self.bounds[index - 1] if index else 0)
            self._spell(out, rows, local, self.ways[index], seed.child("beyond", index))
        return out

    def _spell(self, out: np.ndarray, rows: np.ndarray, local: np.ndarray, way: list[np.ndarray], seed: Seed) -> None:
        """Mixed radix from the last place on; places beyond what is counted are turned by a hash of those behind them,
        which keeps different numbers different.
        """
        left, product = local.copy(), 1
        for place in range(len(way) - 1, -1, -1):
            letters = way[place]
            if len(letters) == 1:
                out[rows, place] = letters[0]
                continue
            digit = left % len(letters)
            if product * len(letters) > _WIDEST:
                spread = hashed(local % min(product, 2**62), seed.child(place))
                digit = (digit + (spread % np.uint64(len(letters))).astype(np.int64)) % len(letters)
            out[rows, place] = letters[digit]
            left //= len(letters)
            product *= len(letters)

    def texts(self, numbers: np.ndarray, seed: Seed) -> Any:
        """The values as an Arrow array."""
        step = max(1, min(CHUNK, _CELLS // max(1, *map(len, self.ways))))
        return _joined(texts(self.matrix(part, seed)) for part in _chunks(numbers, step))


def drawn(expression: Node, rows: int, stream: np.random.Generator) -> Any:
    """Random values that match an expression, as an Arrow array: alternatives and numbers of times alike likely."""
    step = max(1, min(CHUNK, _CELLS // max(1, expression.width)))
    return _joined(texts(_draw(expression, len(part), stream)) for part in _chunks(np.arange(rows), step))


def texts(matrix: np.ndarray) -> Any:
    """Code points, shape (rows, width), ``ABSENT`` where nothing stands, as an Arrow array of text."""
    import pyarrow as pa

    there = matrix != ABSENT
    points = matrix[there]
    sizes = np.ones(len(points), np.int64)
    for bound in (0x80, 0x800, 0x10000):
        sizes += points >= bound
    data = points.astype(np.uint8).tobytes()
    if len(points) and points.max() >= 0x80:
        data = points.astype("<u4").tobytes().decode("utf-32-le").encode()
    ends = np.r_[0, np.cumsum(sizes)][np.r_[0, np.cumsum(there.sum(1))]]
    buffers = [None, pa.py_buffer(ends.astype("<i8").tobytes()), pa.py_buffer(data)]
    return pa.LargeStringArray.from_buffers(len(matrix), buffers[1], buffers[2])


def series(array: Any) -> pd.Series:
    """An Arrow array of text as a column."""
    return pd.Series(pd.array(array, dtype="str"))


def joined(*parts: Any) -> Any:
    """Arrow arrays of text and plain texts, put together row by row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wide = pa.large_string()
    return pc.binary_join_element_wise(*(pa.scalar(p, wide) if isinstance(p, str) else p.cast(wide) for p in parts),
                                       pa.scalar("", wide))  # fmt: skip


def numerals(numbers: np.ndarray) -> Any:
    """Whole numbers in digits, as an Arrow array."""
    import pyarrow as pa

    return pa.array(numbers).cast(pa.large_string())


def _draw(node: Node, rows: int, stream: np.random.Generator) -> np.ndarray:
    """Characters, shape (rows, width of the node)."""
    if isinstance(node, Letter):
        letters = _codes(node.letters)
        return letters[stream.integers(len(letters), size=(rows, 1))]
    if isinstance(node, Chain):
        return np.hstack([np.empty((rows, 0), np.uint32), *(_draw(part, rows, stream) for part in node.parts)])
    out = np.full((rows, node.width), ABSENT, np.uint32)
    if isinstance(node, Choice):
        which = stream.integers(len(node.options), size=rows)
        for index, option in enumerate(node.options):
            mine = np.flatnonzero(which == index)
            out[mine, : option.width] = _draw(option, len(mine), stream)
        return out
    if isinstance(node.part, Letter):
        letters = _codes(node.part.letters)
        out[:] = letters[stream.integers(len(letters), size=out.shape)]
        if node.least < node.most:
            times = stream.integers(node.least, node.most + 1, size=rows)
            out[np.arange(node.most) >= times[:, None]] = ABSENT
        return out
    times = stream.integers(node.least, node.most + 1, size=rows)
    width = node.part.width
    for turn in range(node.most):
        mine = np.flatnonzero(times > turn)
        out[mine, turn * width : (turn + 1) * width] = _draw(node.part, len(mine), stream)
    return out


def _codes(letters: str) -> np.ndarray:
    return np.array([ord(letter) for letter in letters], np.uint32)


def _size(way: list[np.ndarray]) -> int:
    product = 1
    for letters in way:
        product *= len(letters)
    return min(product, _WIDEST)


def _chunks(numbers: np.ndarray, step: int) -> Iterator[np.ndarray]:
    for start in range(0, max(1, len(numbers)), step):
        yield numbers[start : start + step]


def _joined(parts: Iterator[Any]) -> Any:
    import pyarrow as pa

    return pa.concat_arrays(list(parts))
