"""How generators see a column: as levels to draw from, or as an amount on a continuous scale."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.generators.amounts import SHARED
from synth_pipeline.generators.identities import made_anew
from synth_pipeline.spec.columns import Column, Kind, Schema

FEWEST = 5  # a numeric column with at most so many distinct values is a scale of grades
FEW = 60  # a numeric column with at most this many distinct values is drawn level by level


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A column as codes 0 to K-1 of its levels, missing being the last one where it occurs.

    ``scale`` holds the number of each level (NaN for missing) where levels have an order.
    """

    column: Column
    labels: np.ndarray
    scale: np.ndarray | None
    has_missing: bool

    @property
    def count(self) -> int:
        """Number of levels, missing included."""
        return len(self.labels) + self.has_missing

    def restore(self, codes: np.ndarray) -> pd.Series:
        """Codes back to values."""
        missing = codes >= len(self.labels)
        if self.scale is not None:
            return from_numbers(self.scale[codes], self.column)
        values = pd.Series(self.labels[np.where(missing, 0, codes)]) if len(self.labels) else pd.Series(missing)
        if self.column.kind is Kind.BOOLEAN:
            return values.astype("boolean").mask(missing) if missing.any() else values.astype("bool")
        return values.astype("object").mask(missing).astype("str")


def levels(table: Table, name: str) -> tuple[Levels, np.ndarray]:
    """A column of the table as levels, with its codes."""
    column = table.schema[name]
    if column.kind.is_numeric:
        numbers = table.numbers(name)
        missing = np.isnan(numbers)
        labels, codes = np.unique(numbers[~missing], return_inverse=True)
        scale = np.append(labels, np.nan) if missing.any() else labels
    else:
        values = table.frame[name]
        missing = values.isna().to_numpy()
        labels, codes = np.unique(values[~missing].to_numpy(dtype=object), return_inverse=True)
        scale = None
    out = np.full(len(table), len(labels))
    out[~missing] = codes
    return Levels(column, labels, scale, bool(missing.any())), out


def is_continuous(table: Table, name: str) -> bool:
    """Numeric, and not to be drawn level by level: values are too many, or some of them are of too few records."""
    if not table.schema[name].kind.is_numeric:
        return False
    counts = table.frame[name].value_counts()
    return len(counts) > FEW or (len(counts) > FEWEST and counts.min() < SHARED)


def assembled(schema: Schema, drawn: Mapping[str, pd.Series], rows: int, seed: Seed, first: int = 0) -> Table:
    """The table of the columns that were drawn; identifiers, which no generator learns, are made anew.

    Shards that continue numbering, from row ``first`` on, and are given the seed of the whole, repeat no key.
    """
    frame = {
        column.name: drawn[column.name]
        if column.name in drawn
        else made_anew(column, rows, seed.child("identifiers"), first)
        for column in schema.columns
    }
    return Table.conform(pd.DataFrame(frame, index=np.arange(rows)), schema, "the synthetic table")


def refuse_text(table: Table, generator: str) -> None:
    """Raise SynthError when the table holds free text, which a generator of tables cannot imitate."""
    if texts := table.schema.of(Kind.TEXT):
        raise SynthError(
            f"Generator {generator!r} cannot imitate free text: {texts}.",
            "leave these columns out with 'exclude', or declare them as category if their values recur.",
        )
