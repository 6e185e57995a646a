"""Suites: JSON files, one line per gate, read strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_pipeline.adapters.gates.budget import NAME, Budget, load_budget
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_text

DATA_GATES = ("source", "train", "holdout", "candidates", "deduplicated")
FINDING_GATES = ("memorisation", "fidelity", "utility", "diversity", "release")
GATES = DATA_GATES + FINDING_GATES
LABEL_GATES = ("grounding",)  # of records over real documents

SEVERITIES = ("critical", "warning", "info")
_FIELDS = {"type", "kwargs", "severity", "notes", "for_each"}


@dataclass(frozen=True, slots=True)
class Suite:
    """One gate: its lines as written, and the hash of the text they were written in."""

    gate: str
    path: Path
    text: str
    lines: tuple[dict[str, Any], ...]
    judges_all: bool
    budget: Budget | None = None  # where a line judges by significance

    @property
    def hash(self) -> str:
        """Of all that a verdict depends on."""
        return of_text(self.text, *([] if self.budget is None else [str(self.budget)]))

    def expand(self, facts: "Facts") -> list[dict[str, Any]]:
        """Lines with ``for_each`` once per column of that group, and ``$names`` replaced by facts."""
        out = []
        for line in self.lines:
            for column in facts.group(line["for_each"], self) if "for_each" in line else [None]:
                known = facts.of_column(column) if column is not None else {"$columns": facts.columns}
                kwargs = {key: known.get(value, value) if isinstance(value, str) else value
                          for key, value in line["kwargs"].items()}  # fmt: skip
                if column is not None:
                    kwargs["column"] = column
                out.append({"type": line["type"], "kwargs": kwargs, "severity": line.get("severity", "critical"),
                            "notes": line.get("notes")})  # fmt: skip
        return out


@dataclass(frozen=True, slots=True)
class Facts:
    """What a suite over a table may refer to: groups of columns, and facts of each column.

    A column's facts are ``$kind``, ``$grid``, ``$low``, ``$high`` and ``$levels``.
    """

    columns: list[str]
    groups: Mapping[str, list[str]]
    facts: Mapping[str, Mapping[str, Any]]

    def group(self, name: str, suite: Suite) -> list[str]:
        if name not in self.groups:
            raise SynthError(
                f"{suite.path.name}: for_each {name!r} is no group of columns.",
                f"use one of {', '.join(self.groups)}.",
            )
        return self.groups[name]

    def of_column(self, column: str) -> Mapping[str, Any]:
        return self.facts.get(column, {})


@dataclass(frozen=True, slots=True)
class Suites:
    """The folder of suites; a data set's own suite takes the place of the default one."""

    folder: Path

    def load(self, gate: str, dataset: str | None = None) -> Suite:
        """Raises SynthError for a suite that is missing, empty or not wholly understood."""
        own = self.folder / dataset / f"{gate}.json" if dataset else None
        path = own if own is not None and own.exists() else self.folder / "default" / f"{gate}.json"
        where = f"{path.parent.name}/{path.name}"
        try:
            text = path.read_text(encoding="utf-8")
            raw = json.loads(text)
        except FileNotFoundError:
            raise SynthError(f"The suite expectations/{where} is missing.", "restore it.") from None
        except json.JSONDecodeError as error:
            raise SynthError(f"expectations/{where}, line {error.lineno}: {error.msg}.", "mend the JSON.") from None
        lines = raw.get("expectations") if isinstance(raw, dict) else None
        if not isinstance(lines, list) or not lines:
            raise SynthError(f"expectations/{where} holds no expectations, and an empty suite judges nothing.",
                             "write at least one line under 'expectations'.")  # fmt: skip
        if raw.get("name") != gate:
            raise SynthError(f"expectations/{where} calls itself {raw.get('name')!r}.", f"name it {gate!r}.")
        for number, line in enumerate(lines, 1):
            _check_line(line, f"expectations/{where}, expectation {number}")
        meta = raw.get("meta", {})
        if (
            not isinstance(meta, dict)
            or set(meta) - {"judges_all"}
            or meta.get("judges_all") not in (None, True, False)
        ):
            raise SynthError(f"expectations/{where}: 'meta' is not understood.", 'write {"judges_all": true}, or none.')
        families = [line["kwargs"]["family"] for line in lines if line["kwargs"].get("family")]
        budget = load_budget(self.folder / NAME) if families else None
        for family in families:
            budget.share(family)  # type: ignore[union-attr]
        return Suite(gate, path, text, tuple(lines), meta.get("judges_all", False), budget)


def _check_line(line: Any, where: str) -> None:
    """What Great Expectations would drop or wave through in silence is an error here."""
    if not isinstance(line, dict) or not isinstance(line.get("type"), str) or not isinstance(line.get("kwargs"), dict):
        raise SynthError(f"{where} lacks 'type' or 'kwargs'.", 'write {"type": ..., "kwargs": {...}}.')
    if surplus := sorted(set(line) - _FIELDS):
        raise SynthError(f"{where} has the unknown field {surplus[0]!r}.", f"use {', '.join(sorted(_FIELDS))}.")
    if line.get("severity", "critical") not in SEVERITIES:
        raise SynthError(f"{where}: severity {line['severity']!r} is unknown.", f"use {', '.join(SEVERITIES)}.")
    mostly = line["kwargs"].get("mostly", 1)
    if not isinstance(mostly, int | float) or not 0 < mostly <= 1:
        raise SynthError(f"{where}: 'mostly' is {mostly!r}, which passes anything.", "use a share above 0, up to 1.")
    if "row_condition" in line["kwargs"]:
        raise SynthError(f"{where}: 'row_condition' passes when it matches no row.", "judge all rows instead.")
