"""Declared constraints, held on every row that is drawn: the rows that break one are not kept."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from synth_pipeline.core.constraints import made_up, misfits, violations
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import Table
from synth_pipeline.drawing.derived import Lookup
from synth_pipeline.drawing.joined import distinct
from synth_pipeline.drawing.plan import Plan
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.constraints import Combinations, Constraint, Determines, Order, Unique

SORTED_BELOW = 0.3  # share of drawn rows that keep an order, below which rows are mended and not dropped


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A constraint of single rows, with what it needs to know of the training table."""

    constraint: Constraint
    known: Table | Lookup | None = None

    def broken(self, table: Table) -> np.ndarray:
        """A mask of the rows that break it."""
        if isinstance(self.known, Lookup):
            return self.known.broken(table)
        return violations(self.constraint, table, self.known)


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """All that is looked at in drawn rows; what holds by construction is not."""

    plan: Plan
    rules: tuple[Rule, ...]
    unique: tuple[Unique, ...]

    @classmethod
    def make(cls, table: Table, constraints: Sequence[Constraint], *, is_learned: bool = True) -> "Rules":
        """Of a training table; where nothing is learned of it, rows that break a rule are dropped and none is mended.

        Raises SynthError where a constraint cannot be about these columns, or where the table itself breaks it.
        """
        for constraint in constraints:
            _refuse_unfit(constraint, table.schema)
            _refuse_repeated(constraint, table.schema)
            _refuse_broken(constraint, table)
        plan = Plan.make(table, constraints) if is_learned else Plan.as_it_is(table.schema)
        identifiers = set(table.schema.of(Kind.IDENTIFIER))
        rules = [
            Rule(one, _known(one, table)) for one in constraints
            if not isinstance(one, Unique) and not _is_built_in(one, plan, identifiers)
        ]  # fmt: skip
        unique = [one for one in constraints if isinstance(one, Unique) and not identifiers & {*one.columns}]
        return cls(plan, tuple(rules), tuple(unique))

    def kept(self, drawn: Table, broken: Counter[str]) -> Table:
        """The rows that keep all rules, under the real schema; ``broken`` counts those that do not, rule by rule."""
        table, masks = self.plan.restored(drawn)
        wrong = np.zeros(len(table), bool)
        for title, mask in chain(masks.items(), ((rule.constraint.title, rule.broken(table)) for rule in self.rules)):
            if mask.any():
                broken[title] += int(mask.sum())
                wrong |= mask
        return table.take(~wrong) if wrong.any() else table

    def keeps(self, table: Table) -> np.ndarray:
        """A mask of rows that break none of the rules about columns that the table has."""
        kept = np.ones(len(table), bool)
        for rule in self.rules:
            if {*rule.constraint.names} <= {*table.schema.names}:
                kept &= ~rule.broken(table)
        return kept

    def tried(self, pilot: Table) -> tuple["Rules", float]:
        """With orders mended that too few rows of a drawn table keep; and the share of rows that is kept then."""
        table, _ = self._mending(()).plan.restored(pilot)
        orders = [one for one in self.plan.settled.orders if 1 - violations(one, table).mean() < SORTED_BELOW]
        out = self._mending(orders)
        return out, len(out.kept(pilot, Counter())) / len(pilot)

    def _mending(self, orders: Sequence[Order]) -> "Rules":
        """The same, which mends these orders alone."""
        return replace(self, plan=replace(self.plan, settled=self.plan.settled.sorting(orders)))


def _is_built_in(constraint: Constraint, plan: Plan, identifiers: set[str]) -> bool:
    """Whether the plan leaves no other rows: a joint column, a looked-up one, or groups of one made-up identifier."""
    if isinstance(constraint, Combinations):
        return any(list(constraint.columns) == joint.columns for joint in plan.joints)
    if isinstance(constraint, Determines):
        derived = any(isinstance(one.source, Lookup) and one.source.rule == constraint for one in plan.derivations)
        return derived or bool(identifiers & {*constraint.columns})
    return False


def _known(constraint: Constraint, table: Table) -> Table | Lookup | None:
    if isinstance(constraint, Determines):
        return Lookup.learn(table, constraint)
    return distinct(table, constraint.columns) if isinstance(constraint, Combinations) else None


def _refuse_repeated(constraint: Constraint, schema: Schema) -> None:
    """Where a constraint asks of made-up names or the like that they never repeat, or always go with the same."""
    if not isinstance(constraint, Unique | Determines):
        return
    made = [schema[name] for name in constraint.columns if schema[name].kind is Kind.IDENTIFIER]
    if made and not any(column.never_repeats for column in made):
        raise SynthError(f"Constraint {constraint.title!r}: made-up values of column {made[0].name!r}, each of which "
                         f"looks like a {made[0].like}, may repeat.",
                         "delete the constraint, or give the column a pattern.")  # fmt: skip


def _refuse_unfit(constraint: Constraint, schema: Schema) -> None:
    for name in constraint.names:
        if name not in schema.names:
            raise SynthError(f"Constraint {constraint.title!r}: there is no column {name!r}.",
                             f"name one of {', '.join(schema.names)}.")  # fmt: skip
    if unfit := next(misfits(constraint, schema), None):
        raise SynthError(f"Constraint {constraint.title!r}: {unfit.problem}", unfit.fix)
    if field := made_up(constraint, schema):
        raise SynthError(f"Constraint {constraint.title!r}: column {constraint.named[field]!r} is an identifier, and "
                         "synthetic rows have made-up ones.", "delete the constraint, or declare the column as "
                         "category if it names no record.")  # fmt: skip


def _refuse_broken(constraint: Constraint, table: Table) -> None:
    if count := int(violations(constraint, table).sum()):
        raise SynthError(f"Constraint {constraint.title!r}: train rows break it themselves, {count:,} of "
                         f"{len(table):,}.", "correct the constraint, or the source.")  # fmt: skip
