"""The mistakes that the file alone shows: YAML, the component around the fields, and the fields themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth_pipeline.adapters.declaration.conditions import excluded_in
from synth_pipeline.adapters.declaration.constraints import of_excluded, of_literal, of_literals, of_words
from synth_pipeline.adapters.declaration.document import Document, Place, dotted
from synth_pipeline.adapters.declaration.fields import explain, find
from synth_pipeline.adapters.declaration.mistake import Mistake, meant
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import Rules

COMPONENT = "synth_pipeline.SyntheticDataset"
_ALSO = "synth_pipeline.components.SyntheticDataset"
_ATTRIBUTES: Place = ("attributes",)
_AROUND = ("type", "attributes", "requirements", "template_vars_module", "post_processing")


@dataclass(frozen=True)
class Declared:
    """What could be read of a declaration.

    ``spec`` has defaults for the fields that are ``unsure``: mistaken, or templates that only Dagster resolves.
    """

    document: Document
    folder: str
    mistakes: list[Mistake]
    spec: DatasetSpec | None
    unsure: frozenset[str]

    @property
    def name(self) -> str:
        """As declared, or as the folder is called."""
        return self.folder if self.spec is None or "name" in self.unsure else self.spec.name

    def is_sure(self, *fields: str) -> bool:
        """None of these fields is mistaken or a template."""
        return self.spec is not None and not self.unsure.intersection(fields)

    def wrong(self, field: str, problem: str, fix: str) -> Mistake:
        """A mistake in a field that is given by its dots."""
        place: Place = (*_ATTRIBUTES, *parts_of(field))
        return Mistake(self.document.called, self.document.line(place), field, problem, fix)

    def item(self, field: str, value: str) -> str:
        """A field, and the position of a value in it where it is a list."""
        held = self.document.value((*_ATTRIBUTES, field))
        return f"{field}[{held.index(value)}]" if isinstance(held, list) and value in held else field


def declared_in(document: Document, file: Path) -> Declared:
    """Check the shape of a file, and make of it what can be made."""
    folder = file.parent.name
    mistakes = [*document.repetitions(), *_around(document)]
    content = document.value(_ATTRIBUTES)
    if not isinstance(content, dict) or not content:
        return Declared(document, folder, mistakes, None, frozenset())
    wrong = list(mistakes_of_fields(document, content))
    unsure = {name for name, value in content.items() if is_templated(value)}
    unsure |= {place[0] for place, _ in wrong if place}
    mistakes += [mistake for _, mistake in wrong]
    sure = {name: value for name, value in content.items() if name not in unsure}
    standing = {"name": "x", "source": {"kind": "file", "path": "x.csv"}}
    try:
        spec = DatasetSpec.model_validate(standing | sure)
    except ValidationError:  # of fields that are wrong together and have been reported above
        spec = None
    out = Declared(document, folder, mistakes, spec, frozenset(map(str, unsure)))
    return Declared(document, folder, [*mistakes, *_together(out)], spec, out.unsure)


def is_templated(value: Any) -> bool:
    """Holds something between double braces, which Dagster resolves when it loads the component."""
    if isinstance(value, dict):
        return any(is_templated(inner) for inner in value.values())
    if isinstance(value, list):
        return any(is_templated(inner) for inner in value)
    return isinstance(value, str) and "{{" in value


def _around(document: Document) -> Iterator[Mistake]:
    """The component file around the fields."""
    content, called = document.content, document.called
    if not isinstance(content, dict):
        problem = "the file is empty." if content is None else "the file holds no fields."
        yield Mistake(called, 1, "", problem, f"begin it with 'type: {COMPONENT}' and 'attributes:'.")
        return
    if "type" not in content:
        yield Mistake(called, 1, "type", "is missing.", f"begin the file with 'type: {COMPONENT}'.")
    elif content["type"] not in (COMPONENT, _ALSO):
        yield Mistake(called, document.line(("type",)), "type", f"{content['type']!r} is no data set.",
                      f"write 'type: {COMPONENT}'.")  # fmt: skip
    for name in content:
        if name not in _AROUND:
            known = "indent it under 'attributes:'." if name in DatasetSpec.model_fields else ""
            fix = known or meant(str(name), _AROUND, "delete it; fields of the data set stand under 'attributes:'.")
            yield Mistake(called, document.line((str(name),)) or 1, str(name), "is no known field of the file.", fix)
    if not isinstance(content.get("attributes"), dict) or not content["attributes"]:
        problem = "holds no fields." if "attributes" in content else "is missing."
        yield Mistake(called, document.line(_ATTRIBUTES) or 1, "attributes", problem,
                      "add 'attributes:' and below it, indented, at least 'name:' and 'source:'.")  # fmt: skip


def mistakes_of_fields(document: Document, content: dict[str, Any]) -> Iterator[tuple[Place, Mistake]]:
    """Each error of pydantic, at its place; those about templates are left to Dagster."""
    try:
        DatasetSpec.model_validate(content)
    except ValidationError as errors:
        for error in errors.errors(include_url=False):
            found = find(error["loc"])
            place = refined(document, found.place, error)
            full = (*_ATTRIBUTES, *place)
            if error["type"] not in ("extra_forbidden", "missing") and is_templated(document.value(full)):
                continue
            yield place, Mistake(document.called, document.line(full), dotted(full), *explain(dict(error), found))


def refined(document: Document, place: Place, error: Any, top: Place = _ATTRIBUTES) -> Place:
    """A more exact place than pydantic tells: of a kind, of the item of a list, of one of several fields."""
    if error["type"].startswith("union_tag"):
        return (*place, "kind")
    if error["type"] == "invalid_key":
        return (*place[:-1], str(place[-1]))
    if error["type"] != "value_error":
        return place
    told = str(error["ctx"]["error"])
    if not place:
        word = told.split(" ", 1)[0]
        return (word,) if word in DatasetSpec.model_fields else place
    held = document.value((*top, *place))
    if isinstance(held, dict) and told.split(" ", 1)[0] in held:
        return (*place, told.split(" ", 1)[0])
    for number, item in enumerate(held if isinstance(held, list) else []):
        if told.startswith(repr(item)):
            return (*place, number)
    return place


def _together(found: Declared) -> Iterator[Mistake]:
    """Fields that contradict each other or the folder."""
    spec = found.spec
    if spec is None:
        return
    if found.is_sure("name") and spec.name != found.folder:
        yield found.wrong("name", f"{spec.name!r} stands in the folder {found.folder!r}.",
                          f"write 'name: {found.folder}', or rename the folder to {spec.name!r}.")  # fmt: skip
    roles = {role: getattr(spec, role) for role in ("target", "key", "entity")} | {
        f"columns.{name}": name for name in spec.columns
    }
    for field, column in roles.items():
        if column in spec.exclude:
            fix = f"take {column!r} out of 'exclude', or out of here."
            yield found.wrong(field, f"column {column!r} is excluded.", fix)
    own = spec.columns.get(spec.key or "")
    if own is not None and own.like is not None and not own.like.is_unique:
        problem = f"this is the key, and two records may have the same made-up {own.like}."
        yield found.wrong(f"columns.{spec.key}", problem, "delete 'like', or write a pattern instead.")
    for name, column in spec.columns.items():
        for wrong in of_literal(f"columns.{name}", column.pattern or "none"):
            yield found.wrong(*wrong)
    for wrong in _of_rules(spec):
        yield found.wrong(*wrong)
    if found.is_sure("constraints"):
        for wrong in (*of_excluded(spec.constraints, spec.exclude), *of_literals(spec.constraints)):
            yield found.wrong(*wrong)
    if found.is_sure("conditions"):
        for wrong in excluded_in(spec.conditions, spec.exclude):
            yield found.wrong(*wrong)


def _of_rules(spec: DatasetSpec) -> Iterator[tuple[str, str, str]]:
    """Text in the rules of a generator that Dagster would not read as text."""
    if not isinstance(spec.generator, Rules):
        return
    for name, rule in spec.generator.columns.items():
        field = f"generator.columns.{name}"
        if rule.kind == "pattern":
            yield from of_literal(field, rule.regex)
        elif rule.kind == "category":
            yield from of_words(field, rule.levels)
        elif rule.kind == "determined_by":
            yield from of_words(field, [*rule.mapping.values(), *rule.levels, *filter(None, [rule.otherwise])])


def parts_of(field: str) -> Iterator[str | int]:
    """A dotted field in its parts; a column's name may hold dots itself."""
    head, _, rest = field.partition(".")
    name, _, position = head.partition("[")
    yield name
    if position:
        yield int(position.rstrip("]"))
    if rest and name in ("columns", "fixed", "within"):
        yield rest
    elif rest:
        yield from parts_of(rest)
