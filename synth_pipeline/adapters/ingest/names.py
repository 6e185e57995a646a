"""Which names and types of columns a source may have."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from synth_pipeline.core.errors import SynthError

_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
_WITHOUT_KIND = ("BLOB", "TIME", "INTERVAL", "BIT", "GEOMETRY")


def check_known(wanted: Iterable[str], names: Sequence[str], role: str, called: str) -> None:
    """Raises SynthError with a suggestion where a declared column does not exist."""
    for name in wanted:
        if name in names:
            continue
        near = difflib.get_close_matches(name, names, 1) or [n for n in names if n.casefold() == name.casefold()]
        fix = f"did you mean {near[0]!r}?" if near else f"its columns are {shown(names)}."
        raise SynthError(f"{called} has no column {name!r}, which is named as {role}.", fix)


def check_names(names: Sequence[str], exclude: Sequence[str], called: str, reserved: str) -> list[int]:
    """Positions of the columns to read.

    Raises SynthError for names that are unknown, empty, reserved, or equal but for case, which SQL cannot tell apart.
    """
    check_known(exclude, names, "excluded", called)
    kept = [i for i, name in enumerate(names) if name not in exclude]
    if reserved == "drop":
        kept = [i for i in kept if not names[i].startswith("_")]
    if not kept:
        raise SynthError(f"{called} has no column that is not excluded.", "exclude fewer columns.")
    for i in kept:
        if not names[i].strip():
            raise SynthError(f"Column {i + 1} of {called} has no name.", "name it, or leave it out.")
        if names[i].startswith("_"):
            raise SynthError(
                f"Column {names[i]!r} of {called} begins with an underscore; such names are reserved for provenance.",
                "rename it, or exclude it.",
            )
    check_distinct([names[i] for i in kept], called)
    return kept


def check_distinct(names: Iterable[str], called: str) -> None:
    """Raises SynthError where two names are equal, or equal but for case."""
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.get(name.casefold())
        if twin is not None:
            told = " twice" if twin == name else f" and {twin!r}, which differ only in case"
            raise SynthError(f"{called} has the column {name!r}{told}.", "rename one of the two.")
        seen[name.casefold()] = name


def check_types(types: Mapping[str, str], called: str) -> None:
    """Raises SynthError for a column whose SQL type has no kind."""
    for name, sql_type in types.items():
        if sql_type.endswith("]") or sql_type.startswith(_NESTED):
            raise SynthError(
                f"Column {name!r} of {called} holds nested values.", "spread it over plain columns, or exclude it."
            )
        if sql_type.startswith(_WITHOUT_KIND) and not sql_type.startswith("TIMESTAMP"):
            raise SynthError(
                f"Column {name!r} of {called} is of type {sql_type}, which has no kind here.",
                "convert it to numbers, text or a timestamp, or exclude it.",
            )


def shown(names: Sequence[str], most: int = 20) -> str:
    """A list of names that fits a message."""
    more = f" and {len(names) - most} more" * (len(names) > most)
    return ", ".join(repr(name) for name in names[:most]) + more
