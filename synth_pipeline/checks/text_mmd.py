"""Maximum mean discrepancy for text: a distance between the meanings of whole columns."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.mmd import FREQUENCIES, PERMUTATIONS, mean_waves, median_distance, permutation_p, waves_of
from synth_pipeline.checks.resampling import of_replicates
from synth_pipeline.core.finding import Family, Finding


class TextMmd:
    """Distance of columns of text by maximum mean discrepancy (0: alike, at most the square root of 2).

    As the check ``mmd``, on the axes along which real texts differ most: Gaussian kernel at the median distance
    of real texts (Gretton et al. 2012, JMLR 13) by random Fourier features.  Between synthetic and holdout, with
    train against holdout as its baseline.  The p-value informs only.  Tables without text have no such findings.
    """

    name = "text_mmd"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            sample, compared = corpus.sample, corpus.evidence
            key = (self.name, corpus.name, sample.key)
            real = compared.real.recall(key, lambda corpus=corpus: _Real.of(corpus))
            waves = waves_of(corpus.points.synthetic[sample.rows.synthetic], real.directions)
            made = mean_waves(sample.weights.synthetic, waves)
            found = of_replicates(np.linalg.norm(made - real.holdout, axis=1), real.baseline)
            yield Finding(
                self.name, self.family, corpus.name, "mmd", found.value, found.low, found.high, found.baseline,
                permutation_p(compared, sample, waves, real.waves), sample.size,
                f"the p-value is that of {PERMUTATIONS} permutations and informs only",
            )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Real:
    """What train and holdout alone determine."""

    directions: np.ndarray
    waves: np.ndarray  # of the holdout texts
    holdout: np.ndarray  # their mean in every replicate
    baseline: np.ndarray  # distance of train from it, likewise

    @classmethod
    def of(cls, corpus: Corpus) -> "_Real":
        stream = corpus.evidence.seed.child("text mmd", corpus.name).stream()
        sample = corpus.sample
        train, holdout = (corpus.points[side][sample.rows[side]] for side in (0, 1))
        directions = stream.standard_normal((holdout.shape[1], FREQUENCIES)) / median_distance(holdout, stream)
        waves = waves_of(holdout, directions := directions.astype(np.float32))
        means = [mean_waves(sample.weights.train, waves_of(train, directions)),
                 mean_waves(sample.weights.holdout, waves)]  # fmt: skip
        return cls(directions, waves, means[1], np.linalg.norm(means[0] - means[1], axis=1))
