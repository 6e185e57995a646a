"""Constraints without a declaration around them: a list, or a file that holds one."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth_pipeline.adapters.declaration.constraints import of_kinds, of_unknown
from synth_pipeline.adapters.declaration.document import Document, Place, read
from synth_pipeline.adapters.declaration.mistake import Mistake
from synth_pipeline.adapters.declaration.shape import mistakes_of_fields
from synth_pipeline.core.errors import SynthError
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.spec.columns import Schema
from synth_pipeline.spec.constraints import Constraint

Given = Sequence[Constraint | Mapping[str, Any]] | Path | str
_HERE: Place = ("attributes", "constraints")
_FIX = "write '- {kind: range, column: age, min: 0}' and the like, one to a line."


def read_constraints(given: Given, schema: Schema) -> tuple[Constraint, ...]:
    """Of a list, or of a YAML or JSON file that holds one; all of them fit the schema.

    Raises SynthError with file, line and entry of what is wrong.
    """
    document = _document(given)
    content = document.value(("attributes",))
    wrong = [*document.repetitions(), *(mistake for _, mistake in mistakes_of_fields(document, content))]
    if wrong:
        raise _error(wrong)
    try:
        constraints = DatasetSpec.model_validate(content).constraints
    except ValidationError:  # of what looks like a template, which a declaration leaves to Dagster
        raise SynthError(f"{document.called} holds a template.", "write the value itself.") from None
    for field, problem, fix in chain(of_unknown(constraints, schema.names, "the table"), of_kinds(constraints, schema)):
        parts = field.removeprefix("constraints[").partition("]")
        line = document.line((*_HERE, int(parts[0]), parts[2].removeprefix(".").partition("[")[0]))
        wrong.append(Mistake(document.called, line, field, problem, fix))
    if wrong:
        raise _error(wrong)
    return constraints


def _document(given: Given) -> Document:
    """The list as the one field of a declaration."""
    if isinstance(given, Path | str):
        found = read(Path(given), Path(given))
        if isinstance(found, Mistake):
            raise _error([found])
    else:
        found = Document(Path("constraints"), list(given), {}, [])
    if not isinstance(found.content, list):
        raise _error([Mistake(found.called, 1, "", "holds no list of constraints.", _FIX)])
    content = {"name": "x", "source": {"kind": "file", "path": "x.csv"}, "constraints": found.content}
    lines = {(*_HERE, *place): line for place, line in found.lines.items()}
    repeated = [((*_HERE, *place), line) for place, line in found.repeated]
    return Document(found.called, {"attributes": content}, lines, repeated)


def _error(wrong: list[Mistake]) -> SynthError:
    """The first mistake, and how many follow."""
    first = wrong[0]
    more = f" ({len(wrong) - 1} more to mend)" if len(wrong) > 1 else ""
    return SynthError(str(first).removesuffix(f" Fix: {first.fix}") + more, first.fix)
