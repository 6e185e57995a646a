"""The mistakes in conditions that only other fields or the real rows show, as field, problem and fix."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from synth_pipeline.adapters.declaration.mistake import listed, meant
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.parquet import frame
from synth_pipeline.core.table import Table
from synth_pipeline.drawing.cells import Cells
from synth_pipeline.drawing.values import Known
from synth_pipeline.spec.columns import Schema
from synth_pipeline.spec.conditions import Conditions

Wrong = tuple[str, str, str]


def excluded_in(conditions: Conditions, exclude: Sequence[str]) -> Iterator[Wrong]:
    """Columns that are left out of everything."""
    for field, column in conditions.named.items():
        if column in exclude:
            fix = f"take {column!r} out of 'exclude', or out of here."
            yield f"conditions.{field}", f"column {column!r} is excluded.", fix


def unnamed_in(conditions: Conditions, names: Sequence[str], called: str = "the source") -> Iterator[Wrong]:
    """Columns that do not exist."""
    for field, column in conditions.named.items():
        if column not in names:
            fix = meant(column, names, f"name one of {listed(map(repr, names))}.")
            yield f"conditions.{field}", f"{called} has no column {column!r}.", fix


def unmet_by(conditions: Conditions, schema: Schema, rows: Path) -> Iterator[Wrong]:
    """Values that too few real rows have, or that their columns cannot have."""
    if not conditions:
        return
    known = Known.of(Table.conform(frame(rows), schema))
    for field, one in _parts(conditions):
        if set(one.named.values()) <= set(schema.names):
            try:
                Cells.of(one, known)
            except SynthError as error:
                yield f"conditions.{field}", error.problem, error.fix


def _parts(conditions: Conditions) -> Iterator[tuple[str, Conditions]]:
    """Each condition alone, with its field."""
    for name, value in conditions.fixed.items():
        yield f"fixed.{name}", Conditions(fixed={name: value})
    for name, bounds in conditions.within.items():
        yield f"within.{name}", Conditions(within={name: bounds})
    for place, balance in enumerate(conditions.balance):
        yield f"balance[{place}]", Conditions(balance=(balance,))
    for place, least in enumerate(conditions.at_least):
        yield f"at_least[{place}]", Conditions(at_least=(least,))
