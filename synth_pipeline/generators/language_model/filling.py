"""Rows that another generator draws, and of which a language model fills in what that one leaves empty."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, Field, create_model

from synth_pipeline.asking import SYSTEM, Asked, Found, draw, drawn_lines, filled, gather
from synth_pipeline.asking.rounds import Kept
from synth_pipeline.asking.traces import note, refuse_short
from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.core.language_model import Answer, Question, speaker
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import assembled
from synth_pipeline.generators.language_model.mode import Known, Reply, Row, same_words
from synth_pipeline.generators.language_model.tabular_fill import UNKNOWN, TabularFill, cell, type_of
from synth_pipeline.generators.protocol import Keeps, Sampler
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.columns import Column, Kind, Schema

UNRULY = "against a constraint"
DISTINCT = 0.95  # share of texts that differ, from which on they are taken not to repeat
BLOCK = 1_000  # rows that the base draws at a time; row k is the same however many are wanted
_MOST_BLOCKS = 200  # for each that would do if every row were kept and had a gap


@dataclass(frozen=True, slots=True, eq=False)
class FillingSampler:
    """Holds rows of train as they are, since prompts show them: it is kept where train is kept.

    ``gaps`` are the columns of text in whose place the base draws whether there is one, ``distinct`` those whose texts
    hardly ever come twice in train, and so do not here.
    """

    spoken: Spoken
    mode: TabularFill
    known: Known
    base: Sampler
    gaps: Sequence[str]
    distinct: Sequence[str]
    examples: Sequence[Row]
    ids: Sequence[str]

    @classmethod
    def fit(cls, spoken: Spoken, mode: TabularFill, train: Train, known: Known, seed: Seed) -> "FillingSampler":
        """Fit the base on what it is to draw; nothing is asked yet."""
        table = train.table
        texts = [name for name in mode.fill if table.schema[name].kind is Kind.TEXT]
        gaps = [name for name in texts if not mode.complete and table.frame[name].isna().any()]
        assert mode.base is not None
        base = mode.base.fit(Train(_drawn(table, texts, gaps)), seed.child("base"))
        whole = np.flatnonzero(table.frame[list(mode.fill)].notna().all(axis=1))
        distinct = [name for name in texts if _hardly_repeats(table.frame[name].dropna())]
        examples = _rows(table.take(whole), table.schema.modelled)
        return cls(spoken, mode, known, base, gaps, distinct, examples, _ids(table, whole))

    def sample(self, rows: int, seed: Seed) -> Table:
        return self.sample_kept(rows, seed, None)

    def sample_kept(self, rows: int, seed: Seed, keeps: Keeps | None) -> Table:
        """So many rows; those that break a rule before they are filled are never asked about.

        Raises SynthError with counts where rows are missing, or where the base hardly draws any that can be used.
        """
        asking = _Asking(self, _Drafts(self, seed.child("drafts"), keeps), seed, keeps)
        complete = asking.drafts.complete(rows)
        model = speaker()
        gathered = gather(model, {"": rows - len(complete)}, asking.ask, asking.read, patience=self.spoken.patience)
        refuse_short(gathered, self.spoken)
        made = self._table([one.values for one in gathered.kept], seed)
        note(gathered, row_hashes(made), self.mode.kind, asking.template, model)
        placed = [*complete, *((asking.place(one), one.values) for one in gathered.kept)]
        return self._table([row for _, row in sorted(placed, key=_place)], seed)

    def asked_for(self, rows: int, seed: Seed) -> int:
        """Of so many rows, those that lack something; constraints are not looked at."""
        return rows - len(_Drafts(self, seed.child("drafts"), None).complete(rows))

    def _table(self, rows: Sequence[Row], seed: Seed) -> Table:
        names = self.known.schema.modelled
        drawn = {name: pd.Series([row[name] for row in rows], dtype="object") for name in names}
        return assembled(self.known.schema, drawn, len(rows), seed)


@dataclass(slots=True, eq=False)
class _Drafts:
    """The rows of the base in order, without those that break a rule; ``found`` are those that were looked at."""

    sampler: FillingSampler
    seed: Seed
    keeps: Keeps | None
    found: list[tuple[Row, tuple[str, ...]]] = field(default_factory=list)  # a row, and what is to be filled in
    open: list[int] = field(default_factory=list)  # places of rows that have something to fill in
    blocks: int = 0

    def complete(self, rows: int) -> list[tuple[int, Row]]:
        """Those of the first so many rows that lack nothing, with their places."""
        while len(self.found) < rows:
            self._draw(rows)
        return [(place, row) for place, (row, missing) in enumerate(self.found[:rows]) if not missing]

    def gap(self, number: int) -> tuple[int, Row, tuple[str, ...]]:
        """The place of the row of this number among those that lack something, the row, and what it lacks."""
        while len(self.open) <= number:
            self._draw(number + 1)
        place = self.open[number]
        return place, *self.found[place]

    def _draw(self, wanted: int) -> None:
        if self.blocks >= _MOST_BLOCKS * (1 + wanted // BLOCK):
            raise SynthError(
                f"Of {self.blocks * BLOCK:,} rows that the base of 'tabular_fill' drew {len(self.found):,} keep the "
                f"constraints and {len(self.open):,} of these lack something; {wanted:,} are wanted.",
                "loosen the constraints, or take another generator as 'mode.base'.",
            )
        drawn = self.sampler.base.sample(BLOCK, self.seed.child(self.blocks))
        self.blocks += 1
        sure = [name for name in drawn.schema.modelled if name not in self.sampler.mode.fill]
        if self.keeps is not None:
            kept = self.keeps(_part(drawn, sure))
            drawn = drawn.take(kept)
        for row in _rows(drawn, drawn.schema.modelled):
            missing = tuple(name for name in self.sampler.mode.fill if self._lacks(row, name))
            if missing:
                self.open.append(len(self.found))
            self.found.append((self._whole(row), missing))

    def _lacks(self, row: Row, name: str) -> bool:
        """A text that the base says is there, or never draws; any other value that it left out."""
        return bool(row[name]) if name in self.sampler.gaps else row.get(name) is None

    def _whole(self, row: Row) -> Row:
        known = {name: None if name in self.sampler.gaps else value for name, value in row.items()}
        return {name: known.get(name) for name in self.sampler.known.schema.modelled}


@dataclass(frozen=True, slots=True, eq=False)
class _Asking:
    """A question for each row that lacks something."""

    sampler: FillingSampler
    drafts: _Drafts
    seed: Seed
    keeps: Keeps | None

    @property
    def template(self) -> str:
        """Version of all that is said around the data."""
        return of_text(SYSTEM, self.sampler.mode.asked(), self.sampler.mode.kind)

    def ask(self, group: str, number: int) -> Asked:
        _, row, missing = self.drafts.gap(number)
        mode, stream = self.sampler.mode, self.seed.child("asked", number).stream()
        chosen = stream.permutation(len(self.sampler.examples))[: mode.examples].tolist()
        drawn = draw(mode.taxonomies, stream)
        parts = [filled(mode.asked(), {"label": "", "count": 1, "about": mode.about, **drawn}).strip(), "", "count: 1"]
        parts += [drawn_lines(drawn).strip()] * bool(drawn)
        if chosen:
            parts += ["", "Examples of whole rows:", *(_line(self.sampler.examples[place]) for place in chosen)]
        known = {name: value for name, value in row.items() if name not in missing}
        parts += ["", "The row:", _line(known), "", "What is missing of it:", *(f"- {name}" for name in missing)]
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n".join(parts)}]
        columns = tuple((self.sampler.known.schema[name], self._levels(name)) for name in missing)
        question = Question(messages, _reply(columns), self.sampler.spoken.numbering(number), number)
        parents = tuple(self.sampler.ids[place] for place in chosen)
        return Asked(group, number, question, parents, {**drawn, "filled in": ", ".join(missing)})

    def read(self, asked: Asked, answer: Answer) -> Iterator[Found | str]:
        assert answer.parsed is not None
        place, row, missing = self.drafts.gap(asked.number)
        values = dict(row)
        for name, value in zip(missing, answer.parsed.model_dump().values(), strict=True):
            told = self.sampler.mode.said(value) if isinstance(value, str) else None
            found = cell(value, self.sampler.known.schema[name], self.sampler.known.levels.get(name, ()))
            if told or found is None:
                yield told or UNKNOWN
                return
            values[name] = found.strip() if isinstance(found, str) else found
        if self.keeps is not None and not self.keeps(self.sampler._table([values], self.seed))[0]:
            yield UNRULY
            return
        texts = [values[name] for name in self.sampler.distinct if name in missing]
        yield Found(values, same_words(*texts) if texts else str(place))  # else as frequent as the base draws them

    def place(self, kept: Kept) -> int:
        """Of a row among those of the base."""
        return self.drafts.gap(kept.asked.number)[0]

    def _levels(self, name: str) -> tuple[Any, ...]:
        return tuple(self.sampler.known.levels.get(name, ()))


@lru_cache(maxsize=256)
def _reply(columns: tuple[tuple[Column, tuple[Any, ...]], ...]) -> type[BaseModel]:
    """Columns go by number, as in ``TabularFill.reply``; none may be left out."""
    fields: dict[str, Any] = {
        f"c{place}": (type_of(column, levels), Field(title=column.name))
        for place, (column, levels) in enumerate(columns)
    }
    return create_model("FilledIn", __base__=Reply, **fields)


def _drawn(table: Table, texts: Sequence[str], gaps: Sequence[str]) -> Table:
    """What the base learns: the columns that are no text, and of texts that may be missing whether they are there."""
    columns = [column for column in table.schema.columns if column.kind is not Kind.IDENTIFIER]
    columns = [column for column in columns if column.name not in texts or column.name in gaps]
    there = {name: table.frame[name].notna().astype("bool") for name in gaps}
    schema = Schema(columns=tuple(Column(name=one.name, kind=Kind.BOOLEAN) if one.name in gaps else one
                                  for one in columns))  # fmt: skip
    return Table(table.frame[[one.name for one in columns]].assign(**there), schema, table.ids)


def _part(table: Table, names: Sequence[str]) -> Table:
    schema = Schema(columns=tuple(column for column in table.schema.columns if column.name in names))
    return Table(table.frame[list(names)], schema)


def _rows(table: Table, names: Sequence[str]) -> list[Row]:
    plain = table.frame[list(names)].astype("object")
    return [dict(zip(names, row, strict=True)) for row in plain.where(plain.notna(), None).to_numpy().tolist()]


def _ids(table: Table, places: np.ndarray) -> list[str]:
    return [f"train row {place}" for place in places] if table.ids is None else table.ids.iloc[places].tolist()


def _line(row: Mapping[str, Any]) -> str:
    return f"- {json.dumps(dict(row), ensure_ascii=False, default=str)}"


def _hardly_repeats(texts: pd.Series) -> bool:
    return len(texts) > 0 and texts.nunique() >= DISTINCT * len(texts)


def _place(placed: tuple[int, Row]) -> int:
    return placed[0]
