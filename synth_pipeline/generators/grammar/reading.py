"""Grammars in files of their own."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.grammar import GrammarFields, TextGrammar

_ROOT = Path(__file__).resolve().parents[3]


class _Strict(yaml.SafeLoader):
    """PyYAML alone keeps the last of two equal keys in silence, and reads the words on, off, yes and no as truths."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own attribute
        first: [(tag, pattern) for tag, pattern in resolvers if tag.rpartition(":")[2] not in ("bool", "timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set[str]()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} is given twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def text_of(file: str) -> str:
    """What stands in the file; a relative path starts at the project's folder.  Raises SynthError if none is there."""
    try:
        return (_ROOT / file).read_text(encoding="utf-8")
    except OSError:
        raise SynthError(f"The grammar {file} does not exist.", "write it, or correct 'file'.") from None
    except UnicodeDecodeError:
        raise SynthError(f"The grammar {file} is not UTF-8 text.", "save it as UTF-8.") from None


def grammar_of(declared: TextGrammar) -> GrammarFields:
    """The grammar itself; raises SynthError naming file and field where that in a file is not understood."""
    from pydantic import ValidationError

    if declared.file is None:
        return declared
    try:
        content = yaml.load(text_of(declared.file), _Strict)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SynthError(f"{declared.file}{line}: {error.problem}.", "mend the YAML.") from None
    if not isinstance(content, dict):
        raise SynthError(f"{declared.file} holds no fields.", "write at least 'rules' with the rule 'start'.")
    try:
        return GrammarFields.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        inner = ("str", "dict[", "function-")  # how pydantic names the members of a union
        place = ".".join(str(part) for part in first["loc"] if not str(part).startswith(inner)) or "the whole"
        told = first["msg"].removeprefix("Value error, ")
        raise SynthError(f"{declared.file}, {place}: {told}.", "mend the grammar.") from None
