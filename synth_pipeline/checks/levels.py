"""Levels: categories that were never real, and real ones that got lost."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.resampling import SMALLEST
from synth_pipeline.checks.rows import share
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

CLOSED = 0.002  # share of real rows with a level of their own, up to which a column's levels are taken to be known
EXPECTED = 20  # rows of a level: that none comes has a chance of two in a thousand million


class Levels:
    """Rare and unseen levels of nominal columns.

    ``unseen`` is the share of synthetic rows whose level no real row has (0: none, 1: all).  Its baseline is
    what another sample of real rows would have, by the levels that occur once among the real ones: Good (1953),
    doi:10.1093/biomet/40.3-4.237.  Where that is more than 0.2 %, as for names of places, new levels are in the
    nature of the column, and the same share is called ``new levels``.  ``lost levels`` counts the levels of which,
    by their share of the real rows, at least 20 synthetic rows were expected, and not one came (0: none is lost).
    """

    name = "levels"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.nominal:
            return
        if (least := min(map(len, evidence.tables))) < SMALLEST:
            raise Unmeasurable(f"The smallest table has {least} rows.", f"use at least {SMALLEST} of each.")
        for name in evidence.nominal:
            codes = evidence.codes[name]
            real = np.bincount(np.concatenate(codes[:2]), minlength=max(map(np.max, codes)) + 1)
            made = np.bincount(codes.synthetic, minlength=len(real))
            alone = float((real == 1).sum() / real.sum())
            metric = "unseen" if alone <= CLOSED else "new levels"
            yield share(self.name, name, metric, real[codes.synthetic] == 0, alone)
            expected = real * (len(codes.synthetic) / real.sum())
            common = expected >= EXPECTED
            lost = common & (made == 0)
            note = f"{expected[lost].sum():.0f} rows were to be expected" if lost.any() else ""
            yield Finding(self.name, self.family, name, "lost levels", float(lost.sum()), baseline=0.0,
                          n=int(common.sum()), note=note)  # fmt: skip
