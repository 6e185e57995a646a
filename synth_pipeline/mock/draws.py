"""Chance that hangs on content alone: equal keys draw equally, on every machine and in any order."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A stream of draws from a key."""

    def __init__(self, *key: object) -> None:
        self.key = "\x1f".join(map(str, key))
        self.count = 0

    def child(self, *key: object) -> "Draws":
        """The stream of a part, which does not hang on what was drawn before."""
        return Draws(self.key, *key)

    def number(self) -> int:
        """64 bits."""
        self.count += 1
        return int.from_bytes(hashlib.blake2b(f"{self.key}\x1f{self.count}".encode(), digest_size=8).digest(), "big")

    def share(self) -> float:
        """Between 0 and 1, the latter excluded."""
        return (self.number() >> 11) / 2**53

    def below(self, bound: int) -> int:
        return self.number() % bound

    def choice(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        keyed = [(self.number(), place) for place in range(len(options))]
        return [options[place] for _, place in sorted(keyed)]
