"""The findings of an audit, one section for each check, in the order in which a reader meets them."""

import inspect
import math
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from synth_pipeline.checks import CHECKS
from synth_pipeline.checks.labels import LABEL_CHECKS
from synth_pipeline.core.finding import Family
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.reports.facts import Facts
from synth_pipeline.reports.words import MORE_IS_BETTER, NOT_MEASURED, as_verdict, interval, number, sentences

SHOWN = 20  # subjects of a metric that a chart has room for

_HARSH_FIRST = (Verdict.BLOCK, Verdict.UNMEASURED, Verdict.WARN, None, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Row:
    """A judged finding."""

    check: str
    subject: str
    metric: str
    value: float
    low: float
    high: float
    baseline: float
    p_value: float
    n: int
    note: str
    verdict: Verdict | None
    expectation: str

    @property
    def measured(self) -> bool:
        """Has a number; else the note says why not."""
        return math.isfinite(self.value)

    @property
    def excess(self) -> float:
        """How much worse than real against real; the value itself where there is nothing to compare with."""
        if not math.isfinite(self.baseline):
            return self.value
        return (self.value - self.baseline) * (-1 if self.metric in MORE_IS_BETTER else 1)

    @property
    def shown_value(self) -> str:
        """A number, or that there is none."""
        return number(self.value) if self.measured else NOT_MEASURED

    @property
    def shown_interval(self) -> str:
        """Bounds, or a dash where the check gives none."""
        return interval(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Section:
    """What one check found."""

    name: str
    title: str
    explanation: list[str]
    private: bool
    rows: list[Row]

    @property
    def verdict(self) -> Verdict | None:
        """The harshest of its findings."""
        return min((row.verdict for row in self.rows), key=_HARSH_FIRST.index)

    @property
    def unmeasured(self) -> list[Row]:
        """What it could not measure."""
        return [row for row in self.rows if not row.measured]

    @property
    def metrics(self) -> list[tuple[str, list[Row]]]:
        """Measured rows by metric, the largest excess first; those that did not pass before all others."""
        names = dict.fromkeys(row.metric for row in self.rows if row.measured)
        return [(name, sorted((row for row in self.rows if row.measured and row.metric == name), key=_prominence))
                for name in names]  # fmt: skip


def sections(judgements: list[Judgement]) -> list[Section]:
    """One for each check that found something: first those of the list of checks, then any others."""
    rows = list(_rows(judgements))
    known = [check.name for check in (*CHECKS, *LABEL_CHECKS)]
    found = dict.fromkeys(row.check for row in rows)
    order = [name for name in known if name in found] + [name for name in found if name not in known]
    return [_section(name, [row for row in rows if row.check == name]) for name in order]


def warnings(facts: Facts) -> list[str]:
    """What held with a warning, unless it is among the reasons already."""
    said = [f"{judgement.gate}: {line.reason or line.expectation}" for judgement in facts.judgements
            for line in judgement.lines if line.verdict is Verdict.WARN]  # fmt: skip
    return [text for text in said if text not in facts.reasons]


def absent_checks(judgements: list[Judgement]) -> list[str]:
    """Titles of checks that have no finding at all."""
    found = {row.check for row in _rows(judgements)}
    return [title(check.name) for check in CHECKS if check.name not in found]


def title(name: str) -> str:
    """Of a check, from its docstring."""
    return _described(name)[0]


def _described(name: str) -> tuple[str, list[str]]:
    check = next((check for check in (*CHECKS, *LABEL_CHECKS) if check.name == name), None)
    head, text = sentences(inspect.getdoc(type(check)) or "") if check is not None else ("", [])
    return head or name.replace("_", " ").capitalize(), text


def _section(name: str, rows: list[Row]) -> Section:
    head, text = _described(name)
    private = any(check.name == name and check.family is Family.PRIVACY for check in CHECKS)
    return Section(name, head, text, private, rows)


def _rows(judgements: list[Judgement]) -> Iterator[Row]:
    """All findings; one that several gates judge comes once, with the harshest verdict."""
    seen: dict[tuple[str, str, str], Row] = {}
    for judgement in judgements:
        if judgement.findings is None:
            continue
        for record in judgement.findings.to_dict("records"):
            row = _row(record)
            key = row.check, row.subject, row.metric
            if key not in seen or _HARSH_FIRST.index(row.verdict) < _HARSH_FIRST.index(seen[key].verdict):
                seen[key] = row
    yield from seen.values()


def _row(record: dict) -> Row:
    texts = {key: "" if pd.isna(record.get(key)) else str(record[key]) for key in ("note", "expectation")}
    numbers = {key: float(record[key]) for key in ("value", "low", "high", "baseline", "p_value")}
    return Row(str(record["check"]), str(record["subject"]), str(record["metric"]), **numbers, n=int(record["n"]),
               verdict=as_verdict(record.get("verdict")), **texts)  # fmt: skip


def _prominence(row: Row) -> tuple[bool, float]:
    return row.verdict in (Verdict.PASS, None), -row.excess
