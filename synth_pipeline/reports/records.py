"""The report and the card of records over real documents; neither shows a record or a document."""

from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.facts import RecordFacts
from synth_pipeline.reports.html import figures_of
from synth_pipeline.reports.rendering import markdown, page
from synth_pipeline.reports.sections import sections, warnings


def records_report(facts: RecordFacts) -> str:
    """The report of a release of records, or of a refusal; equal facts give equal bytes."""
    found = sections(facts.judgements)
    return page(
        "records.html.jinja",
        facts=facts,
        warnings=warnings(facts),
        sections=[(section, figures_of(section)) for section in found],
        attacks=[],
        sensitive=(),
        judged=sum(len(section.rows) for section in found),
        private_passed=False,
        absent=[],
        pass_=Verdict.PASS,
    )


def records_card(facts: RecordFacts) -> str:
    """The data card of records: what a person should know before using them."""
    rows = [(section, row) for section in sections(facts.judgements) for row in section.rows]
    return markdown("records.md.jinja", facts=facts, warnings=warnings(facts), rows=rows)
