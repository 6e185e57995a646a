"""``forest``: sequential trees of shared values, the default.

Each column is predicted from the earlier ones by a few trees; a synthetic row takes one tree at random,
falls into a leaf and draws from it.  Sequential tree synthesis goes back to Reiter (2005), Journal of
Official Statistics 21(3); what differs here is that one half of the rows shapes a tree and the other half
fills it, that a split must pay for what it gives away (``leaves.py``), that what few rows of a leaf share changes
places with other leaves (``settling.py``), and that amounts are drawn by smoothing over order statistics
(``amounts.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.amount_model import AmountModel
from synth_pipeline.generators.columns import assembled, is_continuous, levels, refuse_text
from synth_pipeline.generators.level_model import LevelModel
from synth_pipeline.generators.matrix import Matrix
from synth_pipeline.generators.order import drawing_order
from synth_pipeline.generators.protocol import Wanted
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Schema


class Forest(Spec):
    """Sequential honest trees with smoothed amounts."""

    kind: Literal["forest"] = "forest"
    strength: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="How much privacy is bought with fidelity: leaves, and what a split must foretell, grow with it.",
    )
    donors: int = Field(default=30, ge=5, le=10_000, description="Least rows whose amounts a leaf gives away.")
    swapped: int = Field(
        default=2, ge=0, le=100, description="Holders of each value in a leaf that change places with other leaves'."
    )
    trees: int = Field(default=5, ge=1, le=100, description="Trees per column; a row takes one at random.")
    blur: float = Field(
        default=0.8, ge=0, le=3, description="Width of the smoothing of amounts, in spreads of the leaf."
    )

    @property
    def version(self) -> int:
        return 2

    def leaf(self, rows: int) -> int:
        """Least rows that shape a leaf of a tree on so many rows."""
        return max(5, round(2 * self.strength * rows ** (1 / 3)))

    @property
    def gain(self) -> float:
        """Nats by which a split must raise the likelihood of the rows."""
        return self.strength

    def fit(self, train: Train, seed: Seed) -> "ForestSampler":
        table = train.table
        refuse_text(table, self.kind)
        matrix = Matrix(len(table))
        names = drawing_order(table, seed.child("order"))
        models: list[AmountModel | LevelModel] = []
        for name in names:
            stream = seed.child(name).stream()
            if is_continuous(table, name):
                models.append(AmountModel.fit(self, table.numbers(name), table.schema[name], matrix, stream))
            else:
                models.append(LevelModel.fit(self, *levels(table, name), matrix, stream))
        return ForestSampler(table.schema, names, models)


@dataclass(frozen=True, slots=True, eq=False)
class ForestSampler:
    """One model per column, each drawing from what the earlier columns came out as."""

    schema: Schema
    names: list[str]
    models: list[AmountModel | LevelModel]

    def sample(self, rows: int, seed: Seed) -> Table:
        return self.sample_where(rows, seed, {})[0]

    def sample_where(self, rows: int, seed: Seed, wanted: Mapping[str, Wanted]) -> tuple[Table, float]:
        matrix, drawn, work = Matrix(rows), {}, 0
        for name, model in zip(self.names, self.models, strict=True):
            work += matrix.rows
            drawn[name] = model.draw(matrix, seed.child(name).stream())
            if name in wanted:
                mask = wanted[name](drawn[name])
                matrix.keep(mask)
                drawn = {other: values[mask].reset_index(drop=True) for other, values in drawn.items()}
        return assembled(self.schema, drawn, matrix.rows, seed), work / max(1, len(self.names))
