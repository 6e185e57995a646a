"""Maximum mean discrepancy for text: a distance between the meanings of whole columns."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.mmd import FREQUENCIES, PERMUTATIONS, RealWaves, mean_waves, permutation_p, waves_of
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
            real = compared.real.recall(key, lambda corpus=corpus: _of_real(corpus))
            waves = waves_of(corpus.points.synthetic[sample.rows.synthetic], real.directions)
            made = mean_waves(sample.weights.synthetic, waves)
            found = of_replicates(np.linalg.norm(made - real.holdout, axis=1), real.baseline)
            yield Finding(
                self.name, self.family, corpus.name, "mmd", found.value, found.low, found.high, found.baseline,
                permutation_p(compared, sample, waves, real.waves), sample.size,
                f"the p-value is that of {PERMUTATIONS} permutations and informs only",
            )  # fmt: skip


def _of_real(corpus: Corpus) -> RealWaves:
    stream = corpus.evidence.seed.child("text mmd", corpus.name).stream()
    train, holdout = (corpus.points[side][corpus.sample.rows[side]] for side in (0, 1))
    directions = stream.standard_normal((holdout.shape[1], FREQUENCIES))
    return RealWaves.of(train, holdout, corpus.sample, directions, stream)
