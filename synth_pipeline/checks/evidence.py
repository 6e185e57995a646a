"""The three tables that every check looks at, and the views of them that checks share.

Every view treats train and holdout alike: scales, bins and encodings come from both together.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind, Schema

WIDE = 64  # a nominal column with more levels than this is embedded by random directions
DIRECTIONS = 32

BINS = 20  # codes of a binned column: at most 19 for values and the last for missing numbers
MISSING = BINS - 1
_SPIKE = 0.05  # share of the real rows from which a single number is a bin of its own


T = TypeVar("T")


class Three(NamedTuple, Generic[T]):
    """The same view of train, holdout and synthetic."""

    train: T
    holdout: T
    synthetic: T


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an audit has to go by.

    ``entity`` names the column whose values are the units of membership; without it each row is one.
    """

    train: Train
    holdout: Holdout
    synthetic: Table
    target: str | None = None
    entity: str | None = None
    seed: Seed = field(default_factory=lambda: Seed(0, ("audit",)))

    @property
    def schema(self) -> Schema:
        return self.train.table.schema

    @property
    def tables(self) -> Three[Table]:
        return Three(self.train.table, self.holdout.table, self.synthetic)

    @cached_property
    def names(self) -> list[str]:
        """Columns that are compared: neither identifiers nor free text."""
        return [column.name for column in self.schema.columns if column.kind not in (Kind.IDENTIFIER, Kind.TEXT)]

    @cached_property
    def numeric(self) -> list[str]:
        return [name for name in self.names if self.schema[name].kind.is_numeric]

    @cached_property
    def nominal(self) -> list[str]:
        return [name for name in self.names if self.schema[name].kind.is_nominal]

    @cached_property
    def numbers(self) -> dict[str, Three[np.ndarray]]:
        """Numeric columns as float64, missing as NaN."""
        return {name: Three(*(table.numbers(name) for table in self.tables)) for name in self.numeric}

    @cached_property
    def codes(self) -> dict[str, Three[np.ndarray]]:
        """Nominal columns as codes of the levels of all three tables; missing is a level."""
        return {name: self._split(self._factorise(name)) for name in self.nominal}

    @cached_property
    def row_keys(self) -> Three[np.ndarray]:
        """A 64-bit number per row; equal rows, identifiers aside, have equal ones."""
        stream = np.random.default_rng(20_240_117)
        total = np.zeros(sum(map(len, self.tables)), np.uint64)
        for name in self.schema.modelled:
            codes = self._factorise(name)
            total += stream.integers(0, 2**64, size=int(codes.max(initial=0)) + 1, dtype=np.uint64)[codes]
        return self._split(total)

    @cached_property
    def entities(self) -> Three[np.ndarray] | None:
        """Codes of the entity of each real row; None where each row is a unit of its own."""
        if self.entity is None:
            return None
        values = pd.concat([table.frame[self.entity] for table in self.tables], ignore_index=True)
        codes = pd.factorize(values)[0]
        alone = codes < 0  # a row without an entity is a unit of its own
        codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
        return self._split(codes)

    @cached_property
    def embedding(self) -> Three[np.ndarray]:
        """Rows as points, float32: numbers by their rank among the real rows, two levels one apart."""
        parts = [self._rank_axes(name) for name in self.numeric] + [self._level_axes(name) for name in self.nominal]
        return Three(*(np.hstack([np.zeros((len(table), 1), np.float32), *(part[side] for part in parts)])
                       for side, table in enumerate(self.tables)))  # fmt: skip

    @cached_property
    def bins(self) -> dict[str, Three[np.ndarray]]:
        """Each column as codes below ``BINS``.

        Numbers by the deciles of the real rows, where a number that many rows share is a bin of its own, and
        ``MISSING`` for missing ones; categories by their nine or ten commonest levels.
        """
        return {name: self._number_bins(name) for name in self.numeric} | {
            name: self._level_bins(name) for name in self.nominal
        }

    def _factorise(self, name: str) -> np.ndarray:
        values = pd.concat([table.frame[name] for table in self.tables], ignore_index=True)
        return pd.factorize(values, use_na_sentinel=False)[0]

    def _split(self, values: np.ndarray) -> Three[np.ndarray]:
        first, second, _ = (len(table) for table in self.tables)
        return Three(*np.split(values, [first, first + second]))

    def _rank_axes(self, name: str) -> Three[np.ndarray]:
        numbers = self.numbers[name]
        real = np.concatenate(numbers[:2])
        real = np.sort(real[~np.isnan(real)])

        def axes(values: np.ndarray) -> np.ndarray:
            missing = np.isnan(values)
            middle = (np.searchsorted(real, values, "left") + np.searchsorted(real, values, "right")) / 2
            ranks = np.where(missing, 0.5, middle / max(1, len(real)))
            return np.column_stack([ranks, missing]).astype(np.float32)

        return Three(*map(axes, numbers))

    def _level_axes(self, name: str) -> Three[np.ndarray]:
        codes = self.codes[name]
        count = max(int(side.max(initial=0)) for side in codes) + 1
        if count <= WIDE:
            points = np.eye(count) * np.sqrt(0.5)
        else:
            signs = self.seed.child("axes", name).stream().choice([-1.0, 1.0], size=(count, DIRECTIONS))
            points = signs * np.sqrt(0.5 / DIRECTIONS)
        return Three(*(points.astype(np.float32)[side] for side in codes))

    def _number_bins(self, name: str) -> Three[np.ndarray]:
        numbers = self.numbers[name]
        real = np.concatenate(numbers[:2])
        real = real[~np.isnan(real)]
        edges = np.unique(np.quantile(real, np.linspace(0.1, 0.9, 9), method="nearest")) if len(real) else real
        spikes = edges[[(real == edge).mean() >= _SPIKE for edge in edges]]

        def codes(side: np.ndarray) -> np.ndarray:
            # Below a spike, on it and above it are three codes; at another edge there are two.
            places = np.searchsorted(edges, side, "left") + np.searchsorted(spikes, side, "right")
            return np.where(np.isnan(side), MISSING, places)

        return Three(*map(codes, numbers))

    def _level_bins(self, name: str) -> Three[np.ndarray]:
        codes = self.codes[name]
        count = max(int(side.max(initial=0)) for side in codes) + 1
        frequency = np.bincount(np.concatenate(codes[:2]), minlength=count)
        place = np.full(count, 9)
        common = np.argsort(-frequency, kind="stable")[: 10 if count <= 10 else 9]
        place[common] = np.arange(len(common))
        return Three(*(place[side] for side in codes))
