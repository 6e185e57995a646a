"""The mistakes in constraints that only other fields or the real rows show, as field, problem and fix."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from synth_pipeline.adapters.declaration.mistake import listed, meant
from synth_pipeline.core.constraints import made_up, misfits, violations
from synth_pipeline.core.parquet import frame
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Schema
from synth_pipeline.spec.constraints import Constraint

Wrong = tuple[str, str, str]
Constraints = Sequence[Constraint]


def of_excluded(constraints: Constraints, exclude: Sequence[str]) -> Iterator[Wrong]:
    """Columns that are left out of everything."""
    for field, column in _named(constraints):
        if column in exclude:
            yield field, f"column {column!r} is excluded.", f"take {column!r} out of 'exclude', or out of here."


def of_unknown(constraints: Constraints, names: Sequence[str], called: str = "the source") -> Iterator[Wrong]:
    """Columns that do not exist."""
    for field, column in _named(constraints):
        if column not in names:
            fix = meant(column, names, f"name one of {listed(map(repr, names))}.")
            yield field, f"{called} has no column {column!r}.", fix


def of_kinds(constraints: Constraints, schema: Schema) -> Iterator[Wrong]:
    """Columns that a constraint cannot be about."""
    for place, constraint in enumerate(constraints):
        for field, problem, fix in misfits(constraint, schema):
            yield f"constraints[{place}].{field}", problem, fix


def of_literals(constraints: Constraints) -> Iterator[Wrong]:
    """Expressions that Dagster would not read as text, as it evaluates what looks like a list or a number."""
    for place, constraint in enumerate(constraints):
        if constraint.kind == "pattern":
            yield from of_literal(f"constraints[{place}].regex", constraint.regex)


def of_literal(field: str, expression: str) -> Iterator[Wrong]:
    """A regular expression that Dagster would not read as text."""
    if _is_evaluated(expression):
        problem = f"{expression!r} would be evaluated by Dagster, and not be read as text."
        yield field, problem, "put it in a group, as '(?:...)', and write { before # or % as [{]."


def of_words(field: str, words: Iterable[str]) -> Iterator[Wrong]:
    """Words that Dagster would read as something else, and that would not be the same as text again."""
    for word in words:
        if _is_evaluated(word) and str(_evaluated(word)) != word:
            problem = f"{word!r} would be evaluated by Dagster, and not be read as this text."
            yield field, problem, "write it in another way, such as a number without surplus zeros."


def of_rows(constraints: Constraints, schema: Schema, rows: Path) -> Iterator[Wrong]:
    """Constraints that their columns cannot have, that no synthetic row could keep, or that the real rows break."""
    table = None
    for place, constraint in enumerate(constraints):
        if not set(constraint.names) <= set(schema.names):
            continue
        here = f"constraints[{place}]"
        if unfit := next(misfits(constraint, schema), None):
            yield f"{here}.{unfit.field}", unfit.problem, unfit.fix
        elif field := made_up(constraint, schema):
            problem = f"column {constraint.named[field]!r} is an identifier, and synthetic rows have made-up ones."
            fix = "delete the constraint, or declare the column as category if it names no record."
            yield f"{here}.{field}", problem, fix
        else:
            table = table or Table.conform(frame(rows), schema)
            if count := int(violations(constraint, table).sum()):
                problem = f"real rows break it: {count:,} of {len(table):,} rows."
                yield here, problem, f"correct the constraint ({constraint.title}), or the source."


def _named(constraints: Constraints) -> Iterator[tuple[str, str]]:
    """The field and the column of each name."""
    for place, constraint in enumerate(constraints):
        for field, column in constraint.named.items():
            yield f"constraints[{place}].{field}", column


def _is_evaluated(text: str) -> bool:
    return "{#" in text or "{%" in text or _evaluated(text) is not text


def _evaluated(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
