"""Findings that are a share of records."""

import numpy as np

from synth_pipeline.checks.membership import clopper_pearson
from synth_pipeline.core.finding import Family, Finding


def share(
    check: str, subject: str, metric: str, hits: np.ndarray, baseline: float = 0.0, *, sampled: bool = False,
    note: str = "",
) -> Finding:  # fmt: skip
    """The share of hits among records, with its exact interval where they are a ``sampled`` part of all."""
    if not len(hits):
        return Finding(check, Family.GROUNDING, subject, metric, np.nan, note="there are no records")
    value = float(hits.mean())
    low, high = clopper_pearson(int(hits.sum()), len(hits)) if sampled else (value, value)
    return Finding(check, Family.GROUNDING, subject, metric, value, low, high, baseline, n=len(hits), note=note)
