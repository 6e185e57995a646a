"""What a generator learns under constraints: not what follows from other columns, and as one what goes together.

Each column has one owner: it is learned as it is, learned as part of a joint column, or derived.  A constraint
that finds its columns owned by another one is kept by rejection alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.drawing.derived import Lookup, Signed
from synth_pipeline.drawing.joined import Joined
from synth_pipeline.drawing.settled import Settled
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.constraints import Combinations, Constraint, Determines, Sum

# What identifiers look like is no generator's affair: its own are replaced, and the plainest cost least.
_PLAIN = {"like": None, "locale": None, "pattern": None}


@dataclass(frozen=True, slots=True, eq=False)
class Derivation:
    """A column that follows from others.

    Where it is missing although the others are known, or the other way round, its gaps are a matter of their own:
    then it ``is_learned`` all the same, and only known values are replaced.
    """

    source: Signed | Lookup
    is_learned: bool
    title: str  # of the constraint

    @property
    def target(self) -> str:
        return self.source.column.name


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How a real table becomes the one that is learned, and a drawn table one under the real schema."""

    schema: Schema
    joints: tuple[Joined, ...]
    derivations: tuple[Derivation, ...]  # each after those that it needs
    settled: Settled

    @classmethod
    def make(cls, table: Table, constraints: Sequence[Constraint]) -> "Plan":
        """Of a training table that keeps the constraints."""
        joints: list[Joined] = []
        for rule in constraints:
            if isinstance(rule, Combinations) and not {*rule.names} & {name for one in joints for name in one.columns}:
                joints.append(Joined.learn(table, rule.columns))
        joined = {name for one in joints for name in one.columns}
        derivations = _in_order(_derivations(table, constraints, joined))
        free = set(table.schema.modelled) - joined - {one.target for one in derivations}
        return cls(table.schema, tuple(joints), tuple(derivations), Settled.make(table.schema, constraints, free))

    @classmethod
    def as_it_is(cls, schema: Schema) -> "Plan":
        """Of rows that are there already: none is computed, moved or put together anew."""
        return cls(schema, (), (), Settled((), ()))

    def learned(self, table: Table, first: Sequence[str] = ()) -> Table:
        """The real table as a generator is to see it; with columns that come ``first``, or what gives them."""
        early = {name for given in first for name in (given, *self._sources(given))}
        dropped = {one.target for one in self.derivations if not one.is_learned}
        columns = []
        frame: dict[str, pd.Series] = {}
        for column in sorted(self.schema.columns, key=lambda one: one.name not in early):
            joint = next((one for one in self.joints if column.name in one.columns), None)
            if joint is not None and joint.column.name not in frame:
                columns.append(joint.column)
                frame[joint.column.name] = joint.join(table)
            elif joint is None and column.name not in dropped:
                columns.append(column.model_copy(update=_PLAIN) if column.kind is Kind.IDENTIFIER else column)
                frame[column.name] = table.frame[column.name]
        return Table(pd.DataFrame(frame), Schema(columns=tuple(columns)), table.ids)

    def _sources(self, name: str) -> Sequence[str]:
        """The columns from which one follows that is not drawn itself."""
        return next((one.source.inputs for one in self.derivations if one.target == name and not one.is_learned), ())

    def restored(self, drawn: Table) -> tuple[Table, dict[str, np.ndarray]]:
        """A drawn table under the real schema; and masks of rows whose derived columns cannot be told, by title."""
        frame = drawn.frame.copy(deep=False)
        for joint in self.joints:
            frame = pd.concat([frame, joint.split(frame.pop(joint.column.name))], axis=1)
        frame = self.settled.settle(Table(frame, self.schema))
        impossible: dict[str, np.ndarray] = {}
        for one in self.derivations:
            values, wrong = one.source.derive(Table(frame, self.schema))
            if one.is_learned:
                replaced = frame[one.target].notna() & values.notna()
                wrong &= frame[one.target].notna().to_numpy()
                values = values.where(replaced, frame[one.target])
            frame[one.target] = values
            impossible[one.title] = wrong
        return Table.conform(frame[self.schema.names], self.schema, "the synthetic table"), impossible


def _derivations(table: Table, constraints: Sequence[Constraint], joined: set[str]) -> dict[str, Derivation]:
    """At most one for each column, and none that needs itself."""
    out: dict[str, Derivation] = {}
    for rule in constraints:
        for source in _sources(table, rule):
            target = source.column.name
            if target in joined or target in out or target in _needed(source.inputs, out):
                continue
            here = table.frame[target].notna()
            others = table.frame[list(source.inputs)].notna().all(axis=1)
            out[target] = Derivation(source, bool((here != others).any()), rule.title)
            break
    return out


def _sources(table: Table, rule: Constraint) -> Iterator[Signed | Lookup]:
    """The ways in which a rule gives a column: its total first, else a part of it."""
    if isinstance(rule, Sum):
        for target in (rule.total, *reversed(rule.parts)):
            yield Signed.learn(table, rule, target)
    elif isinstance(rule, Determines) and Kind.IDENTIFIER not in {table.schema[name].kind for name in rule.names}:
        yield Lookup.learn(table, rule)


def _needed(names: Sequence[str], derivations: dict[str, Derivation]) -> set[str]:
    """All columns from which these follow, and themselves."""
    out: set[str] = set()
    open_ = list(names)
    while open_:
        name = open_.pop()
        if name not in out:
            out.add(name)
            open_ += derivations[name].source.inputs if name in derivations else ()
    return out


def _in_order(derivations: dict[str, Derivation]) -> list[Derivation]:
    """Each after those that it needs: what needs most comes last."""
    return sorted(derivations.values(), key=lambda one: len(_needed([one.target], derivations) & set(derivations)))
