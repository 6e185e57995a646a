"""What every check promises."""

from collections.abc import Iterable
from typing import Protocol

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.finding import Family, Finding


class Check(Protocol):
    """Measures and never judges.  The first line of its docstring is its title in the UI, the report and the CLI."""

    @property
    def name(self) -> str: ...

    @property
    def family(self) -> Family: ...

    def measure(self, evidence: Evidence) -> Iterable[Finding]:
        """Findings; what cannot be measured is a finding whose value is NaN and whose note says why."""
        ...
