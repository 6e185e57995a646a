"""What is made over real documents: questions by rules that find their answers in the text."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.rules import Word

PLACE = re.compile(r"\{(\w+)(?::(small))?\}")  # a group or column, maybe with its first letter made small


def _compiles(expression: str) -> str:
    try:
        re.compile(expression, re.MULTILINE)
    except re.error as error:
        raise ValueError(f"it is no regular expression: {error.msg}") from None
    return expression


class QuestionRule(Spec):
    """One kind of question, asked wherever an expression is found in a document.

    ``question`` and ``answer`` name groups of the expression and columns of the table in braces, ``{x:small}`` with a
    small first letter; runs of blanks in them become one.
    """

    kind: str = Field(pattern=r"^[a-z][a-z0-9_ ]*$", description="What the records are called in the column 'kind'.")
    find: Annotated[str, AfterValidator(_compiles)] = Field(
        description="Regular expression; ^ and $ match at lines.  Its group 'span', or all of it, is the quotation."
    )
    questions: tuple[str, ...] = Field(min_length=1, description="Ways to ask, one of which is drawn.")
    answer: str = "{span}"
    where: dict[str, tuple[Word, ...]] = Field(default={}, description="Only documents with these values of a column.")
    most: int = Field(default=1, ge=1, le=1_000, description="Records of this kind from one document, drawn at random.")

    @property
    def groups(self) -> set[str]:
        return {*re.compile(self.find, re.MULTILINE).groupindex, "span"}

    @property
    def named(self) -> set[str]:
        """Groups and columns that the templates name."""
        return {name for text in (*self.questions, self.answer) for name, _ in PLACE.findall(text)}


class LabelFields(Spec):
    """Which column holds the documents, and which names them."""

    text: str = Field(description="Column that holds the documents.")
    id: str = Field(description="Column that names a document and is unique.")

    @model_validator(mode="after")
    def _are_two(self) -> "LabelFields":
        if self.text == self.id:
            raise ValueError("text and id are the same column")
        return self
