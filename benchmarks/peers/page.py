"""The board as Markdown."""

from collections.abc import Sequence

import pandas as pd

from peers.cases import CLEAN
from peers.environments import OURS
from peers.rule import ENOUGH, missed, sighted

TITLES = {CLEAN: "*clean: other real rows*"}


def board(lines: pd.DataFrame, faults: Sequence[str], tools: Sequence[str]) -> str:
    """A row per fault, a column per tool; ``lines`` has one row per tool, fault and seed of one table."""
    parts = {tool: lines[lines["tool"] == tool] for tool in tools}
    rows = [[TITLES.get(fault, fault), *(_cell(part, fault, tool) for tool, part in parts.items())]
            for fault in (CLEAN, *faults) if (lines["fault"] == fault).any()]  # fmt: skip
    head = [["planted in the synthetic table", *tools], ["---"] * (len(tools) + 1)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [*head, *rows])
    return "\n".join([table, "", *(f"- {note}" for tool, part in parts.items() for note in _notes(part, tool))])


def _cell(lines: pd.DataFrame, fault: str, tool: str) -> str:
    found, clean = lines[lines["fault"] == fault], lines[lines["fault"] == CLEAN]
    if found["failed"].notna().any():
        return f"failed in {found['failed'].notna().sum()} of {len(found)}"
    if found.empty or clean["scores"].isna().all():
        return "not run yet"
    if tool == OURS:
        return _verdicts(found)
    controls = clean["scores"].dropna().tolist()
    best = sighted(found["scores"].tolist(), controls)
    if fault == CLEAN:
        return f"{best.by_any} of {len(controls)} are told apart by some score"
    if not best.seen:
        return f"no, {best.told} of {best.seeds}{f' ({best.score})' if best.told else ''}"
    return f"**yes**, {best.told} of {best.seeds}: {best.score} {best.value:.4g} ({best.bound})"


def _verdicts(found: pd.DataFrame) -> str:
    """Our own audit sees what it blocks or refuses."""
    answers = found["scores"].tolist()
    stopped = [answer for answer in answers if answer["verdict"] in {"block", "refused"}]
    warned = sum(answer["verdict"] == "warn" for answer in answers)
    shown = f": {stopped[0]['shown']}" if stopped else ""
    seen = "**yes**" if len(stopped) >= ENOUGH * len(answers) else "no"
    return f"{seen}, {len(stopped)} of {len(answers)}{shown}{f'; warns in {warned}' if warned else ''}"


def _notes(lines: pd.DataFrame, tool: str) -> list[str]:
    """What a tool could not do, and thresholds of its own that clean tables miss."""
    failed = lines[lines["failed"].notna()]
    notes = [f"{tool} failed on {row.fault}, seed {row.seed}: {row.failed}" for row in failed.itertuples()]
    scores = lines["scores"].dropna().tolist()
    clean = lines.loc[lines["fault"] == CLEAN, "scores"].dropna().tolist()
    if tool == OURS or not clean:
        return notes
    unmeasured = {name: sum(one[name]["value"] is None for one in scores) for name in scores[0]}
    notes += [f"{tool} did not measure {name} in {n} of {len(scores)} tables" for name, n in unmeasured.items() if n]
    return notes + [
        f"{tool}: {count} of {len(clean)} clean tables miss what it documents for {name}"
        for name, count in missed(clean).items()
    ]
