"""``labelled_text``: new texts under the labels of train."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from synth_pipeline.asking import one_line
from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row, same_words


class Texts(Reply):
    """Texts of one label."""

    texts: list[str]


class LabelledText(Fields):
    """A column of text; where there is a label, each request asks for texts of one."""

    kind: Literal["labelled_text"] = "labelled_text"
    text: str = Field(default="text", description="Column of texts.")

    def columns(self) -> Sequence[str] | None:
        return [self.text]

    def reply(self, known: Known) -> type[BaseModel]:
        return Texts

    def shown(self, row: Row) -> str:
        return one_line(row[self.text])

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        assert isinstance(parsed, Texts)
        return [self.said(text) or {self.text: text.strip()} for text in parsed.texts]

    def key(self, row: Row) -> str:
        return same_words(row[self.text])
