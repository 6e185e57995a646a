"""``grammar``: columns of text by declared grammars, without a language model and without learning any text.

All other columns are drawn one by one, as ``marginals`` does; the column that labels a text is drawn in fixed shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import Levels, assembled, levels
from synth_pipeline.generators.grammar.reading import grammar_of, text_of
from synth_pipeline.generators.grammar.writer import Writer
from synth_pipeline.generators.marginals import Marginals, MarginalsSampler
from synth_pipeline.generators.texts import series
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.grammar import GrammarFields, TextGrammar

_CALLED = "Generator 'grammar'"


class Grammar(Spec):
    """Text by a context-free grammar; of train it learns the shares of labels, and the other columns on their own."""

    kind: Literal["grammar"] = "grammar"
    texts: dict[str, TextGrammar] = Field(default={}, description="A grammar for each column of text.")

    @property
    def version(self) -> int:
        return 1

    @property
    def content(self) -> str:
        """Hash of the files: other rules are another generator.  Raises SynthError where one is not there."""
        return of_text(*(text_of(one.file) for one in self.texts.values() if one.file is not None))

    def fit(self, train: Train, seed: Seed) -> "GrammarSampler":
        table = train.table
        grammars = {name: grammar_of(one) for name, one in self.texts.items()}
        self._check(table.schema)
        labels: dict[str, _Labels] = {}
        for name, one in self.texts.items():
            if one.label is not None:
                _refuse_unlike(table, name, one.label, grammars[name])
                labels.setdefault(one.label, _Labels.of(table, one.label, grammars[name]))
        writers = {}
        for name, one in self.texts.items():
            known = labels[one.label].titles if one.label is not None else (None,)
            writer = Writer.of(grammars[name], known, f"{_CALLED}, column {name!r}")
            writers[name] = _Written(writer, one.label, float(table.frame[name].isna().mean()) if len(table) else 0.0)
        return GrammarSampler(table.schema, writers, labels, _others(table, {*writers, *labels}, seed))

    def _check(self, schema: Schema) -> None:
        """Raises SynthError for columns that are not there or not of the kind, and for text without a grammar."""
        if texts := [name for name in schema.of(Kind.TEXT) if name not in self.texts]:
            raise SynthError(f"{_CALLED} has no grammar for the text in {texts}.",
                             "write one under 'texts', or leave the column out with 'exclude'.")  # fmt: skip
        labelled: dict[str, str] = {}
        for name, one in self.texts.items():
            for column, kinds in ((name, (Kind.TEXT, Kind.CATEGORY)), (one.label, (Kind.CATEGORY, Kind.BOOLEAN))):
                if column is None:
                    continue
                if column not in schema.names:
                    raise SynthError(f"{_CALLED}: there is no column {column!r}.",
                                     f"name one of {', '.join(schema.names)}.")  # fmt: skip
                if schema[column].kind not in kinds:
                    raise SynthError(f"{_CALLED}, column {column!r}: it is of type {schema[column].kind}.",
                                     f"name a column of type {' or '.join(kinds)}.")  # fmt: skip
            if one.label is not None and labelled.setdefault(one.label, name) != name:
                raise SynthError(f"{_CALLED}, column {name!r}: {one.label!r} labels {labelled[one.label]!r} already.",
                                 "let each label belong to one text.")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class _Labels:
    """The column that labels a text: its levels, and the share of each."""

    column: Levels
    titles: tuple[str | None, ...]
    shares: np.ndarray

    @classmethod
    def of(cls, table: Table, name: str, grammar: GrammarFields) -> "_Labels":
        known, codes = levels(table, name)
        titles = (*(_title(label) for label in known.labels), *([None] * known.has_missing))
        declared = {title: one.share for title, one in grammar.labels.items() if one.share is not None}
        if declared:
            shares = np.array([declared.get(title or "", 0.0) for title in titles], float)
        else:
            shares = np.bincount(codes, minlength=known.count).astype(float)
        if len(table) and not shares.sum():
            raise SynthError(f"{_CALLED}, labels: their shares add up to nothing.", "give one a share above 0.")
        return cls(known, titles, shares / max(shares.sum(), 1e-300))

    def draw(self, rows: int, stream: np.random.Generator) -> np.ndarray:
        """Codes in random order, each level as often as its share says, up to one."""
        places = (np.arange(rows) + stream.random()) / max(1, rows)
        codes = np.searchsorted(np.cumsum(self.shares), places * self.shares.sum(), side="right")
        return stream.permutation(np.minimum(codes, len(self.shares) - 1))


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """A column of text: who writes it, under which label, and what share of it is missing."""

    writer: Writer
    label: str | None
    missing: float

    def draw(self, codes: np.ndarray, seed: Seed) -> pd.Series:
        texts = series(self.writer.write(codes, seed)).astype("object")
        return texts.mask(seed.child("missing").stream().random(len(codes)) < self.missing)


@dataclass(frozen=True, slots=True, eq=False)
class GrammarSampler:
    """Compiled grammars, the shares of labels, and the law of each other column."""

    schema: Schema
    texts: Mapping[str, _Written]
    labels: Mapping[str, _Labels]
    others: MarginalsSampler

    def sample(self, rows: int, seed: Seed) -> Table:
        codes = {name: labels.draw(rows, seed.child(name).stream()) for name, labels in self.labels.items()}
        drawn = {name: labels.column.restore(codes[name]) for name, labels in self.labels.items()}
        others = self.others.sample(rows, seed).frame
        drawn |= {name: others[name] for name in others.columns if name in self.schema.modelled}
        for name, written in self.texts.items():
            labelled = np.zeros(rows, int) if written.label is None else codes[written.label]
            drawn[name] = written.draw(labelled, seed.child(name))
        return assembled(self.schema, drawn, rows, seed)


def _others(table: Table, without: set[str], seed: Seed) -> MarginalsSampler:
    """Of all columns that are neither text nor label."""
    schema = Schema(columns=tuple(column for column in table.schema.columns if column.name not in without))
    return Marginals().fit(Train(Table(table.frame[schema.names], schema)), seed)


def _refuse_unlike(table: Table, name: str, label: str, grammar: GrammarFields) -> None:
    """Raises SynthError for labels that no train row has."""
    known = {_title(value) for value in table.frame[label].dropna().unique()}
    if unknown := sorted({*grammar.labels} - known):
        raise SynthError(f"{_CALLED}, column {name!r}, labels: no train row has {unknown[0]!r} in column {label!r}.",
                         "correct the name, or delete what is said under it.")  # fmt: skip


def _title(value: object) -> str:
    """A level as it is named under ``labels``."""
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
