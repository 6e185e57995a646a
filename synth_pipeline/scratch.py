"""Tables made from a declaration alone: no real data, no audit."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth_pipeline.adapters.declaration.tables import read_tables
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.rules.tables import Made, made
from synth_pipeline.spec.rules import Tables

__all__ = ["Made", "Tables", "make_tables"]

Declaration = Tables | Mapping[str, Any] | Path | str


def make_tables(declaration: Declaration, seed: int = 0, rows: int | None = None) -> Made:
    """Make the declared tables: a YAML file, its content, or the model of it; each of ``rows`` rows where given.

    Equal declarations and seeds give equal tables.  Raises SynthError naming table, column, field and fix.
    """
    return made(_declared(declaration), Seed(seed, ("tables",)), rows)


def _declared(declaration: Declaration) -> Tables:
    if isinstance(declaration, Tables):
        return declaration
    if isinstance(declaration, Path | str):
        return read_tables(Path(declaration))
    try:
        return Tables.model_validate(declaration)
    except ValidationError as errors:
        first = errors.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise SynthError(f"The declared tables, {place}: {first['msg']}.", "correct it.") from None
