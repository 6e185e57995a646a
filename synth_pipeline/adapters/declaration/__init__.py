"""A data set's declaration: found, read, and checked before anything runs, with file, line and fix."""

from pathlib import Path

from synth_pipeline.adapters.declaration.document import read
from synth_pipeline.adapters.declaration.mistake import Mistake, meant, shown
from synth_pipeline.adapters.declaration.rows import mistakes_of_rows
from synth_pipeline.adapters.declaration.rules import Asked, Given, read_conditions, read_constraints
from synth_pipeline.adapters.declaration.shape import Declared, declared_in
from synth_pipeline.adapters.declaration.surroundings import (
    files,
    mistakes_of_folders,
    mistakes_of_models,
    mistakes_of_names,
    mistakes_of_suites,
)
from synth_pipeline.adapters.gates.suite import Suites
from synth_pipeline.core.errors import SynthError
from synth_pipeline.dataset import DatasetSpec

__all__ = [
    "Asked", "Given", "Mistake", "all_mistakes", "declared", "labelled", "load", "mistakes", "read_conditions",
    "read_constraints",
]  # fmt: skip


def declared(defs: Path) -> dict[str, Path]:
    """The ``defs.yaml`` of each data set by the name of its folder, whether valid or not."""
    return {file.parent.name: file for file in reversed(files(defs))}


def labelled(defs: Path) -> list[str]:
    """The data sets that declare ``labels``, whether valid or not."""
    found = {name: read(file, file) for name, file in declared(defs).items()}
    return sorted(name for name, one in found.items()
                  if not isinstance(one, Mistake) and one.value(("attributes", "labels")) is not None)  # fmt: skip


def load(file: Path) -> DatasetSpec:
    """The declared data set.

    Raises SynthError with all mistakes of the file, or where a value is a template that only Dagster resolves.
    """
    from synth_pipeline.adapters.project import ROOT

    found = _read(file, ROOT)
    if isinstance(found, Mistake):
        raise _error([found])
    if found.mistakes:
        raise _error(found.mistakes)
    if found.spec is None or found.unsure:
        raise SynthError(f"{shown(file, ROOT)}: {', '.join(sorted(found.unsure))} holds a template, which only Dagster "
                         "resolves.", "write the value itself, or run the data set from Dagster.")  # fmt: skip
    return found.spec


def mistakes(
    file: Path, *, root: Path, deep: bool = True, suites: Suites | None = None, dbt_project: Path | None = None
) -> list[Mistake]:
    """All mistakes of one declaration; ``deep`` reads the source too, and looks at suites and dbt models.

    Fields that are templates are taken for right, and so is what depends on them.
    """
    found = _read(file, root)
    if isinstance(found, Mistake):
        return [found]
    return _all_of(found, root, suites or Suites(root / "expectations"), dbt_project or root / "dbt_project", deep=deep)


def all_mistakes(
    defs: Path, *, root: Path, suites: Suites, dbt_project: Path, only: str | None = None
) -> list[Mistake]:
    """The mistakes of every data set and of what surrounds them, or of one data set.

    Raises SynthError when there is no data set ``only``.
    """
    read_files = [(file, _read(file, root)) for file in files(defs)]
    if only is not None and only not in declared(defs):
        raise SynthError(
            f"There is no data set {only!r}.",
            meant(only, declared(defs), f"write synth_pipeline/defs/{only}/defs.yaml."),
        )
    twins = list(mistakes_of_names([(file, one) for file, one in read_files if isinstance(one, Declared)], root))
    out: list[Mistake] = []
    for file, found in read_files:
        if only is not None and file.parent.name != only:
            continue
        out += [found] if isinstance(found, Mistake) else _all_of(found, root, suites, dbt_project, deep=True)
        out += [mistake for other, mistake in twins if other == file]
    if only is None:
        out += mistakes_of_folders(defs, root, dbt_project)
    return list(dict.fromkeys(out))


def _error(wrong: list[Mistake]) -> SynthError:
    """All mistakes as one error."""
    first = wrong[0]
    if len(wrong) == 1:
        return SynthError(str(first).removesuffix(f" Fix: {first.fix}"), first.fix)
    told = "\n".join(map(str, wrong))
    return SynthError(f"{first.file} has {len(wrong)} mistakes:\n{told}\n", "mend these, then run 'synth check'.")


def _read(file: Path, root: Path) -> Declared | Mistake:
    document = read(file, shown(file, root))
    return document if isinstance(document, Mistake) else declared_in(document, file)


def _all_of(found: Declared, root: Path, suites: Suites, dbt_project: Path, *, deep: bool) -> list[Mistake]:
    out = list(found.mistakes)
    if deep:
        out += mistakes_of_rows(found, root, suites)
        out += mistakes_of_suites(found.name, root, suites)
        out += mistakes_of_models(found, root, dbt_project)
    return out
