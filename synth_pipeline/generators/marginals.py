"""``marginals``: independent columns.  The floor: single columns look right and everything between them is lost."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.amounts import Amounts
from synth_pipeline.generators.columns import Levels, assembled, is_continuous, levels, refuse_text
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Schema


class Marginals(Spec):
    """Draws each column on its own; a baseline that the gates must refuse."""

    kind: Literal["marginals"] = "marginals"

    @property
    def version(self) -> int:
        return 2

    def fit(self, train: Train, seed: Seed) -> "MarginalsSampler":
        table = train.table
        refuse_text(table, self.kind)
        columns: dict[str, _Margin] = {}
        for name in table.schema.modelled:
            if is_continuous(table, name):
                amounts = Amounts.learn(table.numbers(name), table.schema[name])
                donors = amounts.donors(seed.child(name).stream())
                columns[name] = _Margin(amounts, np.sort(donors, order="value"))
                amounts.forget()
            else:
                known, codes = levels(table, name)
                columns[name] = _Margin(known, np.bincount(codes, minlength=known.count) / len(codes))
        return MarginalsSampler(table.schema, columns)


@dataclass(frozen=True, slots=True, eq=False)
class _Margin:
    """One column: donors of an amount, or the share of each level."""

    column: Amounts | Levels
    law: np.ndarray

    def draw(self, rows: int, stream: np.random.Generator) -> pd.Series:
        if isinstance(self.column, Levels):
            return self.column.restore(stream.choice(len(self.law), size=rows, p=self.law))
        donors = self.law[stream.integers(len(self.law), size=rows)]
        width = np.full(rows, self.column.least_width)
        return self.column.restore(self.column.smooth(donors, width, stream))


@dataclass(frozen=True, slots=True, eq=False)
class MarginalsSampler:
    """The law of each column."""

    schema: Schema
    columns: dict[str, _Margin]

    def sample(self, rows: int, seed: Seed) -> Table:
        drawn = {name: margin.draw(rows, seed.child(name).stream()) for name, margin in self.columns.items()}
        return assembled(self.schema, drawn, rows, seed)
