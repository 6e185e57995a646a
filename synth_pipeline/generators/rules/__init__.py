"""``rules``: columns as they are declared, and nothing of how they go together but what is declared.

A column without a rule gets one from what is robust of its training rows (see ``learned.py``), so that a
table can be imitated in its schema alone, for tests of infrastructure and of load.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import assembled
from synth_pipeline.generators.rules.correlations import check
from synth_pipeline.generators.rules.drawing import AnyRule, draw_columns, in_order
from synth_pipeline.generators.rules.learned import Scale, learn
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.rules import Correlation, Gaps, Numbers, OwnRule, RowRule

_TEXTUAL = (Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER)
_MAKES: Mapping[str, tuple[Kind, ...]] = {
    "integer": (Kind.INTEGER, Kind.DECIMAL),
    "decimal": (Kind.DECIMAL,),
    "boolean": (Kind.BOOLEAN,),
    "datetime": (Kind.DATETIME,),
    "category": _TEXTUAL,
    "pattern": _TEXTUAL,
    "faker": _TEXTUAL,
    "determined_by": _TEXTUAL,
    "sequence": (*_TEXTUAL, Kind.INTEGER),
    "constant": tuple(Kind),
}


class Rules(Spec):
    """Declared columns, and robust rules for the others; a schema's stand-in, not an imitation."""

    kind: Literal["rules"] = "rules"
    columns: dict[str, RowRule] = Field(default={}, description="Rules of columns; the others are learned.")
    correlations: tuple[Correlation, ...] = Field(default=(), description="Between columns of numbers.")
    least: int = Field(
        default=20, ge=5, le=10_000, description="Rows that a level or a smoothed number must stand for."
    )
    rare: Literal["equal", "dropped"] = Field(
        default="equal", description="Levels of fewer rows: alike likely, or left out so that none of them is told."
    )

    @property
    def version(self) -> int:
        return 1

    def fit(self, train: Train, seed: Seed) -> "RulesSampler":
        table = train.table
        self._check(table)
        rules: dict[str, AnyRule] = {}
        for column in table.schema.columns:
            if column.name in self.columns:
                rules[column.name] = self.columns[column.name]
            elif column.kind is not Kind.IDENTIFIER:
                rules[column.name] = learn(table, column.name, self.least, self.rare)
        in_order(rules, _CALLED)
        numeric = [name for name, rule in rules.items() if isinstance(rule, Numbers | Scale)]
        check(self.correlations, numeric, _CALLED)
        return RulesSampler(table.schema, rules, self.correlations)

    def _check(self, table: Table) -> None:
        """Raises SynthError for rules that do not fit the table, and for free text without one."""
        for name, rule in self.columns.items():
            if name not in table.schema.names:
                known = ", ".join(table.schema.names)
                raise SynthError(f"{_CALLED}: there is no column {name!r}.", f"name one of {known}.")
            _check_rule(table.schema, name, rule)
        if texts := [name for name in table.schema.of(Kind.TEXT) if name not in self.columns]:
            raise SynthError(
                f"Generator {self.kind!r} cannot imitate free text: {texts}.",
                "declare a rule for these columns, such as {kind: faker, provider: sentence}, or leave them out with "
                "'exclude'.",
            )


_CALLED = "Generator 'rules'"


def _check_rule(schema: Schema, name: str, rule: OwnRule) -> None:
    column = schema[name]
    if column.kind not in _MAKES[rule.kind]:
        fit = ", ".join(kind for kind, kinds in _MAKES.items() if column.kind in kinds)
        raise SynthError(f"{_CALLED}, column {name!r}: it is of type {column.kind}, and a rule of kind {rule.kind} "
                         "makes another.", f"use a rule of kind {fit}.")  # fmt: skip
    if isinstance(rule, Gaps) and rule.nulls and not column.nullable:
        raise SynthError(f"{_CALLED}, column {name!r}, nulls: no value of it is missing in the real table.",
                         "delete 'nulls'.")  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class RulesSampler:
    """One rule per column; of real values it holds the names of levels alone."""

    schema: Schema
    rules: dict[str, AnyRule]
    correlations: tuple[Correlation, ...]

    def sample(self, rows: int, seed: Seed) -> Table:
        complete = frozenset(column.name for column in self.schema.columns if not column.nullable)
        drawn, _ = draw_columns(self.rules, self.correlations, rows, seed, called=_CALLED, complete=complete)
        return assembled(self.schema, drawn, rows, seed)
