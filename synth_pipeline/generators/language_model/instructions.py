"""``instructions``: pairs of an instruction and the response to it, with or without an input."""

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row, same_words
from synth_pipeline.spec.base import OrAbsent


class Pair(Reply):
    """An instruction and its response."""

    instruction: str
    response: str


class Triple(Reply):
    """The same with an input."""

    instruction: str
    input: str
    response: str


class Pairs(Reply):
    """Records without inputs."""

    records: list[Pair]


class Triples(Reply):
    """Records with inputs."""

    records: list[Triple]


class Instructions(Fields):
    """Columns of instructions and responses; an input may be empty."""

    kind: Literal["instructions"] = "instructions"
    instruction: str = Field(default="instruction", description="Column of instructions.")
    response: str = Field(default="response", description="Column of responses.")
    input: Annotated[str | None, OrAbsent()] = Field(default=None, description="Column of inputs, if there are any.")

    @property
    def words(self) -> str:
        return "instructions with their responses as they could stand in the same collection"

    def columns(self) -> Sequence[str] | None:
        return [name for name in (self.instruction, self.input, self.response) if name is not None]

    def reply(self, known: Known) -> type[BaseModel]:
        return Pairs if self.input is None else Triples

    def shown(self, row: Row) -> str:
        return json.dumps({field: row[name] for field, name in self._named.items()}, ensure_ascii=False)

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        assert isinstance(parsed, Pairs | Triples)
        return [self._row(one) for one in parsed.records]

    def key(self, row: Row) -> str:
        return same_words(*(row[name] or "" for field, name in self._named.items() if field != "response"))

    @property
    def _named(self) -> dict[str, str]:
        fields = {"instruction": self.instruction, "input": self.input, "response": self.response}
        return {field: name for field, name in fields.items() if name is not None}

    def _row(self, one: Pair | Triple) -> Row | str:
        told = next(filter(None, map(self.said, (one.instruction, one.response))), None)
        return told or {name: getattr(one, field).strip() for field, name in self._named.items()}
