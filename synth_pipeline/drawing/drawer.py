"""A fitted generator together with the rules that its rows keep, and how rows are drawn from it."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.drawing.cells import Cells, Goal
from synth_pipeline.drawing.pool import Pool
from synth_pipeline.drawing.rules import Rules
from synth_pipeline.drawing.seen import Seen
from synth_pipeline.drawing.values import Known
from synth_pipeline.generators.columns import surrogates
from synth_pipeline.generators.protocol import Generator, Sampler
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.spec.constraints import Constraint

SHARD = 65_536  # rows
_BATCH = 65_536  # rows that are drawn at a time, most of which conditions may drop
PER_ROW = 200  # rows that may be drawn for one that is wanted
FEWEST = 1_000_000  # rows that may be drawn however few are wanted
_PILOT = 2_000  # rows that are drawn to see how many keep the rules


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


@dataclass(frozen=True, slots=True, eq=False)
class Drawer:
    """Draws rows that keep all constraints, in shards of 65,536 rows, each with a seed of its own.

    ``name`` and ``version`` are the generator's; ``accepted`` is the share of drawn rows that keep the rules.
    """

    sampler: Sampler
    rules: Rules
    known: Known
    name: str
    version: int
    accepted: float

    @property
    def schema(self) -> Schema:
        """Of the rows, as of the training table."""
        return self.rules.plan.schema

    def sample(self, rows: int, seed: Seed, where: Conditions | None = None, workers: int = 1) -> Table:
        """So many rows; raises SynthError with counts where constraints or conditions cannot be met."""
        return _together(self, [refused_if_short(shard) for shard in self.shards(rows, seed, where, workers)])

    def attempt(self, rows: int, seed: Seed, where: Conditions, workers: int = 1) -> Shard:
        """As many of the rows as can be drawn, and each cell of the conditions that falls short, with its counts."""
        parts = list(self.shards(rows, seed, where, workers))
        wanted, got = Counter[str](), Counter[str]()
        for one in (one for part in parts for one in part.short):
            wanted[one.title] += one.wanted
            got[one.title] += one.got
        return Shard(_together(self, parts), tuple(Short(title, wanted[title], got[title]) for title in wanted))

    def shards(self, rows: int, seed: Seed, where: Conditions | None = None, workers: int = 1) -> Iterator[Shard]:
        """The rows in order, the same at any number of workers; at most ``workers`` + 1 shards are held at a time.

        Where a constraint asks for rows that differ the shards are drawn one after another.
        Raises SynthError for conditions that no row could meet, before anything is drawn, and, where fewer than one
        in 200 drawn rows keeps the constraints, with the count of rows that break each.
        """
        cells = Cells.of(where, self.known) if where is not None and where else Cells((), (), (), "")
        sizes = [min(SHARD, rows - start) for start in range(0, rows, SHARD)] or [0]
        goals = list(cells.goals(sizes, seed.child("goals")))
        seen = [Seen(rule) for rule in self.rules.unique]

        def drawn(place: int) -> Shard:
            with pinned():  # OpenMP counts threads for each thread that calls it
                made = _Drawing(self, cells, goals[place], seed.child("shard", place), seen).shard()
            return Shard(self._numbered(made.table, place * SHARD), made.short)

        with pinned():
            yield from _side_by_side(drawn, len(goals), 1 if seen else workers)

    def _numbered(self, table: Table, first: int) -> Table:
        """Identifiers made anew, so that no two shards share one."""
        made = {name: surrogates(len(table), first) for name in self.schema.of(Kind.IDENTIFIER)}
        return Table(table.frame.assign(**made), table.schema) if made else table


def fit_drawer(generator: Generator, train: Train, constraints: Sequence[Constraint], seed: Seed) -> Drawer:
    """Fit a generator on what is to be learned of train under the constraints.

    Raises SynthError where a constraint cannot be about its columns, or where train itself breaks it.
    """
    table = train.table
    rules = Rules.make(table, constraints)
    sampler = generator.fit(Train(rules.plan.learned(table)), seed)
    accepted = 1.0
    if constraints and len(table):
        rules, accepted = rules.tried(sampler.sample(_PILOT, seed.child("pilot")))
    return Drawer(sampler, rules, Known.of(table), generator.kind, generator.version, accepted)


def refused_if_short(shard: Shard) -> Shard:
    """The shard; raises SynthError with the counts of each cell that falls short."""
    if not shard.short:
        return shard
    told = "; ".join(f"{one.title}: {one.got:,} of {one.wanted:,}" for one in shard.short[:10])
    more = f"; and {len(shard.short) - 10} more" if len(shard.short) > 10 else ""
    raise SynthError(f"The conditions cannot be met by {PER_ROW} draws for each row that is wanted: {told}{more}.",
                     "ask for fewer rows of these, for wider bounds, or allow a shortfall.")  # fmt: skip


@dataclass(slots=True, eq=False)
class _Drawing:
    """One shard in the making: rows are drawn, those that break a rule dropped, and more drawn for them."""

    drawer: Drawer
    cells: Cells
    goal: Goal
    seed: Seed
    seen: list[Seen]
    drawn: int = 0
    broken: Counter[str] = field(default_factory=Counter)

    def shard(self) -> Shard:
        pool, number, kept = Pool.of(self.goal), 0, 0
        while number == 0 or (pool.short.any() and not self._is_hopeless(pool)):
            table = self._round(self._size(pool), number)
            new = pool.add(table, *self.cells.labels(table))
            for seen in self.seen:
                seen.add(new)
            kept, number = kept + len(table), number + 1
        self._refuse_broken(kept, pool)
        stream = self.seed.child("order").stream() if self._is_conditional else None
        return Shard(pool.rows(stream), self._short(pool))

    @property
    def _budget(self) -> int:
        return max(PER_ROW * self.goal.rows, FEWEST)

    def _is_hopeless(self, pool: Pool) -> bool:
        """Whether more draws would be needed than there may be, even if luck were on our side from now on."""
        short = pool.short
        rates = (pool.hits[short > 0] + 3) / self.drawn
        needed = 0 if self.drawn < 10_000 else float((short[short > 0] / rates).max())
        return self.drawn + needed > self._budget

    def _round(self, rows: int, number: int) -> Table:
        """Rows that keep all rules, of so many drawn."""
        self.drawn += rows
        table = self.drawer.rules.kept(self.drawer.sampler.sample(rows, self.seed.child("round", number)), self.broken)
        for seen in self.seen:
            if (again := seen.repeated(table)).any():
                self.broken[seen.rule.title] += int(again.sum())
                table = table.take(~again)
        return table

    def _size(self, pool: Pool) -> int:
        """How many to draw next, by how many of those drawn so far were wanted."""
        short = pool.short
        most = min(self._budget - self.drawn, _BATCH)
        if self.drawn:
            rates = (pool.hits[short > 0] + 0.5) / (self.drawn + 1)
        else:  # as if all that keeps the rules were wanted
            short, rates = np.array([self.goal.rows]), np.array([max(self.drawer.accepted, 1 / PER_ROW)])
        wanted = float((short[short > 0] / rates).max(initial=0))
        surplus = 3 * np.sqrt(wanted) + 10 if rates.min() < 1 else 0
        return int(min(most, np.ceil(wanted + surplus)))

    def _refuse_broken(self, kept: int, pool: Pool) -> None:
        """Where the constraints, and not the conditions, are what leaves rows out."""
        if pool.short.any() and (kept < self.drawn / PER_ROW or not self._is_conditional):
            worst = ", ".join(f"{title!r} by {count:,}" for title, count in self.broken.most_common(3))
            raise SynthError(f"Of {self.drawn:,} rows that the generator drew only {kept:,} keep the constraints, and "
                             f"{self.goal.rows:,} are wanted; broken are {worst}.",
                             "loosen the constraint, draw fewer rows, or use another generator.")  # fmt: skip

    @property
    def _is_conditional(self) -> bool:
        return bool(self.cells.filters or self.cells.balances or self.cells.least)

    def _short(self, pool: Pool) -> tuple[Short, ...]:
        titles = [*self.cells.titles, *(f"at least, {one.title}" for one in self.cells.least)]
        wanted = np.r_[self.goal.quotas, self.goal.least]
        return tuple(
            Short(titles[place], int(wanted[place]), int(wanted[place] - missing))
            for place, missing in enumerate(pool.short)
            if missing
        )


def _side_by_side(drawn: Callable[[int], Shard], count: int, workers: int) -> Iterator[Shard]:
    """Shards in order, so many of them in the making at a time."""
    if workers == 1:
        yield from map(drawn, range(count))
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Shard]] = deque()
        try:
            for place in range(count):
                waiting.append(pool.submit(drawn, place))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def _together(drawer: Drawer, shards: Sequence[Shard]) -> Table:
    """The rows of all shards, under the schema."""
    frame = pd.concat([shard.table.frame for shard in shards], ignore_index=True)
    return Table.conform(frame, drawer.schema, "the synthetic table")
