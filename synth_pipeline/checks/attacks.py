"""What the attacks after Giomi et al. (2022, arXiv:2211.10459) share: attacked records, and how a risk is stated."""

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import Found, clopper_pearson, of_set
from synth_pipeline.checks.units import Pool
from synth_pipeline.core.finding import Family, Finding

MOST_SYNTHETIC = 200_000  # synthetic rows that an attacker searches


def attacked(evidence: Evidence) -> np.ndarray:
    """Positions in train followed by holdout of the records that are attacked: equally many of each side."""
    train, holdout, _ = map(len, evidence.tables)
    stream = evidence.seed.child("attacked").stream()
    count = min(evidence.effort.attacks, train, holdout)
    sides = stream.permutation(train)[:count], train + stream.permutation(holdout)[:count]
    return np.sort(np.concatenate(sides))


def searched_by_attacker(evidence: Evidence) -> np.ndarray:
    """Places of the synthetic rows that an attacker looks at."""
    stream = evidence.seed.child("attacker").stream()
    return np.sort(stream.permutation(len(evidence.synthetic))[:MOST_SYNTHETIC])


def risk(check: str, subject: str, found: Found, naive: float, note: str = "", metric: str = "risk") -> Finding:
    """The share of train records on which an attack succeeds, beside that of holdout records."""
    low, high = clopper_pearson(found.members, found.train)
    left = (found.share - found.control) / max(1e-12, 1 - found.control)
    words = f"{found.counted}; {left:.2%} more than without having been trained on; {naive:.2%} by guessing"
    return Finding(check, Family.PRIVACY, subject, metric, found.share, low, high, found.control, found.p_value,
                   found.train + found.holdout, note or words)  # fmt: skip


def on_units(pool: Pool, rows: np.ndarray, success: np.ndarray) -> Found:
    """The units of the attacked rows, and those with a row on which the attack succeeds."""
    looked_at = np.zeros(len(pool.unit), bool)
    looked_at[rows] = True
    hit = np.zeros(len(pool.unit), bool)
    hit[rows[success]] = True
    units = pool.any(looked_at)
    return of_set(pool.any(hit)[units], pool.member[units])
