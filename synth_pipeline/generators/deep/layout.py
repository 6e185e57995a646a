"""Where in the point that stands for a row each column has its coordinates."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """How a row is laid out as a point: scales first, then one coordinate per choice, group after group."""

    scales: int
    columns: int  # groups of choices, those of a single choice included
    groups: list[tuple[int, int]]  # where the coordinates of each group of more than one choice start and end
    places: list[int]  # which groups these are
    owners: list[int]  # the group of each scale, whose first choice is that its number lies on the scale
    gates: list[tuple[int, int]]  # a scale, and the coordinate of that choice, where there is another
    share: np.ndarray  # of each choice, shape (coordinates - scales,)
    spread: np.ndarray  # variance of each coordinate

    @classmethod
    def of(cls, shares: list[np.ndarray], owners: list[int]) -> "Layout":
        """From the shares of the choices of each group, and the groups that the scales belong to."""
        scales = len(owners)
        places = [place for place, share in enumerate(shares) if len(share) > 1]
        ends = np.cumsum([scales, *(len(shares[place]) for place in places)]).tolist()
        share = np.concatenate([shares[place] for place in places] or [np.empty(0)])
        start = dict(zip(places, ends[:-1], strict=True))
        gates = [(scale, start[owner]) for scale, owner in enumerate(owners) if owner in start]
        spread = np.r_[np.ones(scales), share * (1 - share)]
        return cls(
            scales,
            len(shares),
            list(pairwise(ends)),
            places,
            owners,
            gates,
            share.astype(np.float32),
            spread.astype(np.float32),
        )

    @property
    def size(self) -> int:
        return self.scales + len(self.share)

    def points(self, ranks: np.ndarray, choices: np.ndarray) -> np.ndarray:
        """Rows as points, shape (rows, size)."""
        from scipy.special import ndtri

        points = np.zeros((len(ranks), self.size), np.float32)
        points[:, : self.scales] = ndtri(ranks)
        for (start, _), place in zip(self.groups, self.places, strict=True):
            points[np.arange(len(ranks)), start + choices[:, place]] = 1
        return points

    def shown(self, ranks: np.ndarray, choices: np.ndarray) -> np.ndarray:
        """The same, but 0 for a rank that does not count, since the column is missing or a spike there."""
        points = self.points(ranks, choices)
        points[:, : self.scales] *= self.counts(choices)
        return points

    def counts(self, choices: np.ndarray) -> np.ndarray:
        """Whether a number lies on its scale, shape (rows, scales)."""
        return choices[:, self.owners] == 0
