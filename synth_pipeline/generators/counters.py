"""Random numbers by row number: what a row gets depends on its number alone, whichever shard it is made in."""

import numpy as np

from synth_pipeline.core.seeds import Seed

_ROUNDS = 6


def hashed(numbers: np.ndarray, seed: Seed) -> np.ndarray:
    """64 random bits for each number, uint64.

    The finaliser of SplitMix64, Steele, Lea and Flood (2014), doi:10.1145/2660193.2660195, twice, with
    another part of the seed each time.
    """
    first, second = (np.uint64(seed.entropy >> shift & (2**64 - 1)) for shift in (0, 64))
    return _mixed(_mixed(numbers.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + first) ^ second)


def picked(numbers: np.ndarray, count: int, seed: Seed) -> np.ndarray:
    """A place from 0 to ``count`` - 1 for each number, all as likely (up to count / 2^64)."""
    return (hashed(numbers, seed) % np.uint64(count)).astype(np.int64)


def shuffled(numbers: np.ndarray, size: int, seed: Seed) -> np.ndarray:
    """A permutation of 0 to ``size`` - 1, at most 2^60, applied to numbers of that range; int64.

    A Feistel network (Luby and Rackoff 1988, doi:10.1137/0217022) over the next power of four, walked until
    the range is met again (Black and Rogaway 2002, doi:10.1007/3-540-45760-7_9).
    """
    half = max(1, ((max(1, size - 1)).bit_length() + 1) // 2)
    keys = [seed.child("round", turn) for turn in range(_ROUNDS)]
    out = numbers.astype(np.int64)
    walking = np.arange(len(out))
    while len(walking):
        out[walking] = _through(out[walking], half, keys)
        walking = walking[out[walking] >= size]
    return out


def _through(numbers: np.ndarray, half: int, keys: list[Seed]) -> np.ndarray:
    mask = np.int64(2**half - 1)
    left, right = numbers >> half, numbers & mask
    for key in keys:
        left, right = right, left ^ (hashed(right, key).astype(np.int64) & mask)
    return left << half | right


def _mixed(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
