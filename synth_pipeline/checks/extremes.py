"""Extremes: does the synthetic table have the tails of the real one, and nothing beyond them?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.resampling import Resample, Z, of_replicates, resample
from synth_pipeline.checks.rows import share
from synth_pipeline.core.finding import Family, Finding

TAIL = 0.02  # share of the real rows at either end
FEWEST = 10  # values of which a column has to have more, to have tails at all


class Extremes:
    """Tails of numeric columns, and values beyond all real ones.

    ``beyond`` is the share of synthetic rows below the smallest or above the largest real number (0: none,
    1: all).  Its baseline is what another sample of real rows would have at most, whatever the distribution: 2 in
    n + 1, for n real numbers.  ``tails`` is the larger of
    the differences, at either end, between the shares of synthetic and of holdout rows past the 2 % and the
    98 % quantile of all real rows (0: alike; a tail that is cut off gives about .02), with train against
    holdout as its baseline.
    """

    name = "extremes"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.numeric:
            return
        sample = resample(evidence)
        for name in evidence.numeric:
            real = evidence.sorted_real[name]
            if not len(real):
                continue
            made = evidence.numbers[name].synthetic
            yield share(self.name, name, "beyond", (made < real[0]) | (made > real[-1]), 2 / (len(real) + 1))
            ends = np.quantile(real, [TAIL, 1 - TAIL], method="nearest")
            if (np.diff(real) > 0).sum() >= FEWEST:
                yield self._tails(evidence, name, ends, sample)

    def _tails(self, evidence: Evidence, name: str, ends: np.ndarray, sample: Resample) -> Finding:
        def places(side: np.ndarray) -> np.ndarray:
            return (side < ends[0]) + 2 * (side > ends[1])

        codes = Three(*map(places, evidence.numbers[name]))
        shares = sample.counts(codes, 3)
        gaps = (np.abs(side - shares.holdout)[:, 1:].max(1) for side in (shares.synthetic, shares.train))
        found = of_replicates(*gaps)
        # Where ties leave few rows past an end, a bootstrap does not see how many there might have been.
        reach = max(found.value - found.low, Z * float(np.sqrt(2 * TAIL / sample.size)))
        return Finding(self.name, self.family, name, "tails", found.value, found.value - reach, found.value + reach,
                       found.baseline, n=sample.size)  # fmt: skip
