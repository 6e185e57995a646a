"""Which side a record is on: a salted hash, so that it never moves when the source grows or is reordered."""

import hashlib
from dataclasses import dataclass

from synth_pipeline.spec.dataset import Shares

SIDES = ("train", "holdout", "sealed")


@dataclass(frozen=True, slots=True)
class SplitRule:
    """The salt and the bounds of one lineage; other shares or another name make another lineage."""

    dataset: str
    shares: Shares

    @property
    def salt(self) -> str:
        shares = self.shares
        return f"{self.dataset}|{shares.train:g}|{shares.holdout:g}|{shares.sealed:g}"

    @property
    def bounds(self) -> tuple[float, float]:
        """Below the first: train; below the second: holdout; else sealed."""
        return self.shares.train, self.shares.train + self.shares.holdout

    def side(self, unit: str) -> str:
        """The side of an entity or record, by the first 52 bits of an MD5 over salt and name."""
        digest = hashlib.md5(f"{self.salt}|side|{unit}".encode(), usedforsecurity=False).hexdigest()
        position = int(digest[:13], 16) / 16**13
        return SIDES[sum(position >= bound for bound in self.bounds)]
