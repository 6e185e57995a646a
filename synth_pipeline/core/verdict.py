"""Verdicts, and how they add up."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd


class Verdict(StrEnum):
    """How a finding, a gate or an audit came out.  UNMEASURED never passes a critical gate."""

    PASS = "pass"  # noqa: S105
    WARN = "warn"
    BLOCK = "block"
    UNMEASURED = "unmeasured"

    @property
    def holds(self) -> bool:
        """Lets a release through."""
        return self in (Verdict.PASS, Verdict.WARN)

    @property
    def exit_status(self) -> int:
        """Of the command line: 0 passed (warnings allowed), 1 blocked, 3 unmeasured."""
        return {Verdict.BLOCK: 1, Verdict.UNMEASURED: 3}.get(self, 0)


_ORDER = (Verdict.BLOCK, Verdict.UNMEASURED, Verdict.WARN)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """A block outweighs what is unmeasured, which outweighs a warning."""
    seen = set(verdicts)
    return next((verdict for verdict in _ORDER if verdict in seen), Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Line:
    """How one line of a suite came out."""

    expectation: str
    severity: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """How a gate came out: its lines, and for gates over findings every finding with its verdict.

    ``suite`` is the hash of the suite's text: a verdict holds only for the thresholds it was made with.
    """

    gate: str
    suite: str
    lines: tuple[Line, ...]
    findings: pd.DataFrame | None = None

    @property
    def verdict(self) -> Verdict:
        return worst(line.verdict for line in self.lines)

    @property
    def reasons(self) -> list[str]:
        """One sentence for each line that does not hold."""
        return [f"{self.gate}: {line.reason}" for line in self.lines if line.reason and not line.verdict.holds]
