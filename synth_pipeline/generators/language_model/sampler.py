"""Rows by a language model, and the trace of each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from synth_pipeline.asking import SYSTEM, Asked, Found, draw, drawn_lines, filled, gather, one_line
from synth_pipeline.asking.quotas import apportioned
from synth_pipeline.asking.traces import note, refuse_short
from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.core.language_model import Answer, Question, speaker
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import assembled
from synth_pipeline.generators.language_model.mode import Fields, Known, Row
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.columns import Schema

LOOKED_AT = 5  # questions of a label, for the length of prompts


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """The value of a label, what share of rows has it, and rows of train that have it, with their record ids."""

    value: Any
    share: float
    rows: Sequence[Row]
    ids: Sequence[str]


@dataclass(frozen=True, slots=True, eq=False)
class LanguageModelSampler:
    """Asks for rows like those of train.

    It holds rows of train as they are, since prompts show them: it is kept where train is kept.
    """

    spoken: Spoken
    mode: Fields
    schema: Schema
    known: Known
    labels: Mapping[str, Label]

    @property
    def template(self) -> str:
        """Version of all that is said around the data."""
        return of_text(SYSTEM, self.mode.asked(), self.mode.kind)

    def sample(self, rows: int, seed: Seed) -> Table:
        """So many rows, no two of them alike, by the quotas of labels; or fewer where that is allowed.

        Raises SynthError with counts and reasons where rows are missing, and what the language model raises.
        """
        wanted = self.wanted(rows)
        reply = self.mode.reply(self.known)
        model = speaker()
        gathered = gather(
            model, wanted, lambda title, number: self._ask(title, number, reply, seed), self._read,
            per_request=self.mode.per_request, patience=self.spoken.patience,
            near=self.spoken.near,
        )  # fmt: skip
        refuse_short(gathered, self.spoken)
        order = seed.child("order").stream().permutation(len(gathered.kept))
        gathered.kept = [gathered.kept[place] for place in order]
        made = self._table([(one.asked.group, one.values) for one in gathered.kept], seed)
        note(gathered, row_hashes(made), self.mode.kind, self.template, model)
        return made

    def wanted(self, rows: int) -> dict[str, int]:
        """Rows of each label."""
        return apportioned(rows, {title: label.share for title, label in self.labels.items()})

    def only(self, title: str) -> "LanguageModelSampler":
        """The same for one label: it asks the very questions that are asked for all of them."""
        return replace(self, labels={title: self.labels[title]})

    def prompt_length(self, rows: int, seed: Seed) -> float:
        """Of the questions for so many rows, in characters: the mean of a few of each label."""
        reply, wanted = self.mode.reply(self.known), self.wanted(rows)
        few = {title: np.mean([self._ask(title, number, reply, seed).length for number in range(LOOKED_AT)])
               for title, count in wanted.items() if count}  # fmt: skip
        return float(np.average(list(few.values()), weights=[wanted[title] for title in few])) if few else 0.0

    def _ask(self, title: str, number: int, reply: type[BaseModel], seed: Seed) -> Asked:
        """The question of this number for rows of one label."""
        label, stream = self.labels[title], seed.child(title, number).stream()
        chosen = stream.permutation(len(label.rows))[: self.mode.examples].tolist()
        drawn = draw(self.mode.taxonomies, stream)
        named = {"label": one_line(title), "count": self.mode.per_request, "about": self.mode.about, **drawn}
        parts = [filled(self.mode.asked(), named).strip(), ""]
        parts += [f"label: {one_line(title)}"] * (self.mode.label is not None) + [f"count: {self.mode.per_request}"]
        parts += [drawn_lines(drawn).strip()] * bool(drawn)
        if chosen:
            parts += ["", "Examples:", *(f"- {self.mode.shown(label.rows[place])}" for place in chosen)]
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n".join(parts)}]
        question = Question(messages, reply, self.spoken.numbering(number), number)
        return Asked(title, number, question, tuple(label.ids[place] for place in chosen), drawn)

    def _read(self, asked: Asked, answer: Answer) -> Iterator[Found | str]:
        assert answer.parsed is not None
        for row in self.mode.rows(answer.parsed, self.known):
            yield row if isinstance(row, str) else Found(row, self.mode.key(row), self._document(row))

    def _document(self, row: Row) -> str | None:
        """What a reader sees of a row; None for rows of a table, which may well resemble each other."""
        names = self.mode.columns()
        return None if names is None else "\n".join(str(row[name] or "") for name in names)

    def _table(self, rows: Sequence[tuple[str, Row]], seed: Seed) -> Table:
        names = self.known.schema.modelled
        drawn = {name: pd.Series([row[name] for _, row in rows], dtype="object") for name in names}
        if self.mode.label is not None:
            drawn[self.mode.label] = pd.Series([self.labels[title].value for title, _ in rows], dtype="object")
        return assembled(self.schema, drawn, len(rows), seed)
