"""Conditions as counts: so many rows of each cell of the balances, and at least so many of some others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.drawing.values import Filter, Known, Plain, all_hold, filters, plain, written
from synth_pipeline.spec.conditions import Balance, Conditions

_MOST = 10_000  # cells


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """One balance: a share of the rows for each cell, the last of which may be all other rows."""

    columns: tuple[str, ...]
    levels: tuple[tuple[Plain, ...], ...]  # of each column, in the order of the cells
    shares: np.ndarray
    titles: tuple[str, ...]

    @classmethod
    def of(cls, balance: Balance, known: Known) -> "Shares":
        columns = [known.column(name) for name in balance.columns]
        if balance.shares is None:
            levels = tuple(tuple(known.values[name]) for name in balance.columns)
            count = prod(map(len, levels))
            if not 0 < count <= _MOST:
                raise SynthError(f"The conditions balance {' by '.join(balance.columns)}, of which {count:,} "
                                 "combinations can be asked for.",
                                 f"balance columns of few values: of one to {_MOST:,} combinations.")  # fmt: skip
            shares = np.full(count, 1 / count)
        else:
            name = balance.columns[0]
            levels = (tuple(known.value(name, text) for text in balance.shares),)
            rest = 1 - sum(balance.shares.values())
            shares = np.array([*balance.shares.values(), *([rest] if rest > 1e-9 else [])])
        titles = [
            ", ".join(f"{c.name} = {written(one, c)}" for c, one in zip(columns, cell, strict=True))
            for cell in product(*levels)
        ]
        titles += [f"other {balance.columns[0]}"] * (len(shares) - len(titles))
        return cls(balance.columns, levels, shares, tuple(titles))

    def codes(self, table: Table, axis: int) -> np.ndarray:
        """Which of the levels of one of the columns each row has, -1 for another."""
        return pd.Index(self.levels[axis]).get_indexer(plain(table, self.columns[axis]))

    def cells(self, table: Table) -> np.ndarray:
        """The cell of each row, -1 for those that are in none."""
        out = np.zeros(len(table), int)
        for axis, levels in enumerate(self.levels):
            code = self.codes(table, axis)
            out = np.where((out < 0) | (code < 0), -1, out * len(levels) + code)
        others = prod(map(len, self.levels))
        return np.where(out < 0, others, out) if len(self.shares) > others else out


@dataclass(frozen=True, slots=True, eq=False)
class Least:
    """At least so many rows that have some values."""

    rows: int
    filters: tuple[Filter, ...]
    title: str


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Conditions that can be met as far as the training table tells."""

    filters: tuple[Filter, ...]
    balances: tuple[Shares, ...]
    least: tuple[Least, ...]
    title: str

    @classmethod
    def of(cls, conditions: Conditions, known: Known) -> "Cells":
        """Raises SynthError for columns and values that no row could have, before anything is drawn."""
        balances = tuple(Shares.of(one, known) for one in conditions.balance)
        if (count := prod(len(one.shares) for one in balances)) > _MOST:
            raise SynthError(f"The conditions balance {count:,} combinations.", f"ask for at most {_MOST:,}.")
        least = tuple(Least(one.rows, filters(one, known), one.title) for one in conditions.at_least)
        return cls(filters(conditions, known), balances, least, conditions.title)

    def __bool__(self) -> bool:
        """Whether any rows are wanted more than others."""
        return bool(self.filters or self.balances or self.least)

    @property
    def titles(self) -> list[str]:
        """Of each cell and then of each least count, as people write it."""
        own = [self.title] if self.title else []
        cells = [", ".join([*own, *cell]) or "any row" for cell in product(*(one.titles for one in self.balances))]
        return [*cells, *(f"at least, {one.title}" for one in self.least)]

    def labels(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """The cell of each row, -1 for none; and which least counts it counts for, shape (rows, counts)."""
        cell = np.where(all_hold(self.filters, table), 0, -1)
        for balance in self.balances:
            inner = balance.cells(table)
            cell = np.where((cell < 0) | (inner < 0), -1, cell * len(balance.shares) + inner)
        marks = [all_hold(one.filters, table) for one in self.least]
        return cell, np.column_stack(marks) if marks else np.zeros((len(table), 0), bool)

    def quotas(self, rows: int) -> np.ndarray:
        """Rows of each cell, by largest remainders; they sum to ``rows``."""
        shares = np.ones(1)
        for balance in self.balances:
            shares = np.outer(shares, balance.shares).ravel()
        exact = shares / shares.sum() * rows
        out = np.floor(exact + 1e-9).astype(int)
        out[np.argsort(-(exact - out), kind="stable")[: rows - out.sum()]] += 1
        return out

    def wanted(self, rows: int) -> dict[str, int]:
        """How many of so many rows each cell and each least count is to have, by title."""
        counts = [*map(int, self.quotas(rows)), *(one.rows for one in self.least)]
        return dict(zip(self.titles, counts, strict=True))

    def goals(self, sizes: Sequence[int], seed: Seed) -> Iterator["Goal"]:
        """What each shard is to hold, so that all together hold what is asked for; split at random.

        Raises SynthError where more rows are asked for than are drawn.
        """
        rows = sum(sizes)
        for one in self.least:
            if one.rows > rows:
                raise SynthError(f"The conditions ask for at least {one.rows:,} rows of {one.title}, and {rows:,} "
                                 "rows are drawn in all.", "draw more rows, or ask for fewer of these.")  # fmt: skip
        stream = seed.stream()
        open_ = [self.quotas(rows), *(np.array([one.rows, rows - one.rows]) for one in self.least)]
        for size in sizes:
            taken = [stream.multivariate_hypergeometric(counts, size, method="marginals") for counts in open_]
            open_ = [counts - part for counts, part in zip(open_, taken, strict=True)]
            yield Goal(size, taken[0], np.array([part[0] for part in taken[1:]], int))


@dataclass(frozen=True, slots=True, eq=False)
class Goal:
    """What a shard is to hold: rows of each cell, and least counts."""

    rows: int
    quotas: np.ndarray
    least: np.ndarray
