"""Columns of which only the combinations of real rows are allowed: learned as one column, and split again."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.constraints import combined
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """Several columns as one category, whose levels are the combinations that occur.

    ``known`` holds each combination once, in the order of its values and so in no order of the training rows.
    What a constraint allows is what it gives away: a combination that a single record has is among them, and of a
    constraint that names all columns these are the rows.
    """

    column: Column
    known: Table

    @classmethod
    def learn(cls, table: Table, columns: tuple[str, ...]) -> "Joined":
        """Of a training table that has these columns."""
        name = " × ".join(columns)
        while name in table.schema.names:
            name += " "
        return cls(Column(name=name, kind=Kind.CATEGORY), distinct(table, columns))

    @property
    def columns(self) -> list[str]:
        return self.known.schema.names

    def join(self, table: Table) -> pd.Series:
        """The level of each row."""
        return pd.Series(places_of(table, self.known, self.columns).astype(str), dtype="str")

    def split(self, levels: pd.Series) -> pd.DataFrame:
        """The columns that were joined, of the level of each row."""
        return self.known.frame.iloc[levels.astype("int64").to_numpy()].reset_index(drop=True)


def distinct(table: Table, columns: tuple[str, ...]) -> Table:
    """The combinations of values of some columns, each once and in order."""
    schema = table.schema.model_copy(update={"columns": tuple(table.schema[name] for name in columns)})
    frame = table.frame[list(columns)].drop_duplicates().sort_values(list(columns))
    return Table(frame.reset_index(drop=True), schema)


def places_of(table: Table, known: Table, columns: list[str]) -> np.ndarray:
    """Where in ``known``, which holds every combination of values once, that of each row stands; -1 for nowhere."""
    codes, _ = combined([table, known], columns)
    rows = len(table)
    place = np.full(int(codes.max(initial=-1)) + 1, -1)
    place[codes[rows:]] = np.arange(len(known))
    return place[codes[:rows]]
