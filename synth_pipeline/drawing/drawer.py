"""A fitted generator together with the rules that its rows keep, and how rows are drawn from it."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, replace

import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.drawing.cells import Cells
from synth_pipeline.drawing.making import Making, Shard, Short
from synth_pipeline.drawing.rules import Rules
from synth_pipeline.drawing.seen import Seen
from synth_pipeline.drawing.values import Known
from synth_pipeline.generators.identities import made_anew
from synth_pipeline.generators.imported import Imported
from synth_pipeline.generators.language_model import LanguageModelRows
from synth_pipeline.generators.protocol import FiniteSampler, Generator, PaidSampler, Sampler
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.spec.constraints import Constraint

SHARD = 65_536  # rows
_PILOT = 2_000  # rows that are drawn to see how many keep the rules


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
    def spoken(self) -> Spoken | None:
        """Who is asked for rows, if anybody is."""
        return self.sampler.spoken if isinstance(self.sampler, PaidSampler) else None

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
        missing = Counter[str]()
        for one in (one for part in parts for one in part.short):
            missing[one.title] += one.wanted - one.got
        wanted = Cells.of(where, self.known).wanted(rows)
        short = tuple(Short(title, wanted[title], wanted[title] - count) for title, count in missing.items())
        return replace(parts[0], table=_together(self, parts), short=short)

    def shards(self, rows: int, seed: Seed, where: Conditions | None = None, workers: int = 1) -> Iterator[Shard]:
        """The rows in order, the same at any number of workers; at most ``workers`` + 1 shards are held at a time.

        Where a constraint asks for rows that differ the shards are drawn one after another.
        Raises SynthError for conditions that no row could meet, before anything is drawn, and, where fewer than one
        in 200 drawn rows keeps the constraints, with the count of rows that break each.
        """
        cells = Cells.of(where, self.known) if where is not None and where else Cells((), (), (), "")
        if isinstance(self.sampler, PaidSampler) and cells:
            raise SynthError(f"Generator {self.name!r} cannot be put under conditions: rows that they leave out would "
                             "have been paid for.", "declare 'quotas' of labels under 'mode' instead.")  # fmt: skip
        whole = isinstance(self.sampler, FiniteSampler | PaidSampler)  # else shards would share rows
        most = max(1, rows) if whole else SHARD
        sizes = [min(most, rows - start) for start in range(0, rows, most)] or [0]
        goals = list(cells.goals(sizes, seed.child("goals")))
        seen = [Seen(rule) for rule in self.rules.unique]

        def drawn(place: int) -> Shard:
            with pinned():  # OpenMP counts threads for each thread that calls it
                made = Making(
                    self.sampler, self.rules, self.accepted, cells, goals[place], seed.child("shard", place), seen
                ).shard()
            return replace(made, table=self._named(made.table, seed, place * most))

        with pinned():
            yield from _side_by_side(drawn, len(goals), 1 if seen else workers)

    def _named(self, table: Table, seed: Seed, first: int) -> Table:
        """Identifiers made anew, by the seed of the whole, so that no two shards share a key."""
        own = seed.child("identifiers")
        made = {name: made_anew(self.schema[name], len(table), own, first) for name in self.schema.of(Kind.IDENTIFIER)}
        return Table.conform(table.frame.assign(**made), table.schema, "the synthetic table") if made else table


def fit_drawer(
    generator: Generator, train: Train, constraints: Sequence[Constraint], seed: Seed, first: Sequence[str] = ()
) -> Drawer:
    """Fit a generator on what is to be learned of train under the constraints.

    Columns that are known to have conditions come ``first``: a generator that draws column after column then drops
    rows early that are not wanted.
    Raises SynthError where a constraint cannot be about its columns, or where train itself breaks it.
    """
    table = train.table
    rules = Rules.make(table, constraints, is_learned=not isinstance(generator, Imported | LanguageModelRows))
    sampler = generator.fit(Train(rules.plan.learned(table, first)), seed)
    accepted = 1.0
    pilot = min(_PILOT, sampler.size) if isinstance(sampler, FiniteSampler) else _PILOT
    if constraints and len(table) and pilot and not isinstance(sampler, PaidSampler):
        rules, accepted = rules.tried(sampler.sample(pilot, seed.child("pilot")))
    return Drawer(sampler, rules, Known.of(table), generator.kind, generator.version, accepted)


def refused_if_short(shard: Shard) -> Shard:
    """The shard; raises SynthError with the counts of each of its cells that falls short."""
    if not shard.short:
        return shard
    told = "; ".join(f"{one.title}: {one.got:,} of {one.wanted:,}" for one in shard.short[:10])
    more = f"; and {len(shard.short) - 10} more" if len(shard.short) > 10 else ""
    raise SynthError(f"The conditions cannot be met by {shard.tried}: {told}{more}.",
                     "ask for fewer rows of these, or for wider bounds.")  # fmt: skip


def _side_by_side(drawn: Callable[[int], Shard], count: int, workers: int) -> Iterator[Shard]:
    """Shards in order, so many of them in the making at a time."""
    if workers == 1:
        yield from map(drawn, range(count))
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Shard]] = deque()
        try:
            for place in range(count):
                waiting.append(pool.submit(copy_context().run, drawn, place))  # who listens and who speaks
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
