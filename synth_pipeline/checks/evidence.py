"""The three tables that every check looks at, and the views of them that checks share.

Every view treats train and holdout alike: scales, bins and encodings come from both together, and from
nothing else, so that they serve every synthetic table that is compared with the same real rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Literal, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from synth_pipeline.checks.effort import DEFAULT, Effort
from synth_pipeline.checks.memory import Memory, view
from synth_pipeline.core.judged import Judged
from synth_pipeline.core.personal import Detector
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.constraints import Constraint

WIDE = 64  # a nominal column with more levels than this is embedded by random directions
DIRECTIONS = 32
RANK_SPREAD = 12**-0.5  # standard deviation of ranks between 0 and 1

BINS = 20  # codes of a binned column: at most 19 for values and the last for missing numbers
MISSING = BINS - 1
_SPIKE = 0.05  # share of the real rows from which a single number is a bin of its own


if TYPE_CHECKING:
    from synth_pipeline.checks.canaries import Canaries

T = TypeVar("T")
Scale = Literal["rank", "amount"]


class Three(NamedTuple, Generic[T]):
    """The same view of train, holdout and synthetic."""

    train: T
    holdout: T
    synthetic: T


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an audit has to go by.

    ``entity`` names the column whose values are the units of membership; without it each row is one.
    ``canaries`` are records that were planted in train by the toss of a coin.
    ``sensitive`` names columns whose disclosure would harm, ``key`` the one that names a record.
    ``constraints`` are what every row must keep to.  ``detector`` finds personal data that no pattern tells.
    ``judged`` is what a judge said of the synthetic rows, if one is declared.
    ``real`` keeps what depends on train and holdout alone, for all synthetic tables compared with them.
    """

    train: Train
    holdout: Holdout
    synthetic: Table
    target: str | None = None
    entity: str | None = None
    seed: Seed = field(default_factory=lambda: Seed(0, ("audit",)))
    sensitive: tuple[str, ...] = ()
    key: str | None = None
    effort: Effort = DEFAULT
    canaries: "Canaries | None" = None
    real: Memory = field(default_factory=Memory)
    constraints: tuple[Constraint, ...] = ()
    detector: Detector | None = None
    judged: Judged | None = None
    own: Memory = field(default_factory=Memory, init=False)

    def of(self, synthetic: Table) -> "Evidence":
        """Another synthetic table, compared with the same real rows."""
        return replace(self, synthetic=synthetic, judged=None)

    def against(self, holdout: Holdout) -> "Evidence":
        """The same synthetic table, compared with another part of the real rows."""
        return replace(self, holdout=holdout, real=Memory())

    @property
    def schema(self) -> Schema:
        return self.train.table.schema

    @property
    def tables(self) -> Three[Table]:
        return Three(self.train.table, self.holdout.table, self.synthetic)

    @view
    def names(self) -> list[str]:
        """Columns that are compared: neither identifiers nor free text."""
        return [column.name for column in self.schema.columns if column.kind not in (Kind.IDENTIFIER, Kind.TEXT)]

    @view
    def texts(self) -> list[str]:
        """Columns of free text in which real rows say anything."""
        return [name for name in self.schema.of(Kind.TEXT)
                if any(table.frame[name].notna().any() for table in self.tables[:2])]  # fmt: skip

    @view
    def numeric(self) -> list[str]:
        return [name for name in self.names if self.schema[name].kind.is_numeric]

    @view
    def nominal(self) -> list[str]:
        return [name for name in self.names if self.schema[name].kind.is_nominal]

    @view
    def numbers(self) -> dict[str, Three[np.ndarray]]:
        """Numeric columns as float64, missing as NaN."""
        return {name: Three(*(table.numbers(name) for table in self.tables)) for name in self.numeric}

    @view
    def codes(self) -> dict[str, Three[np.ndarray]]:
        """Nominal columns as codes of the levels of all three tables; missing is a level."""
        return {name: self._split(self._factorise(name)) for name in self.nominal}

    @view
    def row_keys(self) -> Three[np.ndarray]:
        """A 64-bit number per row; equal rows, identifiers aside, have equal ones: the sum of ``value_keys``."""
        total = np.zeros(sum(map(len, self.tables)), np.uint64)
        for name in self.schema.modelled:
            total += np.concatenate(self.value_keys(name))
        return self._split(total)

    def value_keys(self, name: str) -> Three[np.ndarray]:
        """A 64-bit number per value of a column; equal values, and missing ones, have equal numbers."""
        codes = self._factorise(name)
        stream = self.seed.child("keys", name).stream()
        return self._split(stream.integers(0, 2**64, size=int(codes.max(initial=0)) + 1, dtype=np.uint64)[codes])

    @view
    def entities(self) -> Three[np.ndarray] | None:
        """Codes of the entity of each real row; None where each row is a unit of its own."""
        if self.entity is None:
            return None
        values = pd.concat([table.frame[self.entity] for table in self.tables], ignore_index=True)
        codes = pd.factorize(values)[0]
        alone = codes < 0  # a row without an entity is a unit of its own
        codes[alone] = codes.max(initial=-1) + 1 + np.arange(alone.sum())
        return self._split(codes)

    def embed(
        self,
        side: int,
        rows: np.ndarray | slice = slice(None),
        names: Sequence[str] | None = None,
        scale: Scale = "rank",
    ) -> np.ndarray:
        """Rows of a side (0 train, 1 holdout, 2 synthetic) as points, shape (rows, axes), float32.

        Numbers by their rank among the real rows, 0 to 1, or by their amount, which spreads as much as
        ranks do; two levels lie one apart.  ``names`` are the columns, all compared ones by default.
        """
        axes = self._rank_axes if scale == "rank" else self._amount_axes
        chosen = self.names if names is None else names
        parts = [axes(name, self.numbers[name][side][rows]) if name in self.numeric
                 else self._level_axes[name][self.codes[name][side][rows]] for name in chosen]  # fmt: skip
        nothing = np.zeros((len(self.tables[side].frame.index[rows]), 1), np.float32)
        return np.ascontiguousarray(np.hstack(parts or [nothing]))

    @view
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

    @view
    def sorted_real(self) -> dict[str, np.ndarray]:
        """Known numbers of all real rows, in order."""
        real = {name: np.concatenate(self.numbers[name][:2]) for name in self.numeric}
        return {name: np.sort(numbers[~np.isnan(numbers)]) for name, numbers in real.items()}

    def _rank_axes(self, name: str, values: np.ndarray) -> np.ndarray:
        """The rank, and whether the number is missing where that happens."""
        real = self.sorted_real[name]
        missing = np.isnan(values)
        middle = (np.searchsorted(real, values, "left") + np.searchsorted(real, values, "right")) / 2
        ranks = np.where(missing, 0.5, middle / max(1, len(real))).astype(np.float32)
        if not any(np.isnan(side).any() for side in self.numbers[name]):
            return ranks[:, None]
        return np.column_stack([ranks, missing.astype(np.float32)])

    def _amount_axes(self, name: str, values: np.ndarray) -> np.ndarray:
        """Deviations from the mean, in units in which the standard deviation is that of ranks."""
        real = self.sorted_real[name]
        middle, spread = (float(real.mean()), float(real.std()) or 1.0) if len(real) else (0.0, 1.0)
        missing = np.isnan(values)
        amounts = np.where(missing, 0, (values - middle) / spread * RANK_SPREAD).astype(np.float32)
        if not any(np.isnan(side).any() for side in self.numbers[name]):
            return amounts[:, None]
        return np.column_stack([amounts, missing.astype(np.float32)])

    @view
    def _level_axes(self) -> dict[str, np.ndarray]:
        """The point of each level; a level that only the synthetic table has is away from all real ones."""
        return {name: self._points_of_levels(name) for name in self.nominal}

    def _points_of_levels(self, name: str) -> np.ndarray:
        codes = self.codes[name]
        known = max(int(side.max(initial=0)) for side in codes[:2]) + 1
        count = max(known, int(codes.synthetic.max(initial=0)) + 1)
        if known <= WIDE:
            points = np.zeros((count, known + 1))
            points[np.arange(count), np.minimum(np.arange(count), known)] = 1
            return (points * np.sqrt(0.5)).astype(np.float32)
        signs = self.seed.child("axes", name).stream().choice([-1.0, 1.0], size=(count, DIRECTIONS))
        return (signs * np.sqrt(0.5 / DIRECTIONS)).astype(np.float32)

    def _number_bins(self, name: str) -> Three[np.ndarray]:
        numbers = self.numbers[name]
        real = np.concatenate(numbers[:2])
        real = real[~np.isnan(real)]
        edges = np.unique(np.quantile(real, np.linspace(0.1, 0.9, 9), method="nearest")) if len(real) else real
        spikes = edges[[(real == edge).mean() >= _SPIKE for edge in edges]]

        def codes(side: np.ndarray) -> np.ndarray:
            # Below a spike, on it and above it are three codes; at another edge there are two.
            places = np.searchsorted(edges, side, "left") + np.searchsorted(spikes, side, "right")
            return np.where(np.isnan(side), MISSING, places).astype(np.int16)

        return Three(*map(codes, numbers))

    def _level_bins(self, name: str) -> Three[np.ndarray]:
        codes = self.codes[name]
        count = max(int(side.max(initial=0)) for side in codes) + 1
        frequency = np.bincount(np.concatenate(codes[:2]), minlength=count)
        place = np.full(count, 9)
        common = np.argsort(-frequency, kind="stable")[: 10 if count <= 10 else 9]
        place[common] = np.arange(len(common))
        return Three(*(place[side].astype(np.int16) for side in codes))
