"""Nulls: are values missing together as they are in the real table?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Excess, Resample, excess, of_replicates, resample
from synth_pipeline.core.finding import Family, Finding

COMMON = 16  # joint patterns of missing values that are told apart
RARE = 0.2 * 0.8  # variance of a column of which a fifth is missing: rarer ones would correlate by chance


class Nulls:
    """Patterns of missing values.

    ``patterns`` is the total variation distance of the joint patterns, of which the 16 commonest of the
    real table are told apart and the others taken together (0: alike, 1: disjoint).  ``null correlations``
    is the mean absolute difference, over all pairs of columns that have real nulls, of the correlations of
    being missing (0: alike, 2: opposite); that of a column with less than a fifth or more than four fifths
    missing is damped, as few rows decide it.  Each between synthetic and holdout, with train against
    holdout as its baseline.  Tables in which nothing is missing have no such findings.
    """

    name = "nulls"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        holes = Three(*(table.frame[evidence.schema.modelled].isna().to_numpy() for table in evidence.tables))
        if not any(side.any() for side in holes):
            return
        sample = resample(evidence)
        codes = _patterns(evidence, holes)
        yield self._finding(
            "all columns", "patterns", excess(total_variation, sample.counts(codes, COMMON + 1)), sample
        )
        real = np.vstack(holes[:2])
        columns = np.flatnonzero(real.any(0) & ~real.all(0))
        if len(columns) < 2:
            return
        kept = evidence.real.recall((self.name, sample.key), lambda: [
            _correlations(side, holes[side][:, columns], sample) for side in (0, 1)
        ])  # fmt: skip
        made = _correlations(2, holes.synthetic[:, columns], sample)
        gaps = (np.abs(side - kept[1]).mean(1) for side in (made, kept[0]))
        yield self._finding("all columns", "null correlations", of_replicates(*gaps), sample)

    def _finding(self, subject: str, metric: str, measured: Excess, sample: Resample) -> Finding:
        return Finding(self.name, self.family, subject, metric, measured.value, measured.low, measured.high,
                       measured.baseline, n=sample.size)  # fmt: skip


def _patterns(evidence: Evidence, holes: Three[np.ndarray]) -> Three[np.ndarray]:
    """The place of each row's pattern among the commonest real ones, or ``COMMON``."""
    numbers = evidence.seed.child("nulls").stream().integers(0, 2**63, size=holes.train.shape[1], dtype=np.uint64)
    keys = Three(*(side.astype(np.uint64) @ numbers for side in holes))  # equal for equal patterns
    known, counts = np.unique(np.concatenate(keys[:2]), return_counts=True)
    common = known[np.argsort(-counts, kind="stable")[:COMMON]]
    order = np.argsort(common)

    def places(side: np.ndarray) -> np.ndarray:
        spot = np.minimum(np.searchsorted(common[order], side), len(common) - 1)
        return np.where(common[order][spot] == side, order[spot], COMMON)

    return Three(*map(places, keys))


def _correlations(side: int, holes: np.ndarray, sample: Resample) -> np.ndarray:
    """Of all pairs of columns, shape (1 + replicates, pairs)."""
    marks, weights = holes[sample.rows[side]].astype(np.float32), sample.weights[side]
    pairs = np.triu_indices(marks.shape[1], 1)
    out = []
    for replicate in weights:
        together = ((marks * replicate[:, None]).T @ marks).astype(float) / float(replicate.sum(dtype=float))
        alone = np.diag(together)
        spread = np.sqrt(np.maximum(alone * (1 - alone), RARE))
        out.append(((together - np.outer(alone, alone)) / np.outer(spread, spread))[pairs])
    return np.array(out)
