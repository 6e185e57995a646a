"""The error budget: how often all tests of significance together may refuse a clean table, in one file."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.checks import CHECKS
from synth_pipeline.core.errors import SynthError

NAME = "error_budget.json"
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Budget:
    """Shares of the chance of a false alarm, by family of tests."""

    alpha: float
    shares: Mapping[str, float]

    def share(self, family: str) -> float:
        """Raises SynthError for a family that the file does not name."""
        if family not in self.shares:
            raise SynthError(f"{NAME} has no family {family!r}.", f"use one of {', '.join(self.shares)}.")
        return self.shares[family]


def load_budget(path: Path) -> Budget:
    """Raises SynthError for a file that is missing, not understood or overspent."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        alpha = float(raw["alpha"])
        shares = {name: float(family["alpha"]) for name, family in raw["families"].items()}
    except FileNotFoundError:
        raise SynthError(f"expectations/{NAME} is missing.", "restore it.") from None
    except json.JSONDecodeError as error:
        raise SynthError(f"expectations/{NAME}, line {error.lineno}: {error.msg}.", "mend the JSON.") from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SynthError(f"expectations/{NAME} is not understood: {error}.",
                         "give 'alpha' and 'families', each with 'alpha'.") from None  # fmt: skip
    if not 0 < alpha < 1 or any(share <= 0 for share in shares.values()):
        raise SynthError(f"expectations/{NAME}: a share is not between 0 and 1.", "use shares of an error rate.")
    if (spent := sum(shares.values())) > alpha + _ROUNDING:
        raise SynthError(f"expectations/{NAME}: the families take {spent:.4g}, and the whole is {alpha:g}.",
                         "lower a share, or raise 'alpha'.")  # fmt: skip
    return Budget(alpha, shares)


def spend(budget: Budget, lines: Iterable[Mapping[str, Any]], findings: pd.DataFrame) -> pd.DataFrame:
    """Findings with ``p_holm``, adjusted within the family whose line judges them, and the family's share ``alpha``."""
    findings = findings.assign(p_holm=np.nan, alpha=np.nan)
    families: dict[str, set[int]] = {}
    for line in lines:
        if family := line["kwargs"].get("family"):
            hit = (findings["check"] == line["kwargs"]["check"]) & (findings["metric"] == line["kwargs"]["metric"])
            families.setdefault(family, set()).update(findings.index[hit & findings["p_value"].notna()])
    for family, places in families.items():
        index = sorted(places)
        findings.loc[index, "p_holm"] = holm(findings.loc[index, "p_value"].to_numpy())
        findings.loc[index, "alpha"] = budget.share(family)
    return findings


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjusted p-values after Holm (1979), https://www.jstor.org/stable/4615733: below alpha means rejected."""
    order = np.argsort(p_values, kind="stable")
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    out = np.empty(len(p_values))
    out[order] = np.minimum(1, np.maximum.accumulate(steps))
    return out


def refuse_unattainable(budget: Budget, lines: Iterable[Mapping[str, Any]], train: int, holdout: int) -> None:
    """Refuse tests that could never reject, with so many records on either side.

    Raises SynthError where the smallest p-value that a check can give exceeds the share of its family,
    divided by the lines of the family.
    """
    judged = [line["kwargs"] for line in lines if line["kwargs"].get("family")]
    for kwargs in judged:
        check = next((check for check in CHECKS if check.name == kwargs["check"]), None)
        smallest = getattr(check, "smallest_p", None)
        if smallest is None:
            continue
        share = budget.share(kwargs["family"]) / sum(other["family"] == kwargs["family"] for other in judged)
        if (least := smallest(kwargs["metric"], train, holdout)) > share:
            raise SynthError(
                f"{kwargs['check']} {kwargs['metric']} cannot give a p-value below {least:.2g}, and its share of the "
                f"error budget is {share:.2g}: it would never see anything.",
                f"raise the share of {kwargs['family']!r} in expectations/{NAME}, or give the test more to work with.",
            )
