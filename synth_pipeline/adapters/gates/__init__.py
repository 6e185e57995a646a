"""Gates: Great Expectations suites over tables and over findings.

Great Expectations fails open in several places, so nothing here trusts its defaults: ``suite`` refuses
what it cannot build, ``judge`` counts what was evaluated, and an expectation that raised an exception is
UNMEASURED whatever its severity.
"""

from synth_pipeline.adapters.gates.judge import judge_findings, judge_table
from synth_pipeline.adapters.gates.suite import DATA_GATES, FINDING_GATES, GATES, LABEL_GATES, Suites

__all__ = ["DATA_GATES", "FINDING_GATES", "GATES", "LABEL_GATES", "Suites", "judge_findings", "judge_table"]
