"""Instances of a JSON schema, and the rules that strict structured output has for schemas.

Heeds types, enums, constants, references, alternatives, bounds of numbers and lengths, and the commonest formats;
``pattern`` and ``not`` are not heeded.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.rejection import bad_request
from synth_pipeline.mock.words import made_up

Schema = dict[str, Any]
Facts = Mapping[str, Any]

DEEP = 8  # from here on a schema that refers to itself is brought to an end
MOST_STEPS = 100  # of references from one to the next
FORMATS = {
    "date": "2024-02-29", "date-time": "2024-02-29T12:00:00Z", "time": "12:00:00Z", "email": "nobody@example.org",
    "uri": "https://example.org/", "uuid": "00000000-0000-4000-8000-000000000000",
}  # fmt: skip
PARTS = {"object": dict, "array": list}
TYPES = {"string": str, "integer": int, "number": (int, float), "boolean": bool}


@dataclass(frozen=True, slots=True)
class Filling:
    """Makes one instance; ``facts`` gives the fields that are known, for each item of a list anew."""

    root: Schema
    facts: Callable[[int], Facts]
    draws: Draws
    count: int = 1

    def instance(self) -> Any:
        return self._fill(self.root, "", self.facts(0), 0)

    def _fill(self, schema: Schema, name: str, facts: Facts, depth: int) -> Any:
        schema = resolved(self.root, schema, depth)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return facts[name] if facts.get(name) in schema["enum"] else self.draws.choice(schema["enum"])
        kind = _type(schema)
        if isinstance(facts.get(name), PARTS.get(kind, ())):
            return facts[name]
        if kind == "object":
            fields = schema.get("properties", {}).items() if depth < 2 * DEEP else ()
            return {field: self._fill(inner, _called(field, inner, facts), facts, depth + 1) for field, inner in fields}
        if kind == "array":
            return self._list(schema, name, depth)
        known = facts.get(name)
        if known is not None and isinstance(known, TYPES.get(kind, ())):
            return known
        return self._scalar(schema, kind)

    def _list(self, schema: Schema, name: str, depth: int) -> list[Any]:
        wanted = 0 if depth >= DEEP else self.count
        size = min(max(wanted, schema.get("minItems", 0)), schema.get("maxItems", math.inf))
        items = schema.get("items", {"type": "string"})
        return [self._fill(items, name.removesuffix("s"), self.facts(place), depth + 1) for place in range(int(size))]

    def _scalar(self, schema: Schema, kind: str) -> Any:
        if kind == "string":
            text = FORMATS.get(schema.get("format", "")) or made_up(self.draws)
            longest = schema.get("maxLength", len(text) + schema.get("minLength", 0))
            return text.ljust(schema.get("minLength", 0), "x")[:longest]
        if kind == "integer":
            return int(self._number(schema, math.ceil, math.floor, 1))
        if kind == "number":
            return round(self._number(schema, float, float, 1e-3), 3)
        return self.draws.below(2) == 1 if kind == "boolean" else None

    def _number(self, schema: Schema, up: Callable, down: Callable, step: float) -> float:
        low = up(schema.get("minimum", schema.get("exclusiveMinimum", -step) + step))
        high = down(schema.get("maximum", schema.get("exclusiveMaximum", max(low, 0) + 100 + step) - step))
        of = schema.get("multipleOf")
        if of:
            return math.ceil(low / of) * of
        return low + (self.draws.below(max(int(high - low), 0) + 1) if step == 1 else self.draws.share() * (high - low))


def _called(field: str, inner: Schema, facts: Facts) -> str:
    """The title of a field, where that is what is known of."""
    title = inner.get("title")
    return title if isinstance(title, str) and title in facts else field


def resolved(root: Schema, schema: Schema, depth: int) -> Schema:
    """Without references and alternatives at its top."""
    for _ in range(MOST_STEPS):
        if "$ref" in schema:
            schema = _referred(root, schema["$ref"])
        elif "allOf" in schema:
            rest = {name: value for name, value in schema.items() if name != "allOf"}
            for part in schema["allOf"]:
                rest |= resolved(root, part, depth)
            schema = rest
        elif options := schema.get("anyOf") or schema.get("oneOf"):
            nothing = [option for option in options if option.get("type") == "null"]
            something = [option for option in options if option.get("type") != "null"]
            schema = (nothing or something if depth >= DEEP else something or nothing)[0]
        else:
            return schema
    raise bad_request("Invalid schema: its references go round in a circle.", "response_format")


def _referred(root: Schema, reference: str) -> Schema:
    found: Any = root
    for step in filter(None, reference.removeprefix("#").split("/")):
        found = found.get(step) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise bad_request(f"Invalid schema: {reference!r} cannot be resolved.", "response_format")
    return found


def _type(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind


def strict_problem(schema: Schema) -> str | None:
    """Why strict structured output would not take the schema: the two rules that are most often broken."""
    if schema.get("type") != "object":
        return "schema must be a JSON Schema of 'type: \"object\"'"
    open_places: list[tuple[tuple[str, ...], Any]] = [((), schema)]
    while open_places:
        place, part = open_places.pop()
        if isinstance(part, list):
            open_places += [((*place, str(number)), one) for number, one in enumerate(part)]
        if not isinstance(part, dict):
            continue
        if part.get("type") == "object" and place[-1:] != ("properties",):
            if part.get("additionalProperties") is not False:
                return f"In context={place}, 'additionalProperties' is required to be supplied and to be false"
            missing = set(part.get("properties", {})) - set(part.get("required", ()))
            if missing:
                return f"In context={place}, 'required' must include every key in properties. Missing {min(missing)!r}"
        open_places += [
            ((*place, name), one) for name, one in part.items() if name not in {"enum", "const", "examples", "default"}
        ]
    return None
