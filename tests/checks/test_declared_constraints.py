"""Declared constraints and keys: one row that breaks one blocks, and real rows pass."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from synth_pipeline import audit
from synth_pipeline.adapters.declaration import read_constraints
from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.checks import Evidence
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import as_frame
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.constraints import Constraint
from synth_pipeline.steps import measure

ROWS = 600
SCHEMA = Schema(columns=(
    Column(name="order no", kind=Kind.IDENTIFIER), Column(name="ordered", kind=Kind.DATETIME, grid=86400.0),
    Column(name="shipped", kind=Kind.DATETIME, grid=86400.0, nullable=True),
    Column(name="net", kind=Kind.DECIMAL, grid=0.01), Column(name="tax", kind=Kind.DECIMAL, grid=0.01),
    Column(name="gross", kind=Kind.DECIMAL, grid=0.01), Column(name="zip", kind=Kind.CATEGORY),
    Column(name="city", kind=Kind.CATEGORY), Column(name="code", kind=Kind.CATEGORY, nullable=True),
))  # fmt: skip
DECLARED: list[dict[str, Any]] = [
    {"kind": "order", "columns": ["ordered", "shipped"]},
    {"kind": "sum", "total": "gross", "parts": ["net", "tax"], "tolerance": 0.001},
    {"kind": "determines", "columns": ["zip"], "of": "city"},
    {"kind": "combinations", "columns": ["zip", "city"]},
    {"kind": "unique", "columns": ["order no"]},
    {"kind": "range", "column": "tax", "min": 0, "max": 19},
    {"kind": "grid", "column": "net", "step": 0.01},
    {"kind": "pattern", "column": "code", "regex": r"[A-Z]\d"},
    {"kind": "not_null", "columns": ["city"]},
]
RULES = TypeAdapter(tuple[Constraint, ...]).validate_python(DECLARED)


def orders(seed: int, rows: int = ROWS) -> pd.DataFrame:
    stream = np.random.default_rng(seed)
    ordered = pd.Timestamp("2021-03-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D")
    net, zips = np.round(stream.random(rows) * 100, 2), stream.integers(0, 20, rows)
    tax = np.round(net * 0.19, 2)
    return pd.DataFrame({
        "order no": [f"{seed}-{place}" for place in range(rows)],
        "ordered": ordered,
        "shipped": pd.Series(ordered + pd.to_timedelta(stream.integers(0, 9, rows), "D")).mask(
            stream.random(rows) < 0.2),
        "net": net, "tax": tax, "gross": np.round(net + tax, 2),
        "zip": [f"z{one}" for one in zips], "city": [f"Ü{one // 3}" for one in zips],
        "code": pd.Series([f"A{one % 10}" for one in zips]).mask(stream.random(rows) < 0.1),
    })  # fmt: skip


def evidence_with(evidence: Any, made: pd.DataFrame, *rules: Constraint, key: str | None = "order no") -> Evidence:
    train, holdout = (Table.conform(orders(seed, max(ROWS, len(made))), SCHEMA) for seed in (1, 2))
    return replace(evidence(train, holdout, Table.conform(made, SCHEMA)), constraints=rules, key=key)


def judged(shipped: Any, findings: Any) -> dict[str, str]:
    frame = judge_findings(shipped.load("fidelity"), as_frame(findings)).findings
    return dict(zip(frame["subject"] + ": " + frame["metric"], frame["verdict"], strict=True))


# A change of one row or of three, and what then breaks.
PLANTED: dict[str, tuple[dict[str, Any], int, set[str]]] = {
    "order": ({"shipped": pd.Timestamp("1999-01-01")}, 3, {"ordered ≤ shipped"}),
    "sum": ({"gross": 5_000.0}, 1, {"gross = net + tax ± 0.001"}),
    "city": ({"zip": "z0", "city": "Ü6"}, 3, {"zip → city", "zip × city as in real rows"}),
    "unseen city": ({"zip": "new"}, 3, {"zip × city as in real rows"}),
    "range": ({"tax": -1.0, "net": 1.0, "gross": 0.0}, 1, {"0 ≤ tax ≤ 19"}),
    "grid": ({"net": 1.005, "gross": 2.005, "tax": 1.0}, 1, {"net in steps of 0.01"}),
    "pattern": ({"code": "A 🦊"}, 3, {r"code like [A-Z]\d"}),
    "missing": ({"city": None}, 1, {"city not missing", "zip × city as in real rows"}),
}


@pytest.mark.parametrize(("change", "count", "expected"), PLANTED.values(), ids=PLANTED)
def test_the_rows_that_break_it_are_counted_and_block(evidence, measured, shipped, change, count, expected):
    made = orders(3)
    for name, value in change.items():
        made.loc[: count - 1, name] = value
    if "zip" in change and "city" not in change:
        made.loc[: count - 1, "city"] = "Ü1"
    found = measured("constraints", evidence_with(evidence, made, *RULES))
    assert {subject for subject, metric in found if found[subject, metric].value} == expected
    for subject in expected:
        one = found[subject, "violations"]
        assert (one.value, one.low, one.high, one.baseline, one.n) == (*[count / ROWS] * 3, 0.0, ROWS)
        assert one.note == f"{count} of 600 rows"
    verdicts = judged(shipped, found.values())
    assert {name.removesuffix(": violations") for name, verdict in verdicts.items() if verdict == "block"} == expected
    assert {verdict for name, verdict in verdicts.items() if name.split(": ")[0] not in expected} == {"pass"}


def test_real_rows_pass_and_so_do_others_of_the_kind(evidence, measured, shipped):
    for made in (orders(1), orders(3), orders(1).sample(frac=1, random_state=1)):
        found = measured("constraints", evidence_with(evidence, made, *RULES))
        assert len(found) == len(RULES) + 2
        assert set(judged(shipped, found.values()).values()) == {"pass"}


def test_the_baseline_is_the_share_among_holdout_rows(evidence, measured):
    late, new = RULES[0].model_copy(update={"columns": ("shipped", "ordered")}), RULES[3]
    given = evidence_with(evidence, orders(3), late, new)
    holdout = given.holdout.table
    holdout.frame.loc[:5, "zip"] = "only in the holdout"
    found = measured("constraints", given)
    after = (holdout.frame["shipped"] > holdout.frame["ordered"]).mean()
    assert found[late.title, "violations"].baseline == pytest.approx(after)
    assert found[new.title, "violations"].baseline == 6 / ROWS
    made = orders(3).assign(zip="only in the holdout", city=holdout.frame["city"][0])
    again = replace(given, synthetic=Table.conform(made, SCHEMA))
    assert measured("constraints", again)[new.title, "violations"].value == 0, "all real rows are looked at"
    assert measured("constraints", evidence_with(evidence, made, new))[new.title, "violations"].value == 1


def test_keys_that_repeat_or_are_missing(evidence, measured, shipped):
    made = orders(3)
    made.loc[:3, "order no"] = made.loc[10, "order no"]
    made.loc[20:21, "order no"] = None
    found = measured("constraints", evidence_with(evidence, made))
    assert {metric: one.value for (_, metric), one in found.items()} == {
        "repeated keys": 4 / ROWS, "missing keys": 2 / ROWS}  # fmt: skip
    assert set(judged(shipped, found.values()).values()) == {"block"}
    assert measured("constraints", evidence_with(evidence, made, key=None)) == {}
    assert measured("constraints", evidence_with(evidence, made, key="none such")) == {}


def test_what_cannot_be_measured_says_so_and_never_passes(evidence, measured, shipped):
    rules = TypeAdapter(tuple[Constraint, ...]).validate_python(
        [{"kind": "range", "column": "gone", "min": 0}, {"kind": "range", "column": "city", "min": 0}]
    )
    found = measured("constraints", evidence_with(evidence, orders(3), *rules, key=None))
    assert all(math.isnan(one.value) and one.note for one in found.values())
    assert set(judged(shipped, found.values()).values()) == {"unmeasured"}
    none = measured("constraints", evidence_with(evidence, orders(3)[:0], *RULES))
    assert {(math.isnan(one.value), one.note) for one in none.values()} == {(True, "there are no synthetic rows")}


def test_titles_that_read_alike_are_told_apart(evidence, measured):
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.CATEGORY) for name in ("a", "b", "a, b")))
    rows = Table.conform(pd.DataFrame({"a": ["x"] * 3, "b": ["x"] * 3, "a, b": ["x", "y", "z"]}), schema)
    rules = TypeAdapter(tuple[Constraint, ...]).validate_python(
        [{"kind": "unique", "columns": ["a", "b"]}, {"kind": "unique", "columns": ["a, b"]}]
    )
    found = measured("constraints", replace(evidence(rows, rows, rows), constraints=rules))
    assert [(subject, one.value) for (subject, _), one in found.items()] == [
        ("a, b unique", 2 / 3), ("a, b unique (2)", 0)]  # fmt: skip


def test_one_row_blocks_the_gate_of_a_pipeline(evidence, shipped):
    """The gate's own checks and suite, as a stage calls them."""
    made = orders(3, 2_000)
    given = evidence_with(evidence, made, *RULES)
    whole = judge_findings(shipped.load("fidelity"), measure("fidelity", given))
    assert whole.verdict.holds, whole.reasons
    made.loc[7, "gross"] += 1
    given = evidence_with(evidence, made, *RULES)
    found = judge_findings(shipped.load("fidelity"), measure("fidelity", given))
    assert found.verdict is Verdict.BLOCK
    [reason] = found.reasons
    assert "gross = net + tax" in reason


GOOD = "# what must hold\n- {kind: order, columns: [ordered, shipped]}\n- kind: pattern\n  column: code\n" \
       "  regex: '[A-Z]\\d'\n"  # fmt: skip

# text, words of the problem, words of the fix
BAD = {
    "no list": ("kind: order\n", "rules.yaml:1: holds no list", "- {kind: range"),
    "empty": ("", "holds no list", "- {kind: range"),
    "no YAML": ("- {kind: order\n", "rules.yaml:1: this is no valid YAML", "bracket"),
    "unknown kind": ("- {kind: ordr}\n", "rules.yaml:1: constraints[0].kind: 'ordr' is unknown", "'order'"),
    "unknown field": (GOOD + "- {kind: unique, column: zip}\n", "yaml:6: constraints[2].column", "add 'columns:'"),
    "one column": ("\n- kind: order\n  columns: [net]\n", "yaml:3: constraints[0].columns: must name two", "many"),
    "invalid expression": (
        "- {kind: pattern, column: code, regex: '['}\n", "constraints[0].regex: '[' is no regular", "quotes",
    ),
    "unknown column": (
        "- kind: order\n  columns: [net,\n    taxes]\n", "rules.yaml:2: constraints[0].columns[1]: the table has no",
        "'tax'",
    ),
    "wrong kind": ("- {kind: range, column: city, max: 1}\n", "constraints[0].column: column 'city' is of", "declare"),
    "twice": (
        "- {kind: not_null, columns: [zip]}\n" * 2, "constraints: 'zip not missing' is declared twice", "delete one",
    ),
    "repeated field": ("- {kind: range, column: net, min: 1, min: 2}\n", "constraints[0].min: is given a", "delete"),
    "several": ("- {kind: a}\n- {kind: b}\n", "constraints[0].kind: 'a' is unknown. (1 more to mend)", "use one of"),
    "template": ("- {kind: range, column: net, min: '{{ x }}'}\n", "holds a template", "the value itself"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "problem", "fix"), BAD.values(), ids=BAD)
def test_a_file_with_a_mistake_names_its_entry(tmp_path, text, problem, fix):
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(SynthError) as found:
        read_constraints(tmp_path / "rules.yaml", SCHEMA)
    assert problem in found.value.problem
    assert fix in found.value.fix


def test_a_file_a_list_and_models_say_the_same(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "rules.json").write_text(TypeAdapter(list[dict]).dump_json(DECLARED[:2]).decode())
    assert read_constraints(tmp_path / "rules.yaml", SCHEMA) == (RULES[0], RULES[7])
    assert read_constraints(str(tmp_path / "rules.json"), SCHEMA) == RULES[:2]
    assert read_constraints(DECLARED, SCHEMA) == read_constraints(RULES, SCHEMA) == RULES
    with pytest.raises(SynthError, match="cannot be read"):
        read_constraints(Path("nowhere.yaml"), SCHEMA)
    with pytest.raises(SynthError, match=r"constraints\[0\].kind"):
        read_constraints([{"kind": "ordr"}], SCHEMA)


def test_an_audit_holds_constraints_against_a_table():
    made = orders(3)
    made.loc[0, "gross"] += 1
    result = audit(orders(1), orders(2), made, constraints=DECLARED, preset="quick")
    found = result.findings[result.findings["check"] == "constraints"].set_index("subject")
    assert found["verdict"].value_counts().to_dict() == {"pass": len(RULES) - 1, "block": 1}
    assert found.loc["gross = net + tax ± 0.001", "value"] == pytest.approx(1 / ROWS, rel=1e-5)
    assert result.verdict is Verdict.BLOCK
    assert "Rows that break the constraint" in result.to_html()
    with pytest.raises(SynthError, match="no column 'gros'"):
        audit(orders(1), orders(2), made, constraints=[{"kind": "range", "column": "gros", "min": 0}])
