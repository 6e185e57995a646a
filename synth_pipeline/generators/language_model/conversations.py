"""``conversations``: several turns between a user and an assistant, as JSON in one column."""

import json
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field, model_validator

from synth_pipeline.generators.language_model.mode import Fields, Known, Reply, Row, same_words

NO_TURNS = "with turns out of order"
COUNT = "with too few or too many turns"


class Turn(Reply):
    """What one side says at a time."""

    role: Literal["user", "assistant"]
    content: str


class Conversation(Reply):
    """Turns in order."""

    turns: list[Turn]


class Talks(Reply):
    """Whole conversations."""

    conversations: list[Conversation]


class Conversations(Fields):
    """A column of conversations: JSON lists of ``{"role": ..., "content": ...}``, the user first, by turns."""

    kind: Literal["conversations"] = "conversations"
    text: str = Field(default="conversation", description="Column of conversations.")
    fewest: int = Field(default=2, ge=1, le=200, description="Turns of a conversation at least.")
    most: int = Field(default=12, ge=1, le=200, description="Turns of a conversation at most.")

    @model_validator(mode="after")
    def _are_in_order(self) -> "Conversations":
        if self.fewest > self.most:
            raise ValueError(f"fewest, {self.fewest}, is above most, {self.most}")
        return self

    @property
    def words(self) -> str:
        return f"conversations of {self.fewest} to {self.most} turns as they could stand in the same collection"

    def columns(self) -> Sequence[str] | None:
        return [self.text]

    def reply(self, known: Known) -> type[BaseModel]:
        return Talks

    def shown(self, row: Row) -> str:
        return json.dumps(row[self.text], ensure_ascii=False)

    def rows(self, parsed: BaseModel, known: Known) -> list[Row | str]:
        assert isinstance(parsed, Talks)
        return [self._row(one.turns) for one in parsed.conversations]

    def key(self, row: Row) -> str:
        return same_words(*(turn["content"] for turn in json.loads(row[self.text])))

    def _row(self, turns: list[Turn]) -> Row | str:
        if not self.fewest <= len(turns) <= self.most:
            return COUNT
        if any(turn.role != ("user", "assistant")[place % 2] for place, turn in enumerate(turns)):
            return NO_TURNS
        if told := next(filter(None, (self.said(turn.content) for turn in turns)), None):
            return told
        said = [{"role": turn.role, "content": turn.content.strip()} for turn in turns]
        return {self.text: json.dumps(said, ensure_ascii=False)}
