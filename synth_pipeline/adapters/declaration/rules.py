"""Constraints and conditions without a declaration around them: as such, or in a file."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth_pipeline.adapters.declaration.conditions import unnamed_in
from synth_pipeline.adapters.declaration.constraints import of_kinds, of_unknown
from synth_pipeline.adapters.declaration.document import Document, Place, read
from synth_pipeline.adapters.declaration.mistake import Mistake
from synth_pipeline.adapters.declaration.shape import mistakes_of_fields, parts_of
from synth_pipeline.core.errors import SynthError
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.spec.columns import Schema
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.spec.constraints import Constraint

Given = Sequence[Constraint | Mapping[str, Any]] | Path | str
Asked = Conditions | Mapping[str, Any] | Path | str


def read_constraints(given: Given, schema: Schema) -> tuple[Constraint, ...]:
    """Of a list, or of a YAML or JSON file that holds one; all of them fit the schema.

    Raises SynthError with file, line and entry of what is wrong.
    """
    document = _document(given if isinstance(given, Path | str) else list(given), "constraints")
    constraints = _spec(document).constraints
    wrong = []
    for field, problem, fix in chain(of_unknown(constraints, schema.names, "the table"), of_kinds(constraints, schema)):
        parts = field.removeprefix("constraints[").partition("]")
        place = ("attributes", "constraints", int(parts[0]), parts[2].removeprefix(".").partition("[")[0])
        wrong.append(Mistake(document.called, document.line(place), field, problem, fix))
    if wrong:
        raise _error(wrong)
    return constraints


def read_conditions(given: Asked, schema: Schema) -> Conditions:
    """Of fields and values, or of a YAML or JSON file that holds them; all columns are in the schema.

    Raises SynthError with file, line and field of what is wrong.
    """
    if isinstance(given, Conditions):
        given = given.model_dump(exclude_none=True)
    document = _document(given if isinstance(given, Path | str) else dict(given), "conditions")
    conditions = _spec(document).conditions
    if wrong := [
        Mistake(document.called, document.line(("attributes", *parts_of(field))), field, problem, fix)
        for field, problem, fix in unnamed_in(conditions, schema.names, "the table")
    ]:
        raise _error(wrong)
    return conditions


def _spec(document: Document) -> DatasetSpec:
    """The declaration around the one field."""
    content = document.value(("attributes",))
    wrong = [*document.repetitions(), *(mistake for _, mistake in mistakes_of_fields(document, content))]
    if wrong:
        raise _error(wrong)
    try:
        return DatasetSpec.model_validate(content)
    except ValidationError:  # of what looks like a template, which a declaration leaves to Dagster
        raise SynthError(f"{document.called} holds a template.", "write the value itself.") from None


def _document(given: list[Any] | dict[str, Any] | Path | str, field: str) -> Document:
    """What is given as the one field of a declaration."""
    found: Document | Mistake = Document(Path(field), given, {}, [])
    if isinstance(given, Path | str):
        found = read(Path(given), Path(given))
        if isinstance(found, Mistake):
            raise _error([found])
    kind, problem, fix = _FORMS[field]
    if not isinstance(found.content, kind):
        raise _error([Mistake(found.called, 1, "", problem, fix)])
    content = {"name": "x", "source": {"kind": "file", "path": "x.csv"}, field: found.content}
    here: Place = ("attributes", field)
    lines = {(*here, *place): line for place, line in found.lines.items()}
    repeated = [((*here, *place), line) for place, line in found.repeated]
    return Document(found.called, {"attributes": content}, lines, repeated)


_FORMS: Mapping[str, tuple[type, str, str]] = {
    "constraints": (list, "holds no list of constraints.",
                    "write '- {kind: range, column: age, min: 0}' and the like, one to a line."),
    "conditions": (dict, "holds no conditions.", "write 'fixed: {region: north}' and the like."),
}  # fmt: skip


def _error(wrong: list[Mistake]) -> SynthError:
    """The first mistake, and how many follow."""
    first = wrong[0]
    more = f" ({len(wrong) - 1} more to mend)" if len(wrong) > 1 else ""
    return SynthError(str(first).removesuffix(f" Fix: {first.fix}") + more, first.fix)
