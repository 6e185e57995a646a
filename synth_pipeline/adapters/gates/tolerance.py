"""How one finding stands to the bounds of one line of a suite.

Privacy blocks on significance (``family``, of the error budget).  Fidelity and utility block on effect:
only when the whole interval lies beyond the tolerance; where the interval is wider than the tolerance
nothing was measured.
"""

import math
from collections.abc import Mapping
from typing import Any

from synth_pipeline.core.finding import Family
from synth_pipeline.core.verdict import Verdict

BOUNDS = ("max_excess", "min_ratio", "family", "max_value", "min_value", "min_shown")

CLEAR = 1.6  # half intervals at 99 %, four standard errors: with fewer, some column of any clean table would warn

Outcome = tuple[Verdict, str]
_PASS: Outcome = (Verdict.PASS, "")


def weigh(finding: Mapping[str, Any], bounds: Mapping[str, Any]) -> Outcome:
    """The verdict of all bounds together, with its reason; what is not finite is UNMEASURED."""
    if not math.isfinite(finding["value"]):
        return Verdict.UNMEASURED, finding["note"] or "not measured"
    outcomes = [_RULES[name](finding, bound) for name, bound in bounds.items()]
    for verdict in (Verdict.BLOCK, Verdict.UNMEASURED, Verdict.WARN):
        for outcome in outcomes:
            if outcome[0] is verdict:
                return outcome
    return _PASS


def _max_excess(finding: Mapping[str, Any], tolerance: float) -> Outcome:
    """``tolerance`` on value minus baseline."""
    low, high, baseline = finding["low"], finding["high"], finding["baseline"]
    if not all(map(math.isfinite, (low, high, baseline))):
        return Verdict.UNMEASURED, finding["note"] or "has no interval or no baseline"
    if low - baseline > tolerance:
        return Verdict.BLOCK, (
            f"{finding['value']:.3g} against {baseline:.3g} {_where(finding)}: "
            f"at least {low - baseline:.3g} too much, and {tolerance:g} is allowed"
        )
    if (unsure := _too_wide(finding, tolerance)) is not None:
        return unsure
    if finding["value"] - baseline > CLEAR * (finding["value"] - low):
        return Verdict.WARN, f"{finding['value']:.3g} against {baseline:.3g} {_where(finding)}, within tolerance"
    return _PASS


def _where(finding: Mapping[str, Any]) -> str:
    """What the baseline is; of records over documents there are no real ones."""
    return "as its baseline" if finding.get("family") == Family.GROUNDING.value else "between real and real"


def _min_ratio(finding: Mapping[str, Any], least: float) -> Outcome:
    """``least`` that a ratio may be, 1 being as good as real."""
    low, high = finding["low"], finding["high"]
    if not all(map(math.isfinite, (low, high))):
        return Verdict.UNMEASURED, finding["note"] or "has no interval"
    if high < least:
        return Verdict.BLOCK, f"{finding['value']:.3g}, at most {high:.3g}, and {least:g} is required"
    if (unsure := _too_wide(finding, 1 - least)) is not None:
        return unsure
    if finding["value"] < least:
        return Verdict.WARN, f"{finding['value']:.3g}, below {least:g} but not measurably"
    return _PASS


def _family(finding: Mapping[str, Any], family: str) -> Outcome:
    """``family`` of tests whose share of the error budget is ``alpha``; ``p_holm`` is adjusted within it."""
    adjusted, alpha = finding["p_holm"], finding["alpha"]
    if not math.isfinite(adjusted) or not math.isfinite(alpha):
        return Verdict.UNMEASURED, finding["note"] or "has no p-value"
    if adjusted < alpha:
        return Verdict.BLOCK, (
            f"{finding['value']:.3g} against {finding['baseline']:.3g} expected, "
            f"p = {adjusted:.2g} after Holm over all tests of {family} (below {alpha:g})"
            + (f": {finding['note']}" if finding["note"] else "")
        )
    return _PASS


def _max_value(finding: Mapping[str, Any], most: float) -> Outcome:
    value = finding["value"]
    return _PASS if value <= most else (Verdict.BLOCK, f"{value:.4g}, and at most {most:g} is allowed")


def _min_value(finding: Mapping[str, Any], least: float) -> Outcome:
    value = finding["value"]
    return _PASS if value >= least else (Verdict.BLOCK, f"{value:.4g}, and at least {least:g} is required")


def _min_shown(finding: Mapping[str, Any], least: float) -> Outcome:
    """``least`` that a measure of trust must be shown to exceed; what is not shown is no fault of the rows."""
    low = finding["low"]
    if math.isfinite(low) and low >= least:
        return _PASS
    return Verdict.UNMEASURED, f"{finding['value']:.3g}, at least {low:.3g}: not shown to be {least:g} or more"


def _too_wide(finding: Mapping[str, Any], tolerance: float) -> Outcome | None:
    """Unmeasured where the noise is larger than the tolerance; says how many rows would do."""
    half = (finding["high"] - finding["low"]) / 2
    if half <= tolerance:
        return None
    enough = math.ceil(finding["n"] * (half / tolerance) ** 2 / 100) * 100
    return Verdict.UNMEASURED, (
        f"the noise of ±{half:.3g} at n = {finding['n']} is larger than the tolerance of {tolerance:g}; "
        f"about {enough} rows on each side would be enough"
    )


_RULES = {
    "max_excess": _max_excess,
    "min_ratio": _min_ratio,
    "family": _family,
    "max_value": _max_value,
    "min_value": _min_value,
    "min_shown": _min_shown,
}
