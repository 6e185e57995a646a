"""The mistakes around a declaration: its suites, its dbt models, and the folders of all data sets."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from synth_pipeline.adapters.declaration.document import Document, read
from synth_pipeline.adapters.declaration.mistake import Mistake, meant, shown
from synth_pipeline.adapters.declaration.shape import Declared
from synth_pipeline.adapters.gates.suite import GATES, LABEL_GATES, Suites
from synth_pipeline.core.errors import SynthError

_MODELS = ("stg_{}__train", "stg_{}__holdout", "stg_{}__sealed", "stg_{}__synthetic", "{}__training_mix")


def files(defs: Path) -> list[Path]:
    """All declarations below a folder, in order."""
    return sorted(file for file in defs.rglob("defs.yaml") if not _is_hidden(file.relative_to(defs)))


def mistakes_of_suites(name: str, root: Path, suites: Suites) -> Iterator[Mistake]:
    """Suites that would refuse to load, and files that no gate would read."""
    own = suites.folder / name
    known = (*GATES, *LABEL_GATES)
    for gate in known:
        try:
            suites.load(gate, name)
        except SynthError as error:
            file = own / f"{gate}.json"
            file = file if file.exists() else suites.folder / "default" / f"{gate}.json"
            line, field = _place_in_suite(file, error.problem)
            yield Mistake(shown(file, root), line, field, error.problem, error.fix)
    for file in sorted(own.glob("*")):
        if file.stem not in known or file.suffix != ".json":
            problem = f"no gate is called {file.stem!r}, so this file is not read and the default suite holds."
            fix = meant(file.stem, known, "delete it, or name it by its gate: " + ", ".join(known) + ".")
            yield Mistake(shown(file, root), None, "", problem, fix)


def mistakes_of_models(found: Declared, root: Path, dbt_project: Path) -> Iterator[Mistake]:
    """What dbt needs to know of a data set."""
    name = found.name
    listed, document = datasets_of(dbt_project, root)
    if isinstance(document, Mistake):
        yield document
        return
    if name not in listed:
        line = document.line(("vars", "datasets"))
        fix = f"write 'datasets: [{', '.join([*listed, name])}]' under 'vars:'."
        yield Mistake(document.called, line, "vars.datasets", f"{name!r} is not listed, so dbt ignores it.", fix)
    folder = dbt_project / "models" / name
    lacking = [f"{model.format(name)}.sql" for model in _MODELS if not (folder / f"{model.format(name)}.sql").is_file()]
    if lacking:
        called = shown(folder, root)
        problem = "the folder is missing." if not folder.is_dir() else f"lacks {', '.join(lacking)}."
        fix = f"add {', '.join(lacking)}, after the example of {shown(dbt_project, root) / 'models' / 'fair'}."
        yield Mistake(called, None, "", problem, fix)


def mistakes_of_folders(defs: Path, root: Path, dbt_project: Path) -> Iterator[Mistake]:
    """Folders that declare nothing, and data sets that dbt knows and nobody declares."""
    homes = {file.parent for file in files(defs)}
    for folder in _bare_folders(defs, homes):
        other = next((name for name in ("defs.yml", "component.yaml") if (folder / name).exists()), None)
        fix = f"rename {other} to defs.yaml." if other else "write a defs.yaml into it, or delete the folder."
        yield Mistake(shown(folder, root), None, "", "the folder holds no defs.yaml.", fix)
    listed, document = datasets_of(dbt_project, root)
    if isinstance(document, Mistake):
        return
    for position, name in enumerate(listed):
        if name not in {home.name for home in homes}:
            line = document.line(("vars", "datasets", position))
            problem = f"no data set {name!r} is declared in {shown(defs, root)}."
            field = f"vars.datasets[{position}]"
            yield Mistake(document.called, line, field, problem, f"take {name!r} out of the list.")


def mistakes_of_names(all_found: Sequence[tuple[Path, Declared]], root: Path) -> Iterator[tuple[Path, Mistake]]:
    """Names that two declarations share: they would write over each other's artefacts."""
    first: dict[str, Path] = {}
    for file, found in all_found:
        if not found.is_sure("name"):
            continue
        if found.name in first:
            problem = f"{found.name!r} is already the name of {shown(first[found.name], root)}."
            other = f"name it {found.folder!r}, after its folder."
            fix = other if found.folder != found.name else "give one of the two another name, and its folder too."
            yield file, found.wrong("name", problem, fix)
        first.setdefault(found.name, file)


def datasets_of(dbt_project: Path, root: Path) -> tuple[list[str], Document | Mistake]:
    """The data sets that dbt knows, and where they are listed."""
    file = dbt_project / "dbt_project.yml"
    document = read(file, shown(file, root))
    listed = document.value(("vars", "datasets")) if isinstance(document, Document) else None
    return [str(name) for name in listed] if isinstance(listed, list) else [], document


def _bare_folders(folder: Path, homes: set[Path]) -> Iterator[Path]:
    """Folders without a declaration in, above or below them; of nested ones the outermost."""
    for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not _is_hidden(Path(path.name))):
        if inner in homes:
            continue
        if any(inner in home.parents for home in homes):
            yield from _bare_folders(inner, homes)
        else:
            yield inner


def _place_in_suite(file: Path, problem: str) -> tuple[int | None, str]:
    """Line and field that a message of ``Suites.load`` is about; JSON is YAML enough to be told its lines."""
    if told := re.search(r", line (\d+)", problem):
        return int(told[1]), ""
    if not (told := re.search(r", expectation (\d+)", problem)):
        return None, ""
    position = int(told[1]) - 1
    document = read(file, file)
    line = document.line(("expectations", position)) if isinstance(document, Document) else None
    return line, f"expectations[{position}]"


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)
