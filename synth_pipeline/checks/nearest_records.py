"""Nearest-record enrichment: are the real records closest to synthetic ones train members too often?"""

from collections.abc import Iterator

import numpy as np
from scipy.stats import hypergeom

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.exact_copies import clopper_pearson
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.finding import Family, Finding

METRIC = "members among the closest"
CLOSEST = (10, 30, 100, 300)
LARGEST = 30_000  # real and synthetic rows that are compared
_TINY = 1e-3  # distances below this are rounding of float32


class NearestRecords:
    """Training records among those closest to the synthetic table.

    Each real record of train and holdout is scored by the distance to its nearest synthetic row relative
    to its nearest other real row.  Under no leak the sides are exchangeable, so the number of members among
    the K closest is hypergeometric; K is 10, 30, 100 and 300, with Bonferroni.  Value is the share of
    members among the K closest, K being the one with the smallest p, and baseline their share among all.
    A test on ranks of scores, after the criticism of mean distances in "The DCR Delusion" (2025),
    arXiv:2505.01524.
    """

    name = "nearest_records"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        rows, scores = _scores(evidence)
        most = np.full(len(pool.unit), -np.inf)
        most[rows] = scores
        units = pool.most(most)
        seen = np.isfinite(units)
        yield self._finding(units[seen], pool.member[seen], evidence)

    def _finding(self, scores: np.ndarray, member: np.ndarray, evidence: Evidence) -> Finding:
        ties = evidence.seed.child(self.name, "ties").stream().random(len(scores))
        ordered = member[np.lexsort((ties, -scores))]
        sizes = [size for size in CLOSEST if size <= len(ordered) // 2]
        hits = [int(ordered[:size].sum()) for size in sizes]
        tails = [float(hypergeom.sf(hit - 1, len(member), member.sum(), size))
                 for hit, size in zip(hits, sizes, strict=True)]  # fmt: skip
        best = int(np.argmin(tails))
        low, high = clopper_pearson(hits[best], sizes[best])
        return Finding(
            self.name, self.family, "all records", METRIC, hits[best] / sizes[best], low, high,
            float(member.mean()), min(1.0, len(sizes) * tails[best]), len(member),
            f"{hits[best]} of the {sizes[best]} closest are train records",
        )  # fmt: skip


def _scores(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the real rows that were scored, and their scores; larger is closer to the synthetic table."""
    points = evidence.embedding
    real = np.vstack(points[:2])
    stream = evidence.seed.child("nearest rows").stream()
    rows = np.sort(stream.permutation(len(real))[:LARGEST])
    made = points.synthetic[np.sort(stream.permutation(len(points.synthetic))[:LARGEST])]
    owner = None
    if evidence.entities is not None:
        owner = np.concatenate(evidence.entities[:2])[rows]
    to_synthetic = nearest(real[rows], made)
    to_real = nearest(real[rows], real[rows], np.arange(len(rows)) if owner is None else owner)
    return rows, -np.log((to_synthetic + _TINY) / (to_real + _TINY))


def nearest(points: np.ndarray, others: np.ndarray, owner: np.ndarray | None = None, block: int = 1024) -> np.ndarray:
    """Euclidean distance from each point to the nearest of the others, shape (points,).

    ``owner`` numbers points and others alike (they are then the same rows); those of the same owner do
    not count as neighbours.
    """
    squares = (others**2).sum(1)
    # Minus twice the products, computed as one product with the scaled transpose.
    turned = np.ascontiguousarray((-2 * others).T)
    out = np.empty(len(points), np.float32)
    for start in range(0, len(points), block):
        part = points[start : start + block]
        distances = part @ turned
        distances += squares
        if owner is not None:
            mine = owner[start : start + block]
            distances[mine[:, None] == owner[None, :]] = np.inf
        out[start : start + block] = distances.min(1) + (part**2).sum(1)
    return np.sqrt(np.maximum(out, 0))
