"""How much texts say again: distinct n-grams, and the mass of those that come more than once."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Repetition:
    """Of the whole, first, and then without each of so many blocks of it in turn: for a jackknife.

    ``distinct`` is the share of n-grams that are different ones (1: none comes twice; Li et al. 2016,
    arXiv:1510.03055), ``repeated`` the share of n-grams that stand in the texts more than once (0: none, 1: all).
    """

    distinct: np.ndarray
    repeated: np.ndarray

    @classmethod
    def of(cls, codes: np.ndarray, blocks: int) -> "Repetition":
        """Of n-grams of texts in random order; blocks are equally long, as ``distinct`` falls with length."""
        _, code = np.unique(codes, return_inverse=True)
        total = np.bincount(code)
        block = np.arange(len(codes)) * blocks // max(1, len(codes))
        pairs, count = np.unique(code.astype(np.int64) * blocks + block, return_counts=True)
        code, of_block = pairs // blocks, pairs % blocks
        left = total[code] - count
        sizes = np.maximum(len(codes) - np.append(0, np.bincount(block, minlength=blocks)), 1)
        lost = np.append(0, np.bincount(of_block, left == 0, blocks))
        fewer = np.append(0, np.bincount(of_block, _twice(total[code]) - _twice(left), blocks))
        return cls((len(total) - lost) / sizes, (_twice(total).sum() - fewer) / sizes)


def _twice(counts: np.ndarray) -> np.ndarray:
    """Counts of what comes more than once."""
    return np.where(counts > 1, counts, 0)
