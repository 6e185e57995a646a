"""Findings about single rows that cannot be: their share with an exact interval."""

import numpy as np

from synth_pipeline.checks.membership import clopper_pearson
from synth_pipeline.core.finding import Family, Finding

LEVEL = 0.98  # of the interval, one in a hundred on either side: a wider one would need more rows to say "none"


def share(check: str, subject: str, metric: str, wrong: np.ndarray, baseline: float, note: str = "") -> Finding:
    """Share of synthetic rows under a mask (0: none, 1: all), beside the same share of real rows."""
    hits, rows = int(wrong.sum()), len(wrong)
    if not rows:
        return Finding(check, Family.FIDELITY, subject, metric, np.nan, note="there is no synthetic row")
    low, high = clopper_pearson(hits, rows, LEVEL)
    return Finding(check, Family.FIDELITY, subject, metric, hits / rows, low, high, baseline, n=rows, note=note)
