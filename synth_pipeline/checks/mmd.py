"""Maximum mean discrepancy: a distance between whole distributions."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.resampling import of_replicates, resample
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

FREQUENCIES = 256
LARGEST = 10_000


class Mmd:
    """Distance of whole distributions by maximum mean discrepancy (0: alike, at most the square root of 2).

    Gaussian kernel at the median distance of real rows (Gretton et al. 2012, JMLR 13), by random Fourier
    features (Rahimi and Recht 2007, NIPS 20).  Between synthetic and holdout, with train against holdout
    as its baseline.
    """

    name = "mmd"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        sample = resample(evidence, LARGEST)
        if not evidence.names:
            raise Unmeasurable("There is no column to compare.", "keep more than identifiers and text.")
        points = Three(*(evidence.embed(side, rows) for side, rows in enumerate(sample.rows)))
        stream = evidence.seed.child(self.name).stream()
        width = _median_distance(points.holdout, stream)
        directions = stream.standard_normal((points.train.shape[1], FREQUENCIES)) / width
        means = Three(*(_mean_features(side, weights, directions)
                        for side, weights in zip(points, sample.weights, strict=True)))  # fmt: skip
        measured = of_replicates(*(np.linalg.norm(side - means.holdout, axis=1)
                                   for side in (means.synthetic, means.train)))  # fmt: skip
        yield Finding(self.name, self.family, "all columns", "mmd", measured.value, measured.low, measured.high,
                      measured.baseline, n=sample.size)  # fmt: skip


def _mean_features(points: np.ndarray, weights: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Mean of the random features in every replicate, shape (1 + replicates, 2 * FREQUENCIES)."""
    angles = points @ directions.astype(np.float32)
    waves = np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(FREQUENCIES)
    return (weights @ waves).astype(float) / len(points)


def _median_distance(points: np.ndarray, stream: np.random.Generator) -> float:
    first, second = (points[stream.integers(len(points), size=2000)] for _ in range(2))
    distances = np.linalg.norm(first - second, axis=1)
    return float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0
