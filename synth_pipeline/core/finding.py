"""What a check measures.  Judging it is the business of a suite."""

import math
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from enum import StrEnum

import pandas as pd


class Family(StrEnum):
    """Which promise a finding is about."""

    PRIVACY = "privacy"
    FIDELITY = "fidelity"
    UTILITY = "utility"
    DIVERSITY = "diversity"
    GROUNDING = "grounding"  # of records over real documents


@dataclass(frozen=True, slots=True)
class Finding:
    """One number that a check measured.

    ``low`` and ``high`` bound the value at the check's confidence, ``baseline`` is the same number
    between real and real, ``p_value`` belongs to the null hypothesis that the synthetic table treats
    train and holdout alike, ``n`` is the number of records behind it.  What could not be measured is
    NaN, and ``note`` says why: it never looks like a number.
    """

    check: str
    family: Family
    subject: str
    metric: str
    value: float
    low: float = math.nan
    high: float = math.nan
    baseline: float = math.nan
    p_value: float = math.nan
    n: int = 0
    note: str = ""


NUMBERS = ("value", "low", "high", "baseline", "p_value")
COLUMNS = tuple(field.name for field in fields(Finding))


def as_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Findings as a table, one row each, numbers rounded to 6 significant digits."""
    frame = pd.DataFrame([astuple(finding) for finding in findings], columns=list(COLUMNS))
    for name in NUMBERS:
        frame[name] = [_rounded(x) for x in frame[name]]
    texts = ["check", "family", "subject", "metric", "note"]
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(NUMBERS, "float64") | {"n": "int64"})


def _rounded(x: float) -> float:
    return float(f"{x:.6g}") if math.isfinite(x) else math.nan
