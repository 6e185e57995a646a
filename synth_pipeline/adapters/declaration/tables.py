"""A file of tables that are made from scratch."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from synth_pipeline.adapters.declaration.document import Document, dotted, read
from synth_pipeline.adapters.declaration.fields import explain, find
from synth_pipeline.adapters.declaration.mistake import Mistake
from synth_pipeline.adapters.declaration.shape import refined
from synth_pipeline.core.errors import SynthError
from synth_pipeline.generators.rules.tables import check_tables
from synth_pipeline.spec.rules import Tables


def read_tables(file: Path) -> Tables:
    """The declared tables.

    Raises SynthError with all mistakes of the file, each with its line, or where tables or columns do not fit together.
    """
    document = read(file, file)
    found = [document] if isinstance(document, Mistake) else [*document.repetitions(), *_mistakes(document)]
    if len(found) == 1:
        raise SynthError(str(found[0]).removesuffix(f" Fix: {found[0].fix}"), found[0].fix)
    if found:
        told = "\n".join(map(str, found))
        raise SynthError(f"{file} has {len(found)} mistakes:\n{told}\n", "mend these.")
    tables = Tables.model_validate(document.content)
    try:
        check_tables(tables)
    except SynthError as error:
        raise SynthError(f"{file}: {error.problem}", error.fix) from None
    return tables


def _mistakes(document: Document) -> Iterator[Mistake]:
    """Each error of pydantic, at its place."""
    if not isinstance(document.content, dict):
        yield Mistake(document.called, 1, "", "the file holds no fields.", "begin it with 'tables:'.")
        return
    try:
        Tables.model_validate(document.content)
    except ValidationError as errors:
        for error in errors.errors(include_url=False):
            found = find(error["loc"], Tables)
            place = refined(document, found.place, error, ())
            yield Mistake(document.called, document.line(place), dotted(place), *explain(dict(error), found))
