"""An audit as a document for machines: JSON after a published schema, JUnit XML, and one line for a log."""

import json
import math
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_pipeline.core.finding import NUMBERS
from synth_pipeline.core.verdict import Judgement, Verdict, worst
from synth_pipeline.reports.words import printable

VERSION = 1


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FindingPart(_Part):
    """One number that a check measured, and how its gate judged it."""

    check: str
    family: str = Field(description="privacy, fidelity, utility or diversity")
    subject: str = Field(description="column, pair of columns, group or attack that it is about")
    metric: str
    value: float | None = Field(description="null where it could not be measured; then the note says why")
    low: float | None = Field(description="lower bound of the value")
    high: float | None = Field(description="upper bound of the value")
    baseline: float | None = Field(description="the same number between real and real, or what chance gives")
    p_value: float | None = Field(description="under the hypothesis that train and holdout are treated alike")
    n: int = Field(description="records behind it")
    note: str
    verdict: Verdict
    expectation: str = Field(description="the line of the suite that judged it")


class LinePart(_Part):
    """How one line of a suite came out."""

    expectation: str
    severity: str
    verdict: Verdict
    reason: str


class GatePart(_Part):
    """How one gate came out."""

    gate: str
    verdict: Verdict
    suite: str = Field(description="hash of the suite's text and of the error budget")
    lines: list[LinePart]


class AuditDocument(_Part):
    """A whole audit."""

    version: int = Field(VERSION, description="of this schema")
    verdict: Verdict
    summary: str
    rows: dict[str, int] = Field(description="of train, holdout and synthetic")
    preset: str
    gates: list[GatePart]
    findings: list[FindingPart]


def document(judgements: list[Judgement], rows: dict[str, int], preset: str) -> AuditDocument:
    """All of an audit that a machine may want to know."""
    gates = [GatePart(gate=one.gate, verdict=one.verdict, suite=one.suite, lines=[
        LinePart(expectation=line.expectation, severity=line.severity, verdict=line.verdict, reason=line.reason)
        for line in one.lines]) for one in judgements]  # fmt: skip
    found = [_finding(row) for one in judgements if one.findings is not None
             for row in one.findings.to_dict("records")]  # fmt: skip
    return AuditDocument(version=VERSION, verdict=worst(one.verdict for one in judgements),
                         summary=summary(judgements, rows), rows=rows, preset=preset, gates=gates,
                         findings=found)  # fmt: skip


def as_json(audit: AuditDocument) -> str:
    """Equal audits, equal bytes."""
    return json.dumps(audit.model_dump(mode="json"), indent=1, ensure_ascii=False)


def schema() -> str:
    """JSON Schema of the document."""
    return json.dumps(AuditDocument.model_json_schema(), indent=1) + "\n"


def summary(judgements: list[Judgement], rows: dict[str, int]) -> str:
    """One line for a log: the verdict, that of every gate, and sizes."""
    gates = " ".join(f"{one.gate}={one.verdict.value}" for one in judgements)
    sizes = " ".join(f"{name}={count}" for name, count in rows.items())
    return f"verdict={worst(one.verdict for one in judgements).value} {gates} {sizes}"


def as_junit(judgements: list[Judgement]) -> str:
    """JUnit XML: a suite for each gate, a case for each line; blocked lines fail, unmeasured ones are errors."""
    root = ET.Element("testsuites", name="synth audit")
    for one in judgements:
        verdicts = [line.verdict for line in one.lines]
        suite = ET.SubElement(root, "testsuite", name=one.gate, tests=str(len(verdicts)),
                              failures=str(verdicts.count(Verdict.BLOCK)),
                              errors=str(verdicts.count(Verdict.UNMEASURED)))  # fmt: skip
        for line in one.lines:
            case = ET.SubElement(suite, "testcase", classname=f"synth.{one.gate}", name=_plain(line.expectation))
            tag = {Verdict.BLOCK: "failure", Verdict.UNMEASURED: "error"}.get(line.verdict)
            if tag is not None:
                ET.SubElement(case, tag, type=line.verdict.value, message=_plain(line.reason))
            elif line.verdict is Verdict.WARN:
                ET.SubElement(case, "system-out").text = _plain(f"warning: {line.reason}")
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _plain(text: str) -> str:
    """Without characters that XML has no place for."""
    return "".join(printable(character) if ord(character) < 32 else character for character in text)


def _finding(row: dict[str, Any]) -> FindingPart:
    numbers = {name: float(row[name]) if math.isfinite(row[name]) else None for name in NUMBERS}
    texts = {name: "" if pd.isna(row[name]) else str(row[name])
             for name in ("check", "family", "subject", "metric", "note", "expectation")}  # fmt: skip
    return FindingPart(**numbers, **texts, n=int(row["n"]), verdict=Verdict(row["verdict"]))
