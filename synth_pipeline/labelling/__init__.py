"""Makers of records over real documents, one file each.  This union is the one list of them."""

from typing import Annotated

from pydantic import Field

from synth_pipeline.labelling.language_model import QuestionsByModel
from synth_pipeline.labelling.protocol import Labeller
from synth_pipeline.labelling.questions import QuestionsByRule
from synth_pipeline.spec.base import OneOf

__all__ = ["AnyLabeller", "Labeller"]

AnyLabeller = Annotated[QuestionsByRule | QuestionsByModel, Field(discriminator="kind"), OneOf()]
