"""Edits of words: how many must be replaced, dropped or put in for one text to become another one, or a part of it.

Levenshtein (1966); with free ends, Sellers (1980), doi:10.1016/0196-6774(80)90016-4.
"""

import numpy as np

from synth_pipeline.text.grams import Grams, expanded

HELD = 2_000_000  # words of texts that are held at a time


def edits(short: Grams, texts: Grams, inside: np.ndarray) -> np.ndarray:
    """For each pair of texts at the same place the number of words to be edited; where ``inside``, to any part.

    Work is the product of the longest of the short ones with all words of the others.
    """
    out = np.zeros(len(short), np.int64)
    order = np.argsort(texts.lengths, kind="stable")
    start = 0
    while start < len(order):
        widths = texts.lengths[order[start:]] + 1
        upto = start + max(1, int(np.searchsorted(widths * np.arange(1, len(widths) + 1), HELD, "right")))
        chosen = order[start:upto]
        out[chosen] = _edits(short.take(chosen), texts.take(chosen), inside[chosen])
        start = upto
    return out


def _edits(short: Grams, texts: Grams, inside: np.ndarray) -> np.ndarray:
    """Row by row of the table of distances between beginnings, all pairs at a time."""
    other, width = _padded(texts), int(texts.lengths.max(initial=0))
    steps = np.arange(width + 1)
    row = np.where(inside[:, None], 0, steps)
    for place in range(int(short.lengths.max(initial=0))):
        running = place < short.lengths
        word = short.codes[np.where(running, short.offsets[:-1] + place, 0)]
        above = row + 1
        above[:, 1:] = np.minimum(above[:, 1:], row[:, :-1] + (other != word[:, None]))
        new = np.minimum.accumulate(above - steps, axis=1) + steps  # words put in, from the left
        row = np.where(running[:, None], new, row)
    ends = row[np.arange(len(row)), texts.lengths]
    row[steps > texts.lengths[:, None]] = width + int(short.lengths.max(initial=0))
    return np.where(inside, row.min(axis=1), ends)


def _padded(texts: Grams) -> np.ndarray:
    """One row of codes for each text; what is beyond its end is not looked at."""
    out = np.zeros((len(texts), int(texts.lengths.max(initial=0))), np.uint64)
    out[texts.places, expanded(np.zeros(len(texts), int), texts.lengths)] = texts.codes
    return out
