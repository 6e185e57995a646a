"""What people read: the report and the card."""

from synth_pipeline.reports.card import card
from synth_pipeline.reports.facts import ReportFacts
from synth_pipeline.reports.html import report

__all__ = ["ReportFacts", "card", "report"]
