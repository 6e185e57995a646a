"""The data card: what a person should know before using a release, in Markdown."""

from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.facts import ReportFacts
from synth_pipeline.reports.rendering import markdown
from synth_pipeline.reports.sections import Row, Section, absent_checks, sections

PROVENANCE = {
    "_provenance": "Where a row comes from: `synthetic` in every row of this release.",
    "_record_id": "Name of this synthetic record. It names no real record.",
    "_generator": "The generator that made the row.",
    "_generation": "How many generations of synthetic data lie between the row and real data: 1 is made from real rows alone.",
    "_batch_id": "The batch, which follows from source fingerprint, specification and seed.",
}


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
        remarkable=[(section, row) for section in found for row in section.rows
                    if row.verdict in (Verdict.BLOCK, Verdict.WARN)],
        absent=absent_checks(facts.judgements),
        provenance=PROVENANCE,
    )  # fmt: skip


def _main(section: Section) -> list[Row]:
    """The most prominent finding of each metric; what was not measured comes as well, once for each metric."""
    first = [rows[0] for _, rows in section.metrics]
    missing = {row.metric: row for row in reversed(section.unmeasured)}
    return first + list(reversed(missing.values()))
