"""Judging: a suite over a table or over findings gives a Judgement."""

import json
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from synth_pipeline.adapters.gates.budget import spend
from synth_pipeline.adapters.gates.suite import Facts, Suite
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Judgement, Line, Verdict, worst

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuite, ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

_SHOWN = 3  # subjects named in a reason


def facts_of(table: Table, key: str | None, profile: Table | None = None) -> Facts:
    """What a suite may say of a table: ``profile`` (train) supplies ranges and levels for synthetic tables."""
    schema = table.schema
    groups = {
        "column": schema.names,
        "required": [column.name for column in schema.columns if not column.nullable],
        "numeric": [column.name for column in schema.columns if column.kind.is_numeric],
        "nominal": [column.name for column in schema.columns if column.kind.is_nominal],
        "key": [key] if key is not None else [],
        "record": [RECORD_ID] if table.ids is not None else [],
    }
    facts: dict[str, dict[str, Any]] = {
        column.name: {"$kind": column.kind.value, "$grid": column.grid} for column in schema.columns
    }
    if profile is not None:
        groups["numeric"] = [name for name in groups["numeric"] if profile.frame[name].notna().any()]
        for name in groups["numeric"]:
            facts[name] |= {"$low": profile.frame[name].min(), "$high": profile.frame[name].max()}
        for name in groups["nominal"]:
            facts[name]["$levels"] = profile.frame[name].dropna().unique().tolist()
    columns = schema.names + ([RECORD_ID] if table.ids is not None else [])
    return Facts(columns, groups, facts)


def judge_table(suite: Suite, table: Table, key: str | None = None, profile: Table | None = None) -> Judgement:
    """Judge a data step on its own table."""
    frame = table.frame if table.ids is None else table.frame.assign(**{RECORD_ID: table.ids})
    results = _evaluate(suite, suite.expand(facts_of(table, key, profile)), frame)
    return Judgement(suite.gate, suite.hash, tuple(_table_line(one) for one in results))


def judge_findings(suite: Suite, findings: pd.DataFrame, without: Iterable[str] = ()) -> Judgement:
    """Judge an audit step on its findings.

    ``without`` names checks that were not asked for (utility where there is no target): their lines are
    not judged and say so.
    """
    findings = findings.reset_index(drop=True).assign(verdict="", expectation="")
    skipped = set(without)
    wanted = [line for line in suite.expand(Facts([], {}, {})) if line["kwargs"].get("check") not in skipped]
    lines = [Line(f"check {check}", "info", Verdict.PASS, "not asked for") for check in sorted(skipped)]
    if suite.budget is not None:
        findings = spend(suite.budget, wanted, findings)
    if wanted:
        results = _evaluate(suite, wanted, findings)
        lines += [_finding_line(one, findings) for one in results]
        if any(row.get("voids") for one in results for row in (one.result or {}).get("judged", [])):
            lines = _voided(lines, findings)
        for check in {one.expectation_config.kwargs["check"] for one in results if _voids_check(one)}:
            lines = _voided(lines, findings, check)
    findings = findings.drop(columns=["p_holm", "alpha"], errors="ignore")
    unjudged = findings["verdict"] == ""
    if suite.judges_all and unjudged.any():
        names = (findings["check"] + " " + findings["metric"] + " " + findings["note"])[unjudged].str.strip().unique()
        lines.append(Line("every finding is judged", "critical", Verdict.UNMEASURED,
                          f"no line judges {', '.join(names)}"))  # fmt: skip
    findings.loc[unjudged, "verdict"] = Verdict.UNMEASURED.value if suite.judges_all else Verdict.PASS.value
    return Judgement(suite.gate, suite.hash, tuple(lines), findings)


def _evaluate(suite: Suite, lines: list[dict[str, Any]], frame: pd.DataFrame) -> "list[ExpectationValidationResult]":
    """Great Expectations' own results, one for each line, in order."""
    import great_expectations as gx

    built = _build(suite, lines)
    # A context of its own for every judgement: contexts shared by threads judge each other's tables.
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.add_pandas("table").add_dataframe_asset("table")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    # Never the values that were not expected: they may be real.
    result = batch.validate(built, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    if len(result.results) != len(lines):
        raise SynthError(f"{suite.path.name}: {len(result.results)} of {len(lines)} expectations were evaluated.",
                         "remove duplicate lines.")  # fmt: skip
    return result.results


def _build(suite: Suite, lines: list[dict[str, Any]]) -> "ExpectationSuite":
    """Great Expectations only logs an expectation that it cannot build, and goes on: here it is an error."""
    import great_expectations as gx
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import get_expectation_impl

    import synth_pipeline.adapters.gates.expectations  # noqa: F401  (registers them)

    expectations = []
    for number, line in enumerate(lines, 1):
        where = f"expectations/{suite.path.parent.name}/{suite.path.name}, {line['type']}"
        try:
            made = get_expectation_impl(line["type"])(**line["kwargs"], severity=line["severity"], notes=line["notes"])
        except ExpectationNotFoundError:
            raise SynthError(f"{where}: there is no such expectation.", "correct the type.") from None
        except ValueError as error:  # pydantic's errors are ValueErrors
            raise SynthError(f"{where}: {_first_error(error)}.", "correct its kwargs.") from None
        made.meta = {"line": number}
        expectations.append(made)
    return gx.ExpectationSuite(name=suite.gate, expectations=expectations)


def _first_error(error: ValueError) -> str:
    return "; ".join(part.strip() for part in str(error).splitlines()[1:3]) or str(error)


def _table_line(one: "ExpectationValidationResult") -> Line:
    """One expectation over a table."""
    config = one.expectation_config
    assert config is not None
    column = config.kwargs.get("column")
    name = config.type if column is None else f"{config.type}({column})"
    if one.success:
        return Line(name, config.severity.value, Verdict.PASS)
    result = one.result or {}
    if not result:  # an exception leaves an empty result
        return Line(name, config.severity.value, Verdict.UNMEASURED, f"{name} could not be evaluated")
    count = result.get("unexpected_count")
    observed = f"{count} values" if count is not None else str(result.get("observed_value", "failed"))
    verdict = Verdict.BLOCK if config.severity.value == "critical" else Verdict.WARN
    return Line(name, config.severity.value, verdict, f"{name}: {observed[:200]}{_wanted(config)}")


def _wanted(config: "ExpectationConfiguration") -> str:
    """The bounds of an expectation of the whole table, and why it stands there; those of a column are real values."""
    if config.kwargs.get("column") is not None:
        return ""
    named = (("at least", "min_value"), ("at most", "max_value"))
    parts = [f"{word} {value:,}" for word, key in named
             if isinstance(value := config.kwargs.get(key), int | float)]  # fmt: skip
    bounds = f", and {' and '.join(parts)} is wanted" if parts else ""
    return f"{bounds} ({config.notes})" if config.notes and isinstance(config.notes, str) else bounds


def _finding_line(one: "ExpectationValidationResult", findings: pd.DataFrame) -> Line:
    """One expectation over findings; writes the verdicts into the findings."""
    config = one.expectation_config
    assert config is not None
    kwargs = config.kwargs
    severity = config.severity.value
    bounds = ", ".join(f"{key} {value:g}" for key, value in kwargs.items()
                       if isinstance(value, int | float) and not isinstance(value, bool))  # fmt: skip
    bounds = f"family {kwargs['family']}" if kwargs.get("family") else bounds
    name = f"{kwargs.get('check', config.type)} {kwargs.get('metric', '')} ({bounds})".replace(" ()", "")
    if "judged" not in (one.result or {}):
        return _table_line(one)
    judged = one.result["judged"]
    for row in judged:
        row["verdict"] = _soften(Verdict(row["verdict"]), severity)
        if row["index"] is not None:
            _note_verdict(findings, row, name)
    verdict = worst(row["verdict"] for row in judged)
    return Line(name, severity, verdict, _reason(kwargs, judged, verdict))


def _voids_check(one: "ExpectationValidationResult") -> bool:
    return any(row.get("voids_check") for row in (one.result or {}).get("judged", []))


def _voided(lines: list[Line], findings: pd.DataFrame, check: str | None = None) -> list[Line]:
    """A line said that nothing of this gate, or of one check, was measured: its findings and lines are UNMEASURED."""
    findings.loc[(findings["check"] == check) | (check is None), "verdict"] = Verdict.UNMEASURED.value
    return [line if (line.reason and line.verdict is Verdict.UNMEASURED) or not _is_of(line, check)
            else Line(line.expectation, line.severity, Verdict.UNMEASURED) for line in lines]  # fmt: skip


def _is_of(line: Line, check: str | None) -> bool:
    """Lines about one check that only warn go on to."""
    return check is None or (line.severity == "critical" and line.expectation.split(" ", 1)[0] == check)


def _soften(verdict: Verdict, severity: str) -> Verdict:
    """A line that is not critical can only warn."""
    return verdict if severity == "critical" or verdict is Verdict.PASS else Verdict.WARN


def _note_verdict(findings: pd.DataFrame, row: dict[str, Any], name: str) -> None:
    """A finding that several lines judge keeps the worst verdict and names its line."""
    before = findings.at[row["index"], "verdict"]
    if not before or worst([Verdict(before), row["verdict"]]) is not Verdict(before):
        findings.at[row["index"], "verdict"] = row["verdict"].value
        findings.at[row["index"], "expectation"] = name
        if row["reason"] and row["verdict"] is not Verdict.PASS:
            findings.at[row["index"], "note"] = row["reason"]


def _reason(kwargs: dict[str, Any], judged: list[dict[str, Any]], verdict: Verdict) -> str:
    """What is wrong, in one sentence that names the worst subjects."""
    if verdict is Verdict.PASS:
        return ""
    rows = sorted((row for row in judged if row["verdict"] is verdict), key=lambda row: -row["excess"])
    named = "; ".join(f"{row['subject']}: {row['reason']}" for row in rows[:_SHOWN])
    more = f" (and {len(rows) - _SHOWN} more)" if len(rows) > _SHOWN else ""
    return f"{kwargs['check']} {kwargs['metric']}: {named}{more}"


def table_of_findings(findings: pd.DataFrame) -> list[dict[str, Any]]:
    """Findings as JSON objects: NaN becomes null."""
    rows = json.loads(findings.to_json(orient="records", double_precision=15))
    return [{key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
            for row in rows]  # fmt: skip
