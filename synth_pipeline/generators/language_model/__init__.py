"""``language_model``: rows by a language model behind an endpoint, by the example of few rows of train."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.language_model.code import Code
from synth_pipeline.generators.language_model.conversations import Conversations
from synth_pipeline.generators.language_model.filling import FillingSampler
from synth_pipeline.generators.language_model.instructions import Instructions
from synth_pipeline.generators.language_model.labelled_text import LabelledText
from synth_pipeline.generators.language_model.mode import Fields, Known, check_column, check_text
from synth_pipeline.generators.language_model.sampler import Label, LanguageModelSampler
from synth_pipeline.generators.language_model.tabular_fill import TabularFill
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.base import OneOf
from synth_pipeline.spec.columns import Kind, Schema

AnyMode = Annotated[
    LabelledText | Code | Conversations | Instructions | TabularFill, Field(discriminator="kind"), OneOf()
]

_CALLED = "Generator 'language_model'"
_ALL = ""  # the label of rows without one


class LanguageModelRows(Spoken):
    """Rows by a language model; it is shown rows of train, and the audit says whether it repeats them."""

    kind: Literal["language_model"] = "language_model"
    mode: AnyMode

    @property
    def version(self) -> int:
        return 1

    def fit(self, train: Train, seed: Seed) -> LanguageModelSampler | FillingSampler:
        """Look at the columns and sort rows of train by their label, or fit the base; nothing is asked yet."""
        table, mode = train.table, self.mode
        self.check(table.schema)
        own = Schema(columns=tuple(column for column in table.schema.columns if column.name != mode.label))
        levels = {name: table.frame[name].dropna().unique().tolist() for name in own.of(Kind.CATEGORY, Kind.BOOLEAN)}
        if isinstance(mode, TabularFill) and mode.base is not None:
            return FillingSampler.fit(self, mode, train, Known(own, levels), seed)
        shown = table.take(_whole(table, mode.columns()))
        return LanguageModelSampler(self, mode, table.schema, Known(own, levels), _labels(shown, mode, own))

    def check(self, schema: Schema) -> None:
        """Raise SynthError for columns that are not there, do not fit, or that nobody makes."""
        mode, made = self.mode, self.mode.columns()
        if isinstance(mode, TabularFill) and mode.base is not None:
            _check_fill(mode, schema)
        for name in made or ():
            check_text(schema, name)
        if mode.label is not None:
            check_column(schema, "label", mode.label, (Kind.CATEGORY, Kind.BOOLEAN))
        others = [name for name in schema.modelled if made is not None and name not in (*made, mode.label)]
        if others:
            raise SynthError(f"{_CALLED} in the mode {mode.kind} makes no {', '.join(map(repr, others))}.",
                             "leave these columns out with 'exclude', or use the mode tabular_fill.")  # fmt: skip


def _check_fill(mode: TabularFill, schema: Schema) -> None:
    """Raise SynthError for columns that cannot be filled in, and for texts that nobody writes."""
    for name in mode.fill:
        check_column(schema, "fill", name, tuple(kind for kind in Kind if kind is not Kind.IDENTIFIER))
    if left := [name for name in schema.of(Kind.TEXT) if name not in mode.fill]:
        raise SynthError(f"{_CALLED} in the mode tabular_fill: nobody writes the text of {', '.join(map(repr, left))}.",
                         "name these columns under 'fill' too, or leave them out with 'exclude'.")  # fmt: skip
    if not any(name not in mode.fill or schema[name].kind is not Kind.TEXT for name in schema.modelled):
        raise SynthError(f"{_CALLED} in the mode tabular_fill: the base has no column to draw.",
                         "use the mode labelled_text for a corpus, or bring columns that are no text.")  # fmt: skip


def _whole(table: Table, texts: Sequence[str] | None) -> np.ndarray:
    """A mask of rows that can be shown: whose texts are there.  Raises SynthError where all are empty."""
    whole = np.ones(len(table), bool)
    for name in texts or ():
        whole &= table.frame[name].fillna("").str.strip().astype(bool).to_numpy()
    if len(table) and not whole.any():
        raise SynthError(f"{_CALLED}: every row of train has an empty text in {', '.join(map(repr, texts or ()))}.",
                         "name the column that holds the texts under 'mode', or mend the source.")  # fmt: skip
    return whole


def _labels(table: Table, mode: Fields, own: Schema) -> dict[str, Label]:
    """Rows of train by label; raises SynthError for quotas of labels that no row has."""
    titles = pd.Series(_ALL, index=table.frame.index) if mode.label is None else table.frame[mode.label].map(_title)
    known = {title: np.flatnonzero(titles == title) for title in sorted(titles.dropna().unique())}
    if unknown := sorted(set(mode.quotas) - set(known)):
        raise SynthError(f"{_CALLED}, mode.quotas: no train row has {unknown[0]!r} in column {mode.label!r}.",
                         f"name labels of train, such as {', '.join(list(known)[:10])}.")  # fmt: skip
    ids = table.ids if table.ids is not None else pd.Series([f"train row {place}" for place in range(len(table))])
    plain = table.frame[own.modelled].astype("object")
    rows = [dict(zip(own.modelled, row, strict=True)) for row in plain.where(plain.notna(), None).to_numpy().tolist()]
    return {
        title: Label(
            None if mode.label is None else table.frame[mode.label].iloc[places[0]],
            mode.quotas.get(title, 0.0) if mode.quotas else len(places),
            [rows[place] for place in places],
            ids.iloc[places].tolist(),
        )
        for title, places in (known or {_ALL: np.zeros(0, int)}).items()
        if not mode.quotas or title in mode.quotas
    }


def _title(value: Any) -> Any:
    """A level as it is named under ``quotas``."""
    return value if pd.isna(value) else str(value).lower() if isinstance(value, bool | np.bool_) else str(value)
