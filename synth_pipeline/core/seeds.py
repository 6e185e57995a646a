"""Randomness: one independent stream for each (data set, step, shard)."""

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Seed:
    """Where a stream of random numbers starts; equal seeds give equal streams on every machine."""

    number: int
    path: tuple[str, ...] = ()

    def child(self, *path: object) -> "Seed":
        """The seed of a part: a step, a column, a shard."""
        return Seed(self.number, (*self.path, *map(str, path)))

    def stream(self) -> np.random.Generator:
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.entropy)))

    @property
    def entropy(self) -> int:
        """128 bits that depend on the number and the whole path."""
        text = "\x1f".join((str(self.number), *self.path))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")

    @property
    def state(self) -> int:
        """32 bits for libraries that take an integer."""
        return self.entropy % 2**32
