"""What people read: the report and the card."""

from synth_pipeline.reports.card import card
from synth_pipeline.reports.facts import Facts, RecordFacts, ReportFacts
from synth_pipeline.reports.html import report
from synth_pipeline.reports.records import records_card, records_report

__all__ = ["Facts", "RecordFacts", "ReportFacts", "card", "records_card", "records_report", "report"]
