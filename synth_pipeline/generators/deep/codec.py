"""A table as a network sees it, and back: each column becomes a group of choices, a place on a scale, or both.

No network ever sees a value.  A level or a spike (see ``amounts.py``) that many records share is a choice, and
every other number is only a rank, which comes back by way of smoothed order statistics and the grid of its
neighbours.  So no value of a single record comes out more often than those around it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.generators.amounts import Amounts, outstanding, smooth_order
from synth_pipeline.generators.columns import Levels, is_continuous, levels
from synth_pipeline.spec.columns import Schema

FEWEST = 10  # records of a level below which the network does not learn what it goes with
SPIKES = 32  # at most so many spikes of an amount are choices, the others are ranks
EDGE = 1e-4  # ranks stay this far from 0 and 1, whose normal scores are infinite


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Rows of a table as ranks and choices.

    ``low`` and ``high`` bound the rank of each number between 0 and 1, shape (rows, scales): equal values share
    an interval.  ``choices`` are codes, shape (rows, groups).
    """

    low: np.ndarray
    high: np.ndarray
    choices: np.ndarray

    def __len__(self) -> int:
        return len(self.choices)

    def take(self, rows: np.ndarray) -> "Encoded":
        return Encoded(self.low[rows], self.high[rows], self.choices[rows])

    def ranks(self, stream: np.random.Generator) -> np.ndarray:
        """Ranks between 0 and 1, each anywhere in its interval."""
        ranks = self.low + (self.high - self.low) * stream.random(self.low.shape)
        return np.clip(ranks, EDGE, 1 - EDGE)


@dataclass(frozen=True, slots=True, eq=False)
class LevelField:
    """A column of levels: the commonest are choices, the rest are one more choice and drawn by their shares."""

    known: Levels
    own: np.ndarray  # codes of the levels that are choices
    rest: np.ndarray  # codes of the others
    counts: np.ndarray  # records of each of the others

    @classmethod
    def learn(cls, known: Levels, codes: np.ndarray, most: int) -> "LevelField":
        counts = np.bincount(codes, minlength=known.count)
        order = np.argsort(-counts, kind="stable")
        own = order[:most][counts[order[:most]] >= FEWEST]
        rest = np.setdiff1d(np.arange(known.count), own)
        return cls(known, own, rest, counts[rest])

    def encode(self, codes: np.ndarray) -> tuple[np.ndarray, None]:
        places = np.full(self.known.count, len(self.own))
        places[self.own] = np.arange(len(self.own))
        return places[codes], None

    def decode(self, choices: np.ndarray, _: np.ndarray | None, stream: np.random.Generator) -> np.ndarray:
        """Codes of levels."""
        codes = np.append(self.own, 0)[choices]
        rare = choices == len(self.own)
        if rare.any():
            codes[rare] = stream.choice(self.rest, size=int(rare.sum()), p=self.counts / self.counts.sum())
        return codes


@dataclass(frozen=True, slots=True, eq=False)
class AmountField:
    """A continuous column: whether it is missing, a spike or a place on a scale, and then which place."""

    amounts: Amounts
    spikes: np.ndarray
    steps: np.ndarray  # of the training values on the scale, in their order
    scale: np.ndarray  # smoothed order statistics of the same

    @classmethod
    def learn(cls, amounts: Amounts, numbers: np.ndarray) -> "AmountField":
        donors = amounts.donors(np.random.default_rng(0))  # of which only values and steps are used
        amounts.forget()
        spikes = outstanding(numbers[~np.isnan(numbers)], amounts.unit)
        counts = np.array([(numbers == spike).sum() for spike in spikes], int)
        spikes = np.sort(spikes[np.argsort(-counts, kind="stable")[:SPIKES]])
        free = donors[~np.isnan(numbers) & ~np.isin(numbers, spikes)]
        free = np.sort(free, order="value")
        amounts.scale = smooth_order(free["value"])
        return cls(amounts, spikes, free["step"].copy(), amounts.scale)

    def encode(self, numbers: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """Choices 0 for the scale, 1 + i for spike i, then missing; and the interval of the rank."""
        missing = np.isnan(numbers)
        choices = np.where(np.isin(numbers, self.spikes), 1 + np.searchsorted(self.spikes, numbers), 0)
        choices[missing] = 1 + len(self.spikes)
        free = np.sort(numbers[choices == 0])
        count = max(1, len(free))
        low = np.searchsorted(free, numbers, "left") / count
        high = np.searchsorted(free, numbers, "right") / count
        low, high = (
            np.where(missing, 0.5, np.where(choices > 0, np.clip(side, 0.02, 0.98), side)) for side in (low, high)
        )
        return choices, (low, high)

    def decode(self, choices: np.ndarray, ranks: np.ndarray | None, stream: np.random.Generator) -> np.ndarray:
        """Numbers, NaN where missing."""
        numbers = np.append(np.append(0.0, self.spikes), np.nan)[choices]
        free = choices == 0
        size = len(self.scale)
        if ranks is None or not size or not free.any():
            return numbers
        places = np.interp(ranks[free], (np.arange(size) + 0.5) / size, self.scale)
        nearby = (ranks[free] * size).astype(int) + stream.integers(-2, 3, int(free.sum()))
        numbers[free] = self.amounts.settle(places, self.steps[np.clip(nearby, 0, size - 1)], stream)
        return numbers


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """The fields of a table.  ``implied`` columns follow from another: its name and a level for each of its levels."""

    schema: Schema
    fields: dict[str, LevelField | AmountField]
    implied: dict[str, tuple[str, Levels, np.ndarray]]
    shares: list[np.ndarray]  # of the choices of each group, in training

    @classmethod
    def learn(cls, table: Table, most: int) -> tuple["Codec", Encoded]:
        """From a training table, with at most so many choices per column; and the table through its eyes."""
        nominal = {name: levels(table, name) for name in table.schema.modelled if not is_continuous(table, name)}
        implied = _implied(nominal)
        fields: dict[str, LevelField | AmountField] = {}
        choices, ranks = [np.zeros((len(table), 0), int)], []
        for name in table.schema.modelled:
            if name in implied:
                continue
            if name in nominal:
                field, seen = LevelField.learn(*nominal[name], most), nominal[name][1]
            else:
                seen = table.numbers(name)
                field = AmountField.learn(Amounts.learn(seen, table.schema[name]), seen)
            fields[name] = field
            chosen, interval = field.encode(seen)
            choices.append(chosen[:, None])
            ranks += [interval] if interval is not None else []
        codes = np.hstack(choices)
        low, high = (np.column_stack([pair[side] for pair in ranks] or [np.zeros((len(table), 0))]) for side in (0, 1))
        shares = [np.bincount(column) / len(table) for column in codes.T]
        return cls(table.schema, fields, implied, shares), Encoded(low, high, codes)

    @property
    def scales(self) -> list[int]:
        """For each scale, the group of choices of the same column."""
        return [place for place, field in enumerate(self.fields.values()) if isinstance(field, AmountField)]

    def decode(self, ranks: np.ndarray, choices: np.ndarray, seed: Seed) -> dict[str, pd.Series]:
        """Columns of ranks, shape (rows, scales), and choices, shape (rows, groups), by name."""
        drawn: dict[str, pd.Series] = {}
        codes: dict[str, np.ndarray] = {}
        for (name, field), chosen, places in zip(self.fields.items(), choices.T, self._spread(ranks), strict=True):
            decoded = field.decode(chosen, places, seed.child(name).stream())
            if isinstance(field, AmountField):
                drawn[name] = field.amounts.restore(decoded)
            else:
                codes[name] = decoded
                drawn[name] = field.known.restore(decoded)
        for name, (source, known, level) in self.implied.items():
            drawn[name] = known.restore(level[codes[source]])
        return drawn

    def _spread(self, ranks: np.ndarray) -> Iterator[np.ndarray | None]:
        """The ranks of each field, None for those without a scale."""
        own = iter(ranks.T)
        return (next(own) if isinstance(field, AmountField) else None for field in self.fields.values())


def _implied(nominal: dict[str, tuple[Levels, np.ndarray]]) -> dict[str, tuple[str, Levels, np.ndarray]]:
    """Columns of levels that an earlier or finer one decides in every training row, where its levels recur.

    A level of few records would tell theirs, so at most a hundredth of the rows may lie in such, and what they
    lead to must be common.
    """
    found: dict[str, tuple[str, Levels, np.ndarray]] = {}
    for source, (known, codes) in nominal.items():
        counts = np.bincount(codes, minlength=known.count)
        if source in found or known.count < 2 or counts[counts < FEWEST].sum() > len(codes) / 100:
            continue
        first = np.unique(codes, return_index=True)[1]
        for name, (other, decided) in nominal.items():
            if name == source or name in found or other.count < 2 or any(name == used for used, *_ in found.values()):
                continue
            level = decided[first]
            common = np.bincount(decided)[level] >= FEWEST
            if (level[codes] == decided).all() and common[counts < FEWEST].all():
                found[name] = (source, other, level)
    return found
