"""Maximum mean discrepancy: a distance between whole distributions."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.resampling import Resample, of_replicates, resample, units
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

FREQUENCIES = 256
LARGEST = 10_000
PERMUTATIONS = 199


class Mmd:
    """Distance of whole distributions by maximum mean discrepancy (0: alike, at most the square root of 2).

    Gaussian kernel at the median distance of real rows (Gretton et al. 2012, JMLR 13), by random Fourier
    features (Rahimi and Recht 2007, NIPS 20).  Between synthetic and holdout, with train against holdout
    as its baseline.  The p-value informs only: it is that of a permutation test, in which rows, or entities,
    change sides at random, and at many rows it is small for differences that do not matter.
    """

    name = "mmd"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.names and evidence.texts:
            return  # a corpus, whose texts have checks of their own
        sample = resample(evidence, LARGEST)
        if not evidence.names:
            raise Unmeasurable("There is no column to compare.", "keep more than identifiers and text.")
        # Where the synthetic table misses numbers that real rows never miss, all points have an axis more.
        axes = tuple(evidence.embed(2, slice(1), [name]).shape[1] for name in evidence.names)

        def of_real() -> RealWaves:
            points = (evidence.embed(side, sample.rows[side]) for side in (0, 1))
            return RealWaves.of(*points, sample, _directions(evidence, axes), evidence.seed.child("mmd").stream())

        real = evidence.real.recall((self.name, axes, sample.key), of_real)
        waves = waves_of(evidence.embed(2, sample.rows.synthetic), real.directions)
        made = mean_waves(sample.weights.synthetic, waves)
        measured = of_replicates(np.linalg.norm(made - real.holdout, axis=1), real.baseline)
        yield Finding(
            self.name, self.family, "all columns", "mmd", measured.value, measured.low, measured.high,
            measured.baseline, permutation_p(evidence, sample, waves, real.waves), sample.size,
            f"the p-value is that of {PERMUTATIONS} permutations and informs only",
        )  # fmt: skip


def _directions(evidence: Evidence, axes: tuple[int, ...]) -> np.ndarray:
    """Each column has its own, so that a column more leaves the others' as they are."""
    seed = evidence.seed.child("mmd")
    return np.vstack([
        seed.child(name).stream().standard_normal((count, FREQUENCIES))
        for name, count in zip(evidence.names, axes, strict=True)
    ])  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RealWaves:
    """What train and holdout alone determine."""

    directions: np.ndarray
    waves: np.ndarray  # of the holdout rows
    holdout: np.ndarray  # their mean in every replicate
    baseline: np.ndarray  # distance of train from it, likewise

    @classmethod
    def of(
        cls,
        train: np.ndarray,
        holdout: np.ndarray,
        sample: Resample,
        directions: np.ndarray,
        stream: np.random.Generator,
    ) -> "RealWaves":
        """From points of train and holdout and normal directions, which are brought to the width of the kernel."""
        directions = (directions / median_distance(holdout, stream)).astype(np.float32)
        waves = waves_of(holdout, directions)
        means = [mean_waves(sample.weights.train, waves_of(train, directions)),
                 mean_waves(sample.weights.holdout, waves)]  # fmt: skip
        return cls(directions, waves, means[1], np.linalg.norm(means[0] - means[1], axis=1))


def waves_of(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Random features, shape (rows, 2 * FREQUENCIES)."""
    angles = points @ directions
    return np.hstack([np.cos(angles), np.sin(angles)]) / np.float32(np.sqrt(FREQUENCIES))


def mean_waves(weights: np.ndarray, waves: np.ndarray) -> np.ndarray:
    """Weighted mean of features, a row for each row of weights."""
    return (weights @ waves).astype(float) / weights.sum(1, keepdims=True, dtype=float)


def permutation_p(evidence: Evidence, sample: Resample, made: np.ndarray, real: np.ndarray) -> float:
    """How often sides drawn at random, unit by unit, are as far apart as synthetic and holdout."""
    first, second = units(evidence, 2, sample.rows.synthetic), units(evidence, 1, sample.rows.holdout)
    unit = np.concatenate([first, first.max() + 1 + second])
    synthetic = np.arange(unit.max() + 1) <= first.max()
    stream = evidence.seed.child("mmd", "permutations").stream()
    sides = np.array([synthetic, *(stream.permutation(synthetic) for _ in range(PERMUTATIONS))])[:, unit]
    waves = np.vstack([made, real])
    gaps = np.linalg.norm(
        mean_waves(sides.astype(np.float32), waves) - mean_waves((~sides).astype(np.float32), waves), axis=1
    )
    return float((gaps >= gaps[0] * (1 - 1e-6)).mean())  # the observed sides are one of the permutations


def median_distance(points: np.ndarray, stream: np.random.Generator) -> float:
    first, second = (points[stream.integers(len(points), size=2000)] for _ in range(2))
    distances = np.linalg.norm(first - second, axis=1)
    return float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0
