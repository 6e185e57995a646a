"""The data card: what a person should know before using a release, in Markdown."""

from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.facts import ReportFacts
from synth_pipeline.reports.rendering import markdown
from synth_pipeline.reports.sections import Row, Section, absent_checks, sections, warnings


def card(facts: ReportFacts) -> str:
    """The card of a release, or of a refusal; equal facts give equal bytes."""
    found = sections(facts.judgements)
    return markdown(
        "card.md.jinja",
        facts=facts,
        main=[(section, row) for section in found for row in _main(section)],
        privacy=[row for section in found if section.private for row in section.rows],
        utility=[row for section in found if section.name == "utility" for row in section.rows],
        unmeasured=[row for section in found for row in section.unmeasured],
        warnings=warnings(facts),
        remarkable=_remarkable(found),
        absent=absent_checks(facts.judgements),
    )  # fmt: skip


def _remarkable(found: list[Section]) -> list[Row]:
    """What blocks, then what warns, each with the largest excess first."""
    rows = [row for section in found for row in section.rows if row.verdict in (Verdict.BLOCK, Verdict.WARN)]
    return sorted(rows, key=lambda row: (row.verdict is Verdict.WARN, -row.excess))


def _main(section: Section) -> list[Row]:
    """The most prominent finding of each metric; what was not measured comes as well, once for each metric."""
    first = [rows[0] for _, rows in section.metrics]
    missing = {row.metric: row for row in reversed(section.unmeasured)}
    return first + list(reversed(missing.values()))
