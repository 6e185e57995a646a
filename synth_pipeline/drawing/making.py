"""One shard in the making: rows are drawn, those that are not wanted dropped, and more drawn for them."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.drawing.cells import Cells, Goal
from synth_pipeline.drawing.early import wanted_values
from synth_pipeline.drawing.pool import Pool
from synth_pipeline.drawing.rules import Rules
from synth_pipeline.drawing.seen import Seen
from synth_pipeline.generators.protocol import DraftingSampler, EarlySampler, FiniteSampler, PaidSampler, Sampler

PER_ROW = 200  # rows that may be drawn for one that is wanted
FEWEST = 1_000_000  # rows that may be drawn however few are wanted
_BATCH = 65_536  # rows that are drawn at a time
_MOST = 4 * _BATCH  # the same where most of them are dropped early
_SURE = 10_000  # rows to be drawn before what is rare is given up


@dataclass(frozen=True, slots=True)
class Short:
    """A cell of the conditions of which too few rows were drawn."""

    title: str
    wanted: int
    got: int


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """Rows that keep all rules, and what of the conditions they fall short of."""

    table: Table
    short: tuple[Short, ...] = ()
    tried: str = f"{PER_ROW} draws for each row that is wanted"


@dataclass(slots=True, eq=False)
class Making:
    """``tried`` rows were begun, with the work of so many whole ones (``drawn``), of which rules ``judged`` some."""

    sampler: Sampler
    rules: Rules
    accepted: float  # share of drawn rows that keep the rules, as far as is known
    cells: Cells
    goal: Goal
    seed: Seed
    seen: list[Seen]
    tried: int = 0
    drawn: float = 0
    judged: int = 0
    kept: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    def shard(self) -> Shard:
        """Rounds of drawing until all is there that is wanted, or cannot be had; rows of balances are shuffled.

        Raises SynthError where the constraints are what leaves rows out.
        """
        pool, number = Pool.of(self.goal), 0
        while number == 0 or (pool.short.any() and not self._is_hopeless(pool)):
            table = self._round(pool, number)
            new = pool.add(table, *self.cells.labels(table))
            for seen in self.seen:
                seen.add(new)
            number += 1
        if self._is_paid and self.kept == self.judged:  # fewer than wanted, as was declared
            return Shard(pool.rows(None))
        self._refuse_broken(pool)
        stream = self.seed.child("order").stream() if self.cells else None
        shard = Shard(pool.rows(stream), self._short(pool))
        return replace(shard, tried=f"all {self.drawn:,} rows that there are") if self._is_finite else shard

    def _round(self, pool: Pool, number: int) -> Table:
        """Rows that keep all rules."""
        seed, size = self.seed.child("round", number), self._size(pool)
        self.tried += size
        if self.cells and isinstance(self.sampler, EarlySampler):
            drawn, work = self.sampler.sample_where(size, seed, wanted_values(self.rules.plan, self.cells, pool))
            self.drawn += work
        elif isinstance(self.sampler, DraftingSampler):
            drawn = self.sampler.sample_kept(size, seed, self.rules.keeps if self.rules.rules else None)
            self.drawn += size
        else:
            drawn = self.sampler.sample(size, seed)
            self.drawn += size
        table = self.rules.kept(drawn, self.broken)
        for seen in self.seen:
            if (again := seen.repeated(table)).any():
                self.broken[seen.rule.title] += int(again.sum())
                table = table.take(~again)
        self.judged, self.kept = self.judged + len(drawn), self.kept + len(table)
        return table

    @property
    def _left(self) -> float:
        """Rows that may still be drawn."""
        return max(PER_ROW * self.goal.rows, FEWEST) - self.drawn

    @property
    def _is_finite(self) -> bool:
        return isinstance(self.sampler, FiniteSampler)

    @property
    def _is_paid(self) -> bool:
        return isinstance(self.sampler, PaidSampler)

    def _is_hopeless(self, pool: Pool) -> bool:
        """Whether more draws would be needed than there may be, even if luck were on our side from now on."""
        if self._is_finite or self._is_paid:  # all rows are drawn in the first round
            return True
        short = pool.short
        rates = (pool.hits[short > 0] + 3) / self.drawn
        needed = 0 if self.tried < _SURE else float((short[short > 0] / rates).max())
        return self._left <= 0 or needed > self._left

    def _size(self, pool: Pool) -> int:
        """How many to begin next, by how many of those that were tried so far were wanted."""
        if isinstance(self.sampler, FiniteSampler):
            return max(self.sampler.size, self.goal.rows)  # more than there are are refused by the sampler
        if self._is_paid:
            return self.goal.rows
        short = pool.short
        if self.tried:
            rates = (pool.hits[short > 0] + 0.5) / (self.tried + 1)
        else:  # as if all that keeps the rules were wanted
            short, rates = np.array([self.goal.rows]), np.array([max(self.accepted, 1 / PER_ROW)])
        wanted = float((short[short > 0] / rates).max(initial=0))
        surplus = 3 * np.sqrt(wanted) + 10 if rates.min() < 1 else 0
        is_cheap = self.drawn < self.tried / 4
        return int(min(_MOST if is_cheap else _BATCH, np.ceil(wanted + surplus)))

    def _refuse_broken(self, pool: Pool) -> None:
        """Where the constraints, and not the conditions, are what leaves rows out."""
        if pool.short.any() and (not self.cells or self.kept < self.judged / PER_ROW):
            worst = ", ".join(f"{title!r} by {count:,}" for title, count in self.broken.most_common(3))
            raise SynthError(f"Of {self.judged:,} rows that the generator drew only {self.kept:,} keep the "
                             f"constraints, and {self.goal.rows:,} are wanted; broken are {worst}.",
                             "loosen the constraint, draw fewer rows, or use another generator.")  # fmt: skip

    def _short(self, pool: Pool) -> tuple[Short, ...]:
        titles = self.cells.titles
        wanted = np.r_[self.goal.quotas, self.goal.least]
        return tuple(
            Short(titles[place], int(wanted[place]), int(wanted[place] - missing))
            for place, missing in enumerate(pool.short)
            if missing
        )
