"""What pydantic knows of a field, and what its errors mean in plain words."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from synth_pipeline.adapters.declaration.document import Place
from synth_pipeline.adapters.declaration.fixes import FIXES
from synth_pipeline.adapters.declaration.mistake import listed, meant
from synth_pipeline.dataset import DatasetSpec

Model = type[BaseModel]


@dataclass(frozen=True)
class Found:
    """Where an error of pydantic is: its place without the tags of unions, and the field that it is about."""

    place: Place
    info: FieldInfo | None
    owner: str  # in words: whose field it is
    known: list[str] = field(default_factory=list)  # the fields that may stand beside it
    parts: list[str] = field(default_factory=list)  # the fields that may stand inside it
    root: Model = DatasetSpec


def find(loc: Iterable[str | int], root: Model = DatasetSpec) -> Found:
    """Follow a location of pydantic through the models."""
    place: list[str | int] = []
    members: dict[str, Model] = {"": root}
    model: Model | None = root
    info, owner, keyed = None, "a data set" if root is DatasetSpec else "the file", False
    known: list[str] = []
    for part in loc:
        if part == "[key]":
            place[-1] = str(place[-1])
            continue
        if model is None and not keyed and part in members:
            model = members[str(part)]
            whose = place[-1] if isinstance(place[-1], str) else str(place[-2]).removesuffix("s")  # one of several
            owner = f"{whose} {part!r}"
            continue
        place.append(part)
        if keyed or model is None or isinstance(part, int):
            keyed = False
            continue
        known = list(model.model_fields)
        info = model.model_fields.get(str(part))
        members = _members(info)
        keyed = info is not None and get_origin(info.annotation) is dict
        model = next(iter(members.values())) if len(members) == 1 else None
        owner = owner if model is None else f"{part!r}"
    parts = list(model.model_fields) if model is not None else []
    return Found(tuple(place), info, owner, known, parts, root)


def explain(error: dict[str, Any], found: Found) -> tuple[str, str]:
    """The problem and the fix, without pydantic's jargon."""
    kind, given = error["type"], error.get("input")
    if kind in _EXPLAINED:
        return _EXPLAINED[kind](error, found)
    if given is None:
        return "has no value.", "write one after the colon, or delete the line."
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return _flat(given, found)
    if kind.startswith(("greater", "less", "finite")):
        return _out_of_bounds(given, found)
    return _mistyped(kind, given, found)


def _surplus(_: dict[str, Any], found: Found) -> tuple[str, str]:
    return f"is no known field of {found.owner}.", _home(str(found.place[-1]), found)


def _missing(_: dict[str, Any], found: Found) -> tuple[str, str]:
    return "is missing.", f"add '{found.place[-1]}:' with its value{_about(found.info)}"


def _kindless(_: dict[str, Any], found: Found) -> tuple[str, str]:
    return "is missing.", f"add 'kind:' with one of {listed(_members(found.info))}."


def _home(word: str, found: Found) -> str:
    """Where a field that is unknown here belongs, or what it was meant to be."""
    beside = [name for name in found.known if name != "kind"]
    near = meant(word, beside, "")
    if near:
        return near
    if found.root is DatasetSpec and len(found.place) > 1 and word in DatasetSpec.model_fields:
        return "move it out, to the fields right under 'attributes'."
    for name, info in found.root.model_fields.items():
        if len(found.place) == 1 and any(word in member.model_fields for member in _members(info).values()):
            return f"put it under '{name}:'."
    return f"delete it; the known fields are {listed(beside)}." if beside else "delete it: it has none."


def _nameless(error: dict[str, Any], _: Found) -> tuple[str, str]:
    return f"the name of a field must be text, and is {error['input']!r}.", "put it in quotes, or delete it."


def _unknown(error: dict[str, Any], _: Found) -> tuple[str, str]:
    """A word that is none of a few."""
    context, given = error["ctx"], error.get("input")
    word = context.get("tag", given)
    choices = re.findall(r"'([^']+)'", context.get("expected_tags") or context["expected"])
    told = f"use one of {listed(choices)}."
    guess = meant(str(word), choices, "")
    return f"{word!r} is unknown.", f"{guess} Else {told}" if guess else told


def _own(error: dict[str, Any], found: Found) -> tuple[str, str]:
    """An error that the spec itself words."""
    told = str(error["ctx"]["error"])
    if found.place[:1] in FIXES:
        return f"{told}.", next(fix for words, fix in FIXES[found.place[:1]].items() if words in told)
    fixes = {
        "shares": "change them, such as to 0.5, 0.25 and 0.25; a share that is not given has its default.",
        "cron": "write minute, hour, day of month, month and weekday, such as '0 3 * * 1' for Mondays at three.",
        "owners": "write an e-mail address, or team:name.",
        "source": "keep the one of 'table' and 'query' that you want.",
        "target": "predict another column.",
        "sensitive": "name each column once.",
    }
    name = next((part for part in reversed(found.place) if part in fixes), told.split(" ", 1)[0])
    return f"{told}.", fixes.get(str(name), "correct it.")


_SECRET = ("api_key_env", "base_url")  # what is pasted there may be a key or hold a password


def _misspelt(error: dict[str, Any], found: Found) -> tuple[str, str]:
    """A text that is not of its form."""
    given = str(error["input"])
    about = found.info.description if found.info and found.info.description else "see the guide."
    name = found.place[-1]
    if found.place == ("name",):
        plain = re.sub(r"[^a-z0-9]+", "_", given.lower()).strip("_").lstrip("0123456789_")
        problem = f"{given!r} may hold only small letters, digits and underscores, and begins with a letter."
        return problem, f"write {plain!r}, in the folder's name too." if plain else "choose another name."
    if name == "path":
        return f"{given!r} has no ending of a file that can be read.", f"give a {about[0].lower()}{about[1:]}"
    if name == "function":
        return f"{given!r} is not of the form package.module:function.", "separate module and function by a colon."
    return f"{'What is given' if name in _SECRET else repr(given)} is not of its form.", about


def _flat(given: object, found: Found) -> tuple[str, str]:
    """A plain value where a field has fields of its own."""
    said = f"{given!r}" if isinstance(given, str | int | float) else f"a {_noun(given)}"
    parts = found.parts or ["kind"]
    if found.place == ("columns",):
        return f"holds {said}, where columns are named.", "write 'column: {kind: category}' below it, one per line."
    word = f"kind: {given}" if "kind" in parts and isinstance(given, str) else f"{parts[0]}: ..."
    return f"holds {said}, and has fields of its own.", f"write '{word}' below it, in a line of its own."


def _lengthy(error: dict[str, Any], _: Found) -> tuple[str, str]:
    return f"has {len(error['input'])} characters, and may have {error['ctx']['max_length']}.", "shorten it."


def _out_of_bounds(given: object, found: Found) -> tuple[str, str]:
    bounds = _bounds(found.info) or "finite"
    return f"must be {bounds}, and is {given}.", f"write a number that is {bounds}{_about(found.info)}"


def _mistyped(kind: str, given: object, found: Found) -> tuple[str, str]:
    """A value of the wrong type."""
    wanted = kind.partition("_")[0]
    if wanted in ("int", "float"):
        bounds = _bounds(found.info)
        number = "number" if wanted == "float" else "whole number"
        fix = f"write a {number}{f' that is {bounds}' if bounds else ''}{_about(found.info)}"
        return f"must be a {number}, and is {given!r}.", fix
    if wanted == "bool":
        return f"must be true or false, and is {given!r}.", "write true or false, without quotes."
    if wanted == "tuple":
        inside = given if isinstance(given, str) else "..."
        return f"must be a list, and is a {_noun(given)}.", f"put it in brackets: [{inside}]."
    if wanted == "string":
        return f"must be text, and is a {_noun(given)}.", "put it in quotes, if it is meant so."
    return f"cannot be a {_noun(given)}.", f"correct it{_about(found.info)}"


_EXPLAINED: dict[str, Callable[[dict[str, Any], Found], tuple[str, str]]] = {
    "extra_forbidden": _surplus,
    "missing": _missing,
    "union_tag_not_found": _kindless,
    "union_tag_invalid": _unknown,
    "literal_error": _unknown,
    "enum": _unknown,
    "value_error": _own,
    "string_pattern_mismatch": _misspelt,
    "string_too_long": _lengthy,
    "invalid_key": _nameless,
}


def _bounds(info: FieldInfo | None) -> str:
    """Such as: at least 5 and at most 10,000."""
    words = {Ge: ("ge", "at least"), Gt: ("gt", "above"), Le: ("le", "at most"), Lt: ("lt", "below")}
    found = [
        f"{word} {getattr(item, name):,}"
        for limit, (name, word) in words.items()
        for item in (info.metadata if info else [])
        if isinstance(item, limit)
    ]
    return " and ".join(found)


def _about(info: FieldInfo | None) -> str:
    return f" ({info.description.rstrip('.')})." if info and info.description else "."


def _noun(given: object) -> str:
    names = {bool: "truth value", int: "number", float: "number", str: "word", list: "list", dict: "group of fields"}
    return names.get(type(given), "value of another type")


def _members(info: FieldInfo | None) -> dict[str, Model]:
    """The models that a field may hold, by their ``kind``; a single one by its name."""

    def models(annotation: Any) -> list[Model]:
        if isinstance(annotation, type) and get_origin(annotation) is None:
            return [annotation] if issubclass(annotation, BaseModel) else []
        return [model for inner in get_args(annotation) for model in models(inner)]

    found = models(info.annotation) if info else []
    if len(found) == 1:
        return {found[0].__name__: found[0]}
    return {get_args(model.model_fields["kind"].annotation)[0]: model for model in found}
