"""Levels: categories that were never real, and real ones that got lost."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.resampling import require_rows
from synth_pipeline.checks.rows import share
from synth_pipeline.checks.units import holders
from synth_pipeline.core.finding import Family, Finding

CLOSED = 0.002  # share of real rows with a level of their own, up to which a column's levels are taken to be known
EXPECTED = 20  # rows of a level, or entities: that none comes has a chance of two in a thousand million


class Levels:
    """Rare and unseen levels of nominal columns.

    ``unseen`` is the share of synthetic rows whose level no real row has (0: none, 1: all).  Its baseline is
    what another sample of real rows would have, by the levels that occur once among the real ones: Good (1953),
    doi:10.1093/biomet/40.3-4.237.  Where that is more than 0.2 %, as for names of places, new levels are in the
    nature of the column, and the same share is called ``new levels``.  ``lost levels`` counts the levels of which,
    by their share of the real rows, or entities, at least 20 were expected, and not one came (0: none is lost).
    """

    name = "levels"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.nominal:
            return
        require_rows(evidence)
        for name in evidence.nominal:
            codes = evidence.codes[name]
            level = np.concatenate(codes[:2])
            rows = np.bincount(level, minlength=1 + max(int(side.max(initial=0)) for side in codes))
            held = holders(evidence, level, len(rows))
            alone = float(rows[held == 1].sum() / len(level))
            metric = "unseen" if alone <= CLOSED else "new levels"
            yield share(self.name, name, metric, rows[codes.synthetic] == 0, alone)
            yield self._lost(name, held * (len(codes.synthetic) / len(level)), codes.synthetic)

    def _lost(self, name: str, expected: np.ndarray, made: np.ndarray) -> Finding:
        common = expected >= EXPECTED
        lost = common & (np.bincount(made, minlength=len(expected)) == 0)
        note = f"{expected[lost].sum():.0f} were to be expected" if lost.any() else ""
        return Finding(self.name, self.family, name, "lost levels", float(lost.sum()), baseline=0.0,
                       n=int(common.sum()), note=note)  # fmt: skip
