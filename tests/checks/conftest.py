"""What the tests of checks share: tables with something changed in them, and what the shipped suites say."""

from collections.abc import Callable

import pytest

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.checks import Evidence
from synth_pipeline.core.finding import Finding, as_frame
from synth_pipeline.core.table import Table

Key = tuple[str, str]  # subject and metric


@pytest.fixture(scope="session")
def changed() -> Callable[..., Table]:
    """A table with other values in some columns."""
    return lambda table, **columns: Table.conform(table.frame.assign(**columns), table.schema)


@pytest.fixture(scope="session")
def verdicts(shipped: Suites) -> Callable[[str, dict[Key, Finding]], dict[Key, str]]:
    """What the shipped suite of a gate says of each finding."""

    def said(gate: str, found: dict[Key, Finding]) -> dict[Key, str]:
        judged = judge_findings(shipped.load(gate), as_frame(found.values())).findings
        assert judged is not None
        return {(row.subject, row.metric): row.verdict for row in judged.itertuples()}

    return said


@pytest.fixture(scope="session")
def survey(fair, split, evidence) -> Evidence:
    """2,000 rows on each side of a survey; whether somebody had an affair is to be predicted."""
    parts = split(fair, 2_000, 1)
    return evidence(parts.train, parts.holdout, parts.spare, target="had_affair")
