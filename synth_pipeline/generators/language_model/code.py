"""``code``: Python that parses.  It is never executed."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row
from synth_pipeline.text.form import syntax_of

NOT_PYTHON = "no valid Python"


class Programs(Reply):
    """Pieces of code."""

    programs: list[str]


class Code(Fields):
    """A column of Python code; what does not parse is left out."""

    kind: Literal["code"] = "code"
    text: str = Field(default="code", description="Column of code.")

    @property
    def words(self) -> str:
        return "pieces of Python code as they could stand in the same collection"

    def columns(self) -> Sequence[str] | None:
        return [self.text]

    def reply(self, known: Known) -> type[BaseModel]:
        return Programs

    def shown(self, row: Row) -> str:
        """As a literal: code has lines, and an example has one."""
        return repr(row[self.text])

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        assert isinstance(parsed, Programs)
        return [self.said(code) or (NOT_PYTHON if syntax_of(code) is None else {self.text: code})
                for code in parsed.programs]  # fmt: skip

    def key(self, row: Row) -> str:
        """Equal for code that differs in layout and comments alone."""
        return syntax_of(row[self.text]) or row[self.text]
