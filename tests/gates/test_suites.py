"""Suites: what is shipped loads and bites, and what Great Expectations would wave through is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from synth_pipeline.adapters.gates import DATA_GATES, FINDING_GATES, GATES, Suites, judge_findings
from synth_pipeline.adapters.gates.suite import LABEL_GATES
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.verdict import Verdict

LINE = {"type": "expect_finding", "kwargs": {"check": "c", "metric": "m", "max_value": 1}, "severity": "critical"}
FOUND = as_frame([Finding("c", Family.FIDELITY, "s", "m", 0.5, n=10)])


def written(folder: Path, suite: Any, gate: str = "fidelity", dataset: str = "default") -> Suites:
    path = folder / dataset / f"{gate}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(suite if isinstance(suite, str) else json.dumps(suite), encoding="utf-8")
    return Suites(folder)


def suite_of(*lines: Any, judges_all: bool = False, **fields: Any) -> dict[str, Any]:
    return {"name": "fidelity", "meta": {"judges_all": judges_all}, "expectations": list(lines)} | fields


def test_the_gates_are_those_of_the_pipeline():
    assert set(GATES) == {*DATA_GATES, *FINDING_GATES}


@pytest.mark.parametrize("gate", GATES)
def test_every_shipped_suite_loads(shipped, gate):
    suite = shipped.load(gate)
    assert suite.lines
    assert suite.judges_all == (gate in FINDING_GATES)
    assert any(line["severity"] == "critical" for line in suite.lines)


def test_every_shipped_file_is_a_gate(shipped):
    assert sorted(path.stem for path in (shipped.folder / "default").glob("*.json")) == sorted((*GATES, *LABEL_GATES))


FIDELITY = as_frame([
    Finding("marginals", Family.FIDELITY, "a", "ks", 0.15, 0.12, 0.18, 0.02, n=2_000),
    Finding("marginals", Family.FIDELITY, "a", "wasserstein", 0.1, 0.05, 0.15, 0.08, n=2_000),
    Finding("marginals", Family.FIDELITY, "a", "js", 0.05, 0.03, 0.07, 0.05, n=2_000),
    Finding("pairs", Family.FIDELITY, "a × b", "tv", 0.05, 0.03, 0.07, 0.04, n=2_000),
    Finding("pairs", Family.FIDELITY, "mean of all pairs", "association", 0.01, 0.0, 0.02, 0.01, n=2_000),
    Finding("classifier", Family.FIDELITY, "all columns", "auc", 0.52, 0.5, 0.55, 0.51, n=2_000),
    Finding("mmd", Family.FIDELITY, "all columns", "mmd", 0.03, 0.02, 0.04, 0.03, n=2_000),
    Finding("coverage", Family.FIDELITY, "all columns", "uncovered", 0.03, 0.02, 0.04, 0.03, n=2_000),
    Finding("coverage", Family.FIDELITY, "all columns", "implausible", 0.03, 0.02, 0.04, 0.03, n=2_000),
])  # fmt: skip


def test_editing_one_number_of_a_shipped_suite_changes_the_verdict(shipped, tmp_path):
    text = (shipped.folder / "default" / "fidelity.json").read_text(encoding="utf-8")
    edited = text.replace('"ks", "max_excess": 0.08', '"ks", "max_excess": 0.2')
    assert edited != text
    before, after = (judge_findings(written(tmp_path, one).load("fidelity"), FIDELITY) for one in (text, edited))
    assert before.verdict is Verdict.BLOCK
    assert [reason for reason in before.reasons if "ks" in reason]
    assert after.verdict is Verdict.WARN
    assert before.suite != after.suite


def test_deleting_one_line_of_a_shipped_suite_changes_the_verdict(shipped, tmp_path):
    """A finding that nobody judges is unmeasured, which holds no gate either."""
    suite = json.loads((shipped.folder / "default" / "fidelity.json").read_text(encoding="utf-8"))
    shorter = copy.deepcopy(suite)
    shorter["expectations"] = [line for line in suite["expectations"] if line["kwargs"]["metric"] != "ks"]
    assert judge_findings(written(tmp_path, suite).load("fidelity"), FIDELITY).verdict is Verdict.BLOCK
    without = judge_findings(written(tmp_path, shorter).load("fidelity"), FIDELITY)
    assert without.verdict is Verdict.UNMEASURED
    assert without.reasons == ["fidelity: no line judges marginals ks"]
    shorter["meta"]["judges_all"] = False
    assert judge_findings(written(tmp_path, shorter).load("fidelity"), FIDELITY).verdict is Verdict.PASS


def line(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(LINE) | changes


def kwargs(**changes: Any) -> dict[str, Any]:
    return line(kwargs=LINE["kwargs"] | changes)


REFUSED = {
    "unknown type": suite_of(line(type="expect_nothing_much")),
    "unknown type after a good line": suite_of(LINE, line(type="expect_findings")),
    "unknown severity": suite_of(line(severity="fatal")),
    "severity in capitals": suite_of(line(severity="CRITICAL")),
    "mostly 0": suite_of(kwargs(mostly=0)),
    "mostly below 0": suite_of(kwargs(mostly=-0.5)),
    "mostly above 1": suite_of(kwargs(mostly=1.5)),
    "mostly a word": suite_of(kwargs(mostly="all")),
    "row_condition": suite_of(kwargs(row_condition='col("a") > 3', condition_parser="great_expectations")),
    "empty suite": suite_of(),
    "no expectations": {"name": "fidelity"},
    "expectations no list": suite_of() | {"expectations": LINE},
    "a list for a suite": [LINE],
    "broken JSON": '{"name": "fidelity", "expectations": [',
    "empty file": "",
    "wrong name": suite_of(LINE, name="utility"),
    "no name": {"expectations": [LINE]},
    "unknown field": suite_of(line(severty="critical")),
    "no kwargs": suite_of({"type": "expect_finding", "severity": "critical"}),
    "a word for a line": suite_of("expect_finding"),
    "unknown kwarg": suite_of(kwargs(max_exces=0.1)),
    "no bound": suite_of(line(kwargs={"check": "c", "metric": "m"})),
    "an infinite bound": suite_of(kwargs(max_value=float("inf"))),
    "a bound that is no number": suite_of(kwargs(max_value=float("nan"))),
    "a bound that is a word": suite_of(kwargs(max_value="much")),
    "a misspelt switch": suite_of(LINE) | {"meta": {"judge_all": True}},
    "no meta": suite_of(LINE) | {"meta": None},
}


@pytest.mark.parametrize("suite", REFUSED.values(), ids=REFUSED)
def test_a_suite_that_is_not_wholly_understood_is_refused(tmp_path, suite):
    with pytest.raises(SynthError, match=r"fidelity\.json|finding") as refusal:
        judge_findings(written(tmp_path, suite).load("fidelity"), FOUND)
    assert refusal.value.fix


NOT_NULL = {"type": "expect_column_values_to_not_be_null", "severity": "critical"}


@pytest.mark.parametrize("switch", [{"mostly": 0}, {"mostly": -1}, {"mostly": float("nan")}, {"mostly": "all"},
                                    {"row_condition": "a > 3", "condition_parser": "pandas"}], ids=str)  # fmt: skip
def test_switches_with_which_any_table_passes_are_refused_on_loading(tmp_path, switch):
    """Great Expectations knows them, so that nothing after the loader would object."""
    fields = {"kwargs": {"column": "a"} | switch}
    with pytest.raises(SynthError, match="expectation 1"):
        written(tmp_path, {"name": "train", "expectations": [NOT_NULL | fields]}, "train").load("train")
    good = NOT_NULL | {"kwargs": {"column": "a"}}
    written(tmp_path, {"name": "train", "expectations": [good]}, "train").load("train")


@pytest.mark.parametrize("fault", ["unknown severity", "unknown field", "no kwargs", "empty suite", "wrong name"])
def test_what_can_be_seen_without_a_table_is_refused_on_loading(tmp_path, fault):
    with pytest.raises(SynthError):
        written(tmp_path, REFUSED[fault]).load("fidelity")


def test_the_suite_that_the_refused_ones_were_made_from_is_accepted(tmp_path):
    judged = judge_findings(written(tmp_path, suite_of(LINE, judges_all=True)).load("fidelity"), FOUND)
    assert judged.verdict is Verdict.PASS


def test_a_missing_suite_is_refused(tmp_path):
    with pytest.raises(SynthError, match=r"default/fidelity\.json is missing"):
        Suites(tmp_path).load("fidelity")


def test_an_unknown_group_of_columns_is_refused(tmp_path, every_kind):
    from synth_pipeline.adapters.gates import judge_table

    suites = written(tmp_path, {"name": "train", "expectations": [
        {"type": "expect_column_values_to_not_be_null", "for_each": "colunm", "kwargs": {}, "severity": "critical"},
    ]}, "train")  # fmt: skip
    with pytest.raises(SynthError, match="colunm"):
        judge_table(suites.load("train"), every_kind(20, 1))


def test_the_suite_of_a_data_set_overrides_the_default(tmp_path):
    suites = written(tmp_path, suite_of(LINE))
    written(tmp_path, suite_of(kwargs(max_value=0.1)), dataset="fair")
    assert judge_findings(suites.load("fidelity"), FOUND).verdict is Verdict.PASS
    assert judge_findings(suites.load("fidelity", "fair"), FOUND).verdict is Verdict.BLOCK
    assert judge_findings(suites.load("fidelity", "other"), FOUND).verdict is Verdict.PASS


def test_a_broken_suite_of_a_data_set_does_not_fall_back_to_the_default(tmp_path):
    suites = written(tmp_path, suite_of(LINE))
    written(tmp_path, "{", dataset="fair")
    with pytest.raises(SynthError, match="fair/fidelity"):
        suites.load("fidelity", "fair")


def test_the_hash_of_a_suite_is_that_of_its_text(tmp_path):
    suites = (suite_of(LINE), suite_of(kwargs(max_value=2)))
    texts = [json.dumps(suites[0]), json.dumps(suites[0], indent=1), json.dumps(suites[1])]
    hashes = [written(tmp_path / str(number), text).load("fidelity").hash for number, text in enumerate(texts)]
    assert len(set(hashes)) == 3
    assert hashes[0] == written(tmp_path / "again", texts[0]).load("fidelity").hash
