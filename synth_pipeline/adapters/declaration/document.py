"""A YAML file with the line of each of its fields.

PyYAML alone keeps the last of two equal keys in silence and forgets where values stood, so the tree of nodes
is looked at before values are made of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from synth_pipeline.adapters.declaration.mistake import Mistake

Place = tuple[str | int, ...]  # keys and positions from the top of the file

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Dates stay text, as they do for Dagster."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Raises ConstructorError with a line where PyYAML lets Python's own error through."""
        try:
            return super().construct_object(node, deep)
        except ValueError:
            told = "a value is marked as a number that it is not"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from None


_Loader.add_constructor(_TIMESTAMP, yaml.SafeLoader.construct_yaml_str)


@dataclass(frozen=True)
class Document:
    """``called`` is the file as messages name it; ``lines`` begin with 1; ``repeated`` are keys after their first."""

    called: Path
    content: Any
    lines: dict[Place, int]
    repeated: list[tuple[Place, int]]

    def line(self, place: Place) -> int | None:
        """Where a field stands, or else the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def value(self, place: Place) -> Any:
        """What stands there; None where nothing does."""
        found = self.content
        for part in place:
            if isinstance(found, dict):
                found = found.get(part)
            elif isinstance(found, list) and isinstance(part, int) and part < len(found):
                found = found[part]
            else:
                return None
        return found

    def repetitions(self) -> Iterator[Mistake]:
        """Fields that are given twice, of which only the last would count."""
        for place, line in self.repeated:
            problem = f"is given a second time, after line {self.line(place)}; only the last one would count."
            yield Mistake(self.called, line, dotted(place), problem, "delete one of the two.")


def read(file: Path, called: Path) -> Document | Mistake:
    """The file, or why it is no YAML."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return Mistake(called, None, "", "the file is not UTF-8 text.", "save it as UTF-8.")
    except OSError as error:
        return Mistake(called, None, "", f"the file cannot be read ({error.strerror}).", "restore it.")
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        lines: dict[Place, int] = {}
        repeated: list[tuple[Place, int]] = []
        _walk(node, (), lines, repeated, frozenset())
        return Document(called, None if node is None else loader.construct_document(node), lines, repeated)
    except yaml.MarkedYAMLError as error:
        return _syntax(error, text, called)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return Mistake(called, line, "", "a control character stands here.", "delete it.")


def dotted(place: Place) -> str:
    """A place as people write it, without the ``attributes`` around all fields."""
    inner = place[1:] if place[:1] == ("attributes",) and len(place) > 1 else place
    out = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in inner)
    return out.removeprefix(".")


def _walk(
    node: yaml.Node | None,
    place: Place,
    lines: dict[Place, int],
    repeated: list[tuple[Place, int]],
    above: frozenset[int],
) -> None:
    """Note the line of each field; raises ComposerError where an alias leads back to one of the nodes ``above``."""
    if node is None:
        return
    if id(node) in above:
        raise yaml.composer.ComposerError(None, None, "an alias names what it is a part of", node.start_mark)
    above |= {id(node)}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag.endswith(":merge"):
                continue
            inner = (*place, str(key.value))
            if inner in lines:
                repeated.append((inner, key.start_mark.line + 1))
                continue
            lines[inner] = key.start_mark.line + 1
            _walk(value, inner, lines, repeated, above)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            lines[*place, position] = item.start_mark.line + 1
            _walk(item, (*place, position), lines, repeated, above)


def _syntax(error: yaml.MarkedYAMLError, text: str, called: Path) -> Mistake:
    """What the parser stumbled over; where that is the rest of the file, where it began."""
    mark = error.problem_mark or error.context_mark
    line = 1 + (mark.line if mark else 0)
    lines = text.splitlines()
    told = (error.problem or "").strip()
    if error.context_mark is not None and (line > len(lines) or "simple key" in (error.context or "")):
        line = error.context_mark.line + 1
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())] or "'\\t'" in told:
        return Mistake(called, line, "", "a tab stands where YAML allows only spaces.", "indent with spaces.")
    if "unhashable" in told or "unacceptable key" in told:
        fix = 'put a template in quotes, such as "{{ env.NAME }}".'
        return Mistake(called, line, "", "a name of a field is no plain text.", fix)
    if "single document" in (error.context or ""):
        return Mistake(called, line, "", "a second document begins here.", "give each data set a folder of its own.")
    fix = "look here and in the line above for indentation, a missing ':' or space, or a quote or bracket left open."
    return Mistake(called, line, "", f"this is no valid YAML: {told}.", fix)
