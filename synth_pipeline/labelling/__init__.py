"""Makers of records over real documents, one file each.  This union is the one list of them."""

from synth_pipeline.labelling.protocol import Labeller
from synth_pipeline.labelling.questions import QuestionsByRule

__all__ = ["AnyLabeller", "Labeller"]

AnyLabeller = QuestionsByRule
