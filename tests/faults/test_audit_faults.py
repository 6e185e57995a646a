"""The audit from end to end on 1,300 rows of fair on each side: what is clean holds, each fault blocks for its reason.

A spare part of the same survey plays the synthetic table of a perfect generator.
"""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from jsonschema import validate

from synth_pipeline import Audit, audit
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.reports.document import schema

ROWS = 1_300
Frames = dict[str, pd.DataFrame]
ROOT = Path(__file__).resolve().parents[2]


def parts(frame: pd.DataFrame, rows: int = ROWS) -> Frames:
    order = np.random.default_rng(1).permutation(len(frame))
    return {
        name: frame.iloc[order[start * rows : (start + 1) * rows]].reset_index(drop=True)
        for start, name in enumerate(("train", "holdout", "synthetic"))
    }


@pytest.fixture(scope="module")
def clean(fair_frame) -> Frames:
    return parts(fair_frame)


@pytest.fixture(scope="module")
def clean_audit(clean) -> Audit:
    return audit(**clean, target="had_affair")


def with_amount(frames: Frames) -> Frames:
    """A number that no two rows share, so that a copy is no coincidence."""
    stream = np.random.default_rng(2)
    return {name: one.assign(amount=stream.normal(size=len(one))) for name, one in frames.items()}


def reasons_of(result: Audit, gate: str) -> list[str]:
    return [reason for reason in result.reasons if reason.startswith(f"{gate}:")]


def blocked(result: Audit) -> set[str]:
    """The families in which a finding blocks."""
    return set(result.findings.loc[result.findings["verdict"] == "block", "family"])


def test_a_clean_table_holds(clean_audit):
    """The classifier's noise at this size is within its tolerance; utility may be too noisy to be measured."""
    assert blocked(clean_audit) == set()
    families = clean_audit.findings.groupby("family")["verdict"].agg(set)
    for family in ("privacy", "fidelity", "diversity"):
        assert families[family] <= {"pass", "warn"}, reasons_of(clean_audit, family)


def test_an_audit_without_target_asks_for_no_utility(clean):
    result = audit(**clean)
    assert result.verdict in (Verdict.PASS, Verdict.WARN), result.reasons
    assert "utility" not in set(result.findings["family"])


def test_one_percent_of_copies_blocks_for_privacy(clean):
    frames = with_amount(clean)
    frames["synthetic"].iloc[:13] = frames["train"].iloc[:13].to_numpy()
    result = audit(**frames)
    assert result.verdict is Verdict.BLOCK
    assert blocked(result) == {"privacy"}
    assert "exact_copies" in " ".join(reasons_of(result, "memorisation"))


def test_seven_percent_of_copies_block_where_rows_repeat_by_nature(clean):
    made = clean["synthetic"].copy()
    made.iloc[:91] = clean["train"].iloc[:91].to_numpy()
    result = audit(**clean | {"synthetic": made})
    assert blocked(result) == {"privacy"}


def test_independent_columns_block_for_fidelity(clean):
    stream = np.random.default_rng(3)
    made = clean["synthetic"].apply(lambda column: column.to_numpy()[stream.permutation(ROWS)])
    result = audit(**clean | {"synthetic": made})
    assert result.verdict is Verdict.BLOCK
    assert "fidelity" in blocked(result)
    assert "privacy" not in blocked(result)
    assert "pairs" in " ".join(reasons_of(result, "fidelity"))


def test_the_training_table_itself_blocks_for_privacy(clean):
    result = audit(**clean | {"synthetic": clean["train"]})
    assert result.verdict is Verdict.BLOCK
    assert blocked(result) == {"privacy"}


def test_the_holdout_itself_is_no_leak_of_train(clean):
    result = audit(**clean | {"synthetic": clean["holdout"]})
    assert "privacy" not in blocked(result)


BROKEN: dict[str, tuple[str, Callable[[Frames], Frames]]] = {
    "a column of the synthetic table is missing": (
        "age", lambda frames: frames | {"synthetic": frames["synthetic"].drop(columns="age")}),
    "a column is surplus": ("extra", lambda frames: frames | {"synthetic": frames["synthetic"].assign(extra=1)}),
    "a column is misspelt": (
        "Age", lambda frames: frames | {"synthetic": frames["synthetic"].rename(columns={"age": "Age"})}),
    "the real tables differ": (
        "children", lambda frames: frames | {"holdout": frames["holdout"].drop(columns="children")}),
    "a column holds something else": (
        "age", lambda frames: frames | {"synthetic": frames["synthetic"].assign(age="secret")}),
    "records are shared": (
        "record", lambda frames: {name: one.assign(_record_id=[f"r{row}" for row in range(len(one))])
                                  for name, one in frames.items()}),
    "persons are shared": (
        "person", lambda frames: {name: one.assign(person=[f"person-{row}" for row in range(len(one))])
                                  for name, one in frames.items()}),
}  # fmt: skip


@pytest.mark.parametrize(("named", "fault"), BROKEN.values(), ids=BROKEN)
def test_tables_that_do_not_fit_together_are_refused_with_the_difference(clean, named, fault):
    with pytest.raises(SynthError, match=named) as refusal:
        audit(**fault(clean))
    assert refusal.value.fix
    assert "secret" not in str(refusal.value)


def test_distinct_record_ids_are_accepted(fair_frame):
    frames = {name: one.assign(_record_id=[f"{name}{row}" for row in range(len(one))])
              for name, one in parts(fair_frame, 220).items()}  # fmt: skip
    assert "_record_id" not in " ".join(audit(**frames).findings["subject"])


def test_a_key_is_a_name_even_if_it_is_a_number(fair_frame):
    """It is compared with nothing, must not repeat, and names records that no two sides may share."""
    frames = {name: one.assign(number=np.arange(len(one)) * 7 + start)
              for start, (name, one) in enumerate(parts(fair_frame, 220).items())}  # fmt: skip
    found = audit(**frames, key="number").findings
    assert set(found[found["subject"] == "number"]["check"]) == {"constraints", "identifiers"}
    assert found[found["metric"] == "repeated keys"]["value"].tolist() == [0]
    frames["synthetic"].loc[:4, "number"] = 3
    found = audit(**frames, key="number").findings
    assert found[found["metric"] == "repeated keys"]["verdict"].tolist() == ["block"]
    frames["holdout"]["number"] = frames["train"]["number"]
    with pytest.raises(SynthError, match="share 220 records, by their 'number'"):
        audit(**frames, key="number")


def test_an_unknown_target_is_refused(clean):
    with pytest.raises(SynthError, match="happiness"):
        audit(**clean, target="happiness")


def test_too_few_rows_are_unmeasured_and_the_needed_size_is_named(fair_frame):
    result = audit(**parts(fair_frame.drop(columns=["age", "children"]), 40), target="had_affair")
    assert result.verdict is Verdict.UNMEASURED
    assert not blocked(result)
    for gate, size in (("memorisation", "100"), ("fidelity", "50"), ("utility", "200"), ("diversity", "50")):
        assert size in " ".join(reasons_of(result, gate)), gate


def test_noise_above_the_tolerance_is_unmeasured_and_a_larger_size_is_named(fair_frame):
    result = audit(**parts(fair_frame, 220))
    assert set(result.findings["verdict"]) >= {"unmeasured"}
    assert not result.verdict.holds
    assert "rows on each side would be enough" in " ".join(reasons_of(result, "fidelity"))


def test_the_json_is_strict_and_of_the_declared_shape(clean_audit):
    def refused(word: str) -> None:
        raise AssertionError(word)

    told = json.loads(clean_audit.to_json(), parse_constant=refused)
    published = json.loads((ROOT / "docs/audit.schema.json").read_text())
    validate(told, published)
    assert told["verdict"] == clean_audit.verdict.value
    assert told["rows"] == dict.fromkeys(("train", "holdout", "synthetic"), ROWS)
    assert len(told["findings"]) == len(clean_audit.findings)
    assert {gate["gate"] for gate in told["gates"]} == {"memorisation", "fidelity", "utility", "diversity"}


def test_the_published_schema_is_that_of_the_code():
    assert (ROOT / "docs/audit.schema.json").read_text() == schema()


def test_the_summary_is_one_line_with_every_gate(clean_audit):
    assert "\n" not in clean_audit.summary
    assert clean_audit.summary.startswith(f"verdict={clean_audit.verdict.value} memorisation=")


def test_junit_has_a_case_for_every_line(clean_audit):
    root = ET.fromstring(clean_audit.to_junit().encode())  # noqa: S314 - our own
    assert len(root.findall(".//testcase")) == sum(len(one.lines) for one in clean_audit.judgements)
    failing = sum(line.verdict.value == "block" for one in clean_audit.judgements for line in one.lines)
    assert len(root.findall(".//failure")) == failing


def test_one_worker_and_two_give_the_same_bytes(clean):
    small = {name: one.iloc[:400] for name, one in clean.items()}
    told = [audit(**small, target="had_affair", workers=workers).to_json() for workers in (1, 2)]
    assert told[0] == told[1]


def test_an_audit_of_equal_tables_says_the_same(clean_audit, clean):
    again = audit(**{name: one.copy() for name, one in clean.items()}, target="had_affair")
    assert again.to_json() == clean_audit.to_json()


def test_files_and_frames_are_audited_alike(tmp_path, fair_frame):
    frames = parts(fair_frame, 220)
    paths = {name: tmp_path / f"{name}.parquet" for name in frames}
    for name, one in frames.items():
        one.to_parquet(paths[name], index=False)
    assert audit(**paths).to_json() == audit(**frames).to_json()
