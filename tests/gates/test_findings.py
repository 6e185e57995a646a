"""Judging findings: bounds, what is missing, what is not a number, and severities."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.adapters.gates.judge import table_of_findings
from synth_pipeline.adapters.gates.tolerance import weigh
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.verdict import Judgement, Verdict, worst

PASS, WARN, BLOCK, UNMEASURED = Verdict


def finding(value: float = 0.1, low: float = 0.05, high: float = 0.15, baseline: float = 0.1, p_value: float = math.nan,
            subject: str = "s", metric: str = "m", **fields: Any) -> Finding:  # fmt: skip
    fields = {"n": 1_000} | fields
    return Finding("c", Family.FIDELITY, subject, metric, value, low, high, baseline, p_value, **fields)


def judged(folder: Path, findings: list[Finding] | pd.DataFrame, *lines: dict[str, Any], judges_all: bool = True,
           without: tuple[str, ...] = ()) -> Judgement:  # fmt: skip
    suite = {"name": "fidelity", "meta": {"judges_all": judges_all}, "expectations": list(lines)}
    path = folder / "default" / "fidelity.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(suite))
    frame = findings if isinstance(findings, pd.DataFrame) else as_frame(findings)
    return judge_findings(Suites(folder).load("fidelity"), frame, without)


def line(severity: str = "critical", check: str = "c", metric: str = "m", **bounds: Any) -> dict[str, Any]:
    return {"type": "expect_finding", "kwargs": {"check": check, "metric": metric} | bounds, "severity": severity}


WEIGHED = [
    ("max_excess", 0.03, {"value": 0.2, "low": 0.18, "high": 0.22, "baseline": 0.1}, BLOCK),
    ("max_excess", 0.03, {"value": 0.12, "low": 0.11, "high": 0.13, "baseline": 0.1}, WARN),
    ("max_excess", 0.03, {"value": 0.115, "low": 0.105, "high": 0.125, "baseline": 0.1}, PASS),
    ("max_excess", 0.03, {"value": 0.11, "low": 0.09, "high": 0.13, "baseline": 0.1}, PASS),
    ("max_excess", 0.03, {"value": 0.11, "low": 0.01, "high": 0.21, "baseline": 0.1}, UNMEASURED),
    ("max_excess", 0.03, {"value": 0.5, "low": 0.4, "high": 0.6, "baseline": 0.1}, BLOCK),
    ("max_excess", 0.03, {"baseline": math.nan}, UNMEASURED),
    ("max_excess", 0.03, {"low": math.nan}, UNMEASURED),
    ("max_excess", 0.03, {"value": math.nan}, UNMEASURED),
    ("min_ratio", 0.95, {"value": 0.9, "low": 0.88, "high": 0.92}, BLOCK),
    ("min_ratio", 0.95, {"value": 0.94, "low": 0.92, "high": 0.96}, WARN),
    ("min_ratio", 0.95, {"value": 0.99, "low": 0.97, "high": 1.01}, PASS),
    ("min_ratio", 0.95, {"value": 0.99, "low": 0.89, "high": 1.09}, UNMEASURED),
    ("min_ratio", 0.95, {"high": math.nan}, UNMEASURED),
    ("min_shown", 0.4, {"value": 0.6, "low": 0.45}, PASS),
    ("min_shown", 0.4, {"value": 0.6, "low": 0.35}, UNMEASURED),
    ("min_shown", 0.4, {"value": 0.6, "low": math.nan}, UNMEASURED),
    ("min_shown", 0.4, {"value": math.nan, "low": 0.9}, UNMEASURED),
    ("family", "copies", {"p_value": 0.0009}, BLOCK),
    ("family", "copies", {"p_value": 0.001}, PASS),
    ("family", "copies", {"p_value": math.nan}, UNMEASURED),
    ("family", "copies", {"value": math.nan, "p_value": 0.5}, UNMEASURED),
    ("max_value", 0.1, {"value": 0.1001}, BLOCK),
    ("max_value", 0.1, {"value": 0.1}, PASS),
    ("max_value", 0.1, {"value": math.inf}, UNMEASURED),
    ("min_value", 0.1, {"value": 0.0999}, BLOCK),
    ("min_value", 0.1, {"value": 0.1}, PASS),
]


@pytest.mark.parametrize(("bound", "limit", "fields", "verdict"), WEIGHED)
def test_a_finding_is_weighed_against_its_bound(bound, limit, fields, verdict):
    row = as_frame([finding(**fields)]).iloc[0]
    outcome, reason = weigh({**row, "p_holm": row["p_value"], "alpha": 0.001}, {bound: limit})
    assert outcome is verdict
    assert bool(reason) == (verdict is not PASS)


def test_of_several_bounds_the_worst_counts():
    row = as_frame([finding(value=0.2, low=0.18, high=0.22, baseline=0.19)]).iloc[0]
    assert weigh(row, {"max_excess": 0.05, "max_value": 0.1})[0] is BLOCK
    assert weigh(row, {"max_excess": 0.001, "max_value": 0.3})[0] is UNMEASURED


def test_noise_larger_than_the_tolerance_names_the_rows_that_would_do():
    row = as_frame([finding(value=0.11, low=0.05, high=0.17, n=1_000)]).iloc[0]
    assert re.search("about 4[01]00 rows", weigh(row, {"max_excess": 0.03})[1])


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_a_missing_finding_never_passes(tmp_path, severity):
    judgement = judged(tmp_path, [finding()], line(max_value=1), line(severity, check="absent", max_value=1))
    assert judgement.lines[1].verdict is (UNMEASURED if severity == "critical" else WARN)
    assert "is missing" in judgement.lines[1].reason
    assert judgement.verdict.holds == (severity != "critical")


def test_a_missing_subject_is_unmeasured(tmp_path):
    judgement = judged(tmp_path, [finding()], line(max_value=1, subjects=["s", "other"]))
    assert judgement.verdict is UNMEASURED
    assert "other: is missing" in judgement.reasons[0]


def test_an_empty_list_of_subjects_is_no_way_around(tmp_path):
    assert not judged(tmp_path, [finding(value=9)], line(max_value=1, subjects=[])).verdict.holds


def test_no_findings_at_all_are_unmeasured(tmp_path):
    assert judged(tmp_path, [], line(max_value=1)).verdict is UNMEASURED


@pytest.mark.parametrize(("low", "verdicts"), [(0.5, ["pass", "block", "pass"]), (0.3, ["unmeasured"] * 2 + ["pass"])])
def test_a_check_whose_trust_is_not_shown_has_measured_nothing_and_others_have(tmp_path, low, verdicts):
    findings = [finding(0.6, low, 0.7, metric="trust"), finding(9), replace(finding(0.1), check="d")]
    lines = (line(metric="trust", min_shown=0.4, voids_check=True), line(max_value=1), line(check="d", max_value=1))
    judgement = judged(tmp_path, findings, *lines)
    assert judgement.findings["verdict"].tolist() == verdicts
    assert judgement.verdict is (BLOCK if low == 0.5 else UNMEASURED)
    assert [one.verdict.value for one in judgement.lines] == verdicts
    soft = line("warning", metric="trust", min_shown=0.4, voids_check=True)
    assert judged(tmp_path, findings, soft, *lines[1:]).verdict is judgement.verdict, "whatever the line's severity"


def test_an_optional_finding_may_be_absent_and_is_judged_when_there(tmp_path):
    lines = line(max_value=1), line(metric="n", optional=True, max_value=1)
    assert judged(tmp_path, [finding()], *lines).verdict is PASS
    assert judged(tmp_path, [finding(), finding(metric="n", value=2)], *lines).verdict is BLOCK


def test_a_value_that_is_not_a_number_is_unmeasured_with_its_note(tmp_path):
    judgement = judged(tmp_path, [finding(value=math.nan, note="too few rows")], line(max_value=1))
    assert judgement.verdict is UNMEASURED
    assert "too few rows" in judgement.reasons[0]
    assert judgement.findings["verdict"].tolist() == ["unmeasured"]


def test_a_finding_that_no_line_judges_is_unmeasured_where_the_suite_judges_all(tmp_path):
    found = [finding(), finding(metric="surplus")]
    judgement = judged(tmp_path, found, line(max_value=1))
    assert judgement.verdict is UNMEASURED
    assert judgement.findings["verdict"].tolist() == ["pass", "unmeasured"]
    assert judged(tmp_path, found, line(max_value=1), judges_all=False).verdict is PASS


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_an_exception_inside_an_expectation_is_unmeasured_whatever_its_severity(tmp_path, monkeypatch, severity):
    from synth_pipeline.adapters.gates import expectations

    def fails(*_: Any) -> None:
        raise RuntimeError("a secret of hers")

    monkeypatch.setattr(expectations, "weigh", fails)
    judgement = judged(tmp_path, [finding()], line(severity, max_value=1))
    assert judgement.lines[0].verdict is UNMEASURED
    assert judgement.verdict is UNMEASURED
    assert "secret" not in " ".join(judgement.reasons)


@pytest.mark.parametrize("severity", ["warning", "info"])
@pytest.mark.parametrize("value", [9.0, math.nan])
def test_a_line_that_is_not_critical_never_blocks(tmp_path, severity, value):
    judgement = judged(tmp_path, [finding(value=value)], line(severity, max_value=1))
    assert judgement.verdict is WARN
    assert judgement.findings["verdict"].tolist() == ["warn"]


def test_a_line_without_severity_is_critical(tmp_path):
    strict = line(max_value=0.01)
    del strict["severity"]
    assert judged(tmp_path, [finding()], strict).verdict is BLOCK


def test_every_row_of_many_is_judged(tmp_path):
    found = [finding(subject=f"column {place}") for place in range(300)]
    found[-1] = finding(subject="column 299", value=5)
    judgement = judged(tmp_path, found, line(max_value=1))
    assert judgement.verdict is BLOCK
    assert "column 299" in judgement.reasons[0]
    assert (judgement.findings["verdict"] == "block").sum() == 1


def test_a_reason_names_the_worst_three_and_counts_the_others(tmp_path):
    found = [finding(subject=f"c{place}", value=2 + place) for place in range(8)]
    reason = judged(tmp_path, found, line(max_value=1)).reasons[0]
    places = [reason.index(name) for name in ("c7", "c6", "c5")]
    assert places == sorted(places)
    assert "c4" not in reason
    assert "(and 5 more)" in reason


def test_a_finding_that_several_lines_judge_keeps_the_worst_verdict_and_names_its_line(tmp_path):
    for lines in ([line(max_value=1), line("warning", max_value=0.01), line(max_value=0.05)],
                  [line(max_value=0.05), line("warning", max_value=0.01), line(max_value=1)]):  # fmt: skip
        row = judged(tmp_path, [finding()], *lines).findings.iloc[0]
        assert row["verdict"] == "block"
        assert "0.05" in row["expectation"]


def test_checks_that_were_not_asked_for_are_not_judged_and_say_so(tmp_path):
    judgement = judged(tmp_path, [finding()], line(max_value=1), line(check="d", max_value=1), without=("d",))
    assert judgement.verdict is PASS
    assert [(one.expectation, one.reason) for one in judgement.lines if one.reason] == [("check d", "not asked for")]


def test_judging_leaves_the_findings_as_they_were(tmp_path):
    frame = as_frame([finding(value=9)])
    before = frame.copy()
    judged(tmp_path, frame, line(max_value=1))
    pd.testing.assert_frame_equal(frame, before)


def test_findings_become_strict_json():
    rows = table_of_findings(as_frame([finding(value=math.nan, low=math.inf, note='a "quote", a × and a 🦊')]))
    assert json.loads(json.dumps(rows, allow_nan=False))[0]["value"] is None
    assert rows[0]["low"] is None
    assert rows[0]["note"] == 'a "quote", a × and a 🦊'


def test_a_block_outweighs_what_is_unmeasured_which_outweighs_a_warning():
    assert worst([]) is PASS
    assert worst([PASS, WARN]) is WARN
    assert worst([UNMEASURED, WARN]) is UNMEASURED
    assert worst(iter([UNMEASURED, BLOCK, PASS])) is BLOCK
    assert [one.holds for one in (PASS, WARN, BLOCK, UNMEASURED)] == [True, True, False, False]
    assert [one.exit_status for one in (PASS, WARN, BLOCK, UNMEASURED)] == [0, 0, 1, 3]


MEMORISATION = {
    "exchangeability": "differs", "exact_copies": "found", "nearest_records": "members among the closest",
    "unique_tuples": "members among the highest scores",
}  # fmt: skip


def memorisation(shipped, without: str = "", **p_values: float) -> Judgement:
    """The shipped suite over the tests that it demands, each with a p-value of 0.5 or as given."""
    rows = [Finding(check, Family.PRIVACY, "all records", metric, 0.1, 0.0, 0.2, 0.1, p_values.get(check, 0.5), 900)
            for check, metric in MEMORISATION.items() if check != without]  # fmt: skip
    rows += [Finding("membership", Family.PRIVACY, "learned", metric, 0.5, 0.4, 0.6, 0.5, 0.5, 900)
             for metric in ("auc", "members among the surest")]  # fmt: skip
    rows += [Finding("minimum_detectable_leak", Family.PRIVACY, "verbatim copies", "share", 0.01, n=900)]
    rows += [Finding("personal_data", Family.PRIVACY, "all columns", "of real records", 0.0, baseline=0.0, n=900)]
    # Checks of attacks that this test is not about.
    skipped = {"singling_out", "linkability", "inference"}
    return judge_findings(shipped.load("memorisation"), as_frame(rows), skipped)


def test_the_memorisation_suite_blocks_a_small_p_and_refuses_a_missing_test(shipped):
    assert memorisation(shipped).verdict is PASS
    assert memorisation(shipped, exact_copies=1e-6).verdict is BLOCK
    assert memorisation(shipped, without="nearest_records").verdict is UNMEASURED
    assert memorisation(shipped, nearest_records=np.nan).verdict is UNMEASURED


def test_sides_that_differ_void_the_gate_and_neither_block_nor_pass(shipped):
    judgement = memorisation(shipped, exchangeability=1e-9, exact_copies=1e-9)
    assert judgement.verdict is UNMEASURED
    assert {line.verdict for line in judgement.lines if line.expectation.startswith("exact")} == {UNMEASURED}
    assert set(judgement.findings["verdict"]) == {"unmeasured"}
    assert len(judgement.reasons) == 1


def test_a_finding_may_be_missing_only_where_another_check_stands_in_for_it(tmp_path):
    lines = [line(max_value=1), line(check="other", max_value=1, unless="c"), line(check="third", max_value=1)]
    verdicts = [one.verdict for one in judged(tmp_path, [finding()], *lines).lines]
    assert verdicts == [PASS, PASS, UNMEASURED]
    lines[1]["kwargs"]["unless"] = "third"
    assert [one.verdict for one in judged(tmp_path, [finding()], *lines).lines] == [PASS, UNMEASURED, UNMEASURED]
