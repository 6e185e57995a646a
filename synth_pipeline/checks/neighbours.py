"""Nearest neighbours of real rows: among the synthetic rows, and among the other real ones."""

from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Scale
from synth_pipeline.core.threads import pinned

NEAREST = 5  # neighbours of each row
PAIRS = 10_000_000_000  # of a real and a synthetic row that are compared at most
FEWEST = 1_000
FAR = 4.0  # stands for a distance to a neighbour that does not exist, as a multiple of the largest one
TINY = 1e-3  # distances below this are rounding of float32
_OWN = 50  # rows of one's own entity that are looked past


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """Distances, ascending along the second axis, and places of the neighbours, both of shape (rows, NEAREST)."""

    distances: np.ndarray
    places: np.ndarray


def searched(evidence: Evidence) -> np.ndarray:
    """Positions of real rows in train followed by holdout that neighbours are searched for: random, in order."""
    most = min(evidence.effort.real_rows, PAIRS // max(1, len(evidence.synthetic)))
    return evidence.real.recall(("searched", most), lambda: _draw(evidence, max(FEWEST, most)))


def to_synthetic(evidence: Evidence, scale: Scale = "rank") -> Nearest:
    """Neighbours of the searched rows among all synthetic ones."""
    rows = searched(evidence)
    return evidence.own.recall(
        ("to synthetic", scale),
        lambda: search(points_of(evidence, rows, scale), evidence.embed(2, scale=scale), NEAREST),
    )


def to_real(evidence: Evidence, scale: Scale = "rank") -> Nearest:
    """Neighbours of the searched rows among one another, those of the same entity left out."""
    rows = searched(evidence)

    def find() -> Nearest:
        points = points_of(evidence, rows, scale)
        return others(points, points, owners(evidence)[rows])

    return evidence.real.recall(("to real", scale, len(rows)), find)


def points_of(evidence: Evidence, rows: np.ndarray, scale: Scale, names: list[str] | None = None) -> np.ndarray:
    """Real rows, by their positions in ascending order, as points in these columns."""
    train = len(evidence.train.table)
    sides = (rows[rows < train], rows[rows >= train] - train)
    return np.vstack([evidence.embed(side, part, names, scale) for side, part in enumerate(sides)])


def owners(evidence: Evidence) -> np.ndarray:
    """The entity of each real row, or the row itself."""
    if evidence.entities is None:
        return np.arange(sum(map(len, evidence.tables[:2])))
    return np.concatenate(evidence.entities[:2])


def others(points: np.ndarray, same: np.ndarray, owner: np.ndarray, *, by_product: bool = False) -> Nearest:
    """Neighbours of points among the same rows (perhaps in other coordinates), those of the same owner left out."""
    largest = int(np.unique(owner, return_counts=True)[1].max(initial=1))
    found = search(points, same, NEAREST + min(largest, _OWN), by_product=by_product)
    mine = owner[found.places] == owner[:, None]
    order = np.argsort(mine, axis=1, kind="stable")[:, :NEAREST]
    distances, mine = (np.take_along_axis(side, order, 1) for side in (found.distances, mine))
    worst = 0.0 if by_product else FAR * float(found.distances.max(initial=1.0))
    return Nearest(np.where(mine, worst, distances), np.take_along_axis(found.places, order, 1))


def search(points: np.ndarray, others: np.ndarray, count: int, *, by_product: bool = False) -> Nearest:
    """Exact neighbours by Euclidean distance, or those with the largest inner products, largest first."""
    import faiss

    metric = faiss.METRIC_INNER_PRODUCT if by_product else faiss.METRIC_L2
    with pinned():  # only now is the library loaded, and only loaded libraries can be limited
        values, places = faiss.knn(points, others, min(count, len(others)), metric=metric)
    if by_product:
        return Nearest(values, places)
    distances = np.sqrt(np.maximum(values, 0))
    return Nearest(np.where(distances < TINY, 0, distances), places)


def _draw(evidence: Evidence, count: int) -> np.ndarray:
    total = sum(map(len, evidence.tables[:2]))
    return np.sort(evidence.seed.child("nearest rows").stream().permutation(total)[:count])
