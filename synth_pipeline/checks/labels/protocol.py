"""What every check of records promises."""

from collections.abc import Iterable
from typing import Protocol

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.core.finding import Family, Finding


class LabelCheck(Protocol):
    """Measures and never judges.  The first line of its docstring is its title."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> Family: ...

    def measure(self, evidence: LabelEvidence) -> Iterable[Finding]:
        """Findings; what cannot be measured is a finding whose value is NaN and whose note says why."""
        ...
