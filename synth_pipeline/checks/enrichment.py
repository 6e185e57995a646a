"""The chance that members crowd the top of a ranking that knows nothing of them, wherever one cuts it off."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

FIRST, LAST = 12, 768  # of the places at which a ranking is cut off
_TINY = 1e-300


@dataclass(frozen=True)
class Lottery:
    """Some ``records`` in random order, ``members`` of which are members, cut off at ``first`` to ``last`` places.

    Members among the first K of a random order are hypergeometric.  The smallest of the tails at all cuts is
    a statistic whose own distribution is that of a walk through the order, step by step, until it crosses the
    bound of some cut: no correction for many cuts is needed, and none is exact but this.
    """

    records: int
    members: int

    @property
    def last(self) -> int:
        return max(1, min(LAST, self.records // 2))

    @property
    def first(self) -> int:
        return min(FIRST, self.last)

    @cached_property
    def tails(self) -> np.ndarray:
        """Chance of at least h members among the first K places, at [K, h]."""
        walk, out = self._start, np.zeros((self.last + 1, self.last + 2))
        out[0, 0] = 1
        for place in range(self.last):
            walk = self._step(walk, place)
            out[place + 1] = np.cumsum(walk[::-1])[::-1]
        return out

    def best(self, ordered: np.ndarray) -> tuple[int, int, float]:
        """The cut at which members stand out most, members above it, and the tail there, of a mask in order."""
        hits = np.cumsum(ordered[: self.last])
        places = np.arange(self.first, self.last + 1)
        tails = self.tails[places, hits[places - 1]]
        at = int(np.argmin(tails))
        return int(places[at]), int(hits[places[at] - 1]), float(tails[at])

    def chance(self, tail: float) -> float:
        """That a random order has a tail as small as this at any cut."""
        walk, crossed = self._start, 0.0
        for place in range(self.last):
            walk = self._step(walk, place)
            if place + 1 >= self.first:
                over = self.tails[place + 1] <= max(tail, _TINY) * (1 + 1e-9)
                crossed += float(walk[over].sum())
                walk[over] = 0
        return min(1.0, crossed)

    def smallest(self) -> float:
        """The chance of the most that can be found: members at all places."""
        places = np.arange(self.first, self.last + 1)
        return self.chance(float(self.tails[places, np.minimum(places, self.members)].min()))

    def bound(self, level: float) -> float:
        """The largest tail whose chance is below a level, to 1 %; 0 where there is none."""
        low, high = np.log(_TINY), 0.0
        while high - low > 0.01:
            middle = (low + high) / 2
            low, high = (middle, high) if self.chance(float(np.exp(middle))) < level else (low, middle)
        return float(np.exp(low)) if low > np.log(_TINY) else 0.0

    @property
    def _start(self) -> np.ndarray:
        return np.r_[1.0, np.zeros(self.last + 1)]

    def _step(self, walk: np.ndarray, place: int) -> np.ndarray:
        """Chances of each number of members, one place further."""
        more = walk * np.clip((self.members - np.arange(len(walk))) / (self.records - place), 0, 1)
        walk = walk - more
        walk[1:] += more[:-1]
        return walk


@lru_cache(maxsize=16)
def lottery(records: int, members: int) -> Lottery:
    """Kept, as its tails are the same for every ranking of as many records."""
    return Lottery(records, members)
