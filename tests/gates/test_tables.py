"""Judging tables: each fault blocks, with a reason that names the column and quotes no value; 200 rows."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import judge_findings, judge_table
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Judgement, Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema

SECRET = 987654.321
SCHEMA = Schema(columns=(
    Column(name="key", kind=Kind.IDENTIFIER), Column(name="amount", kind=Kind.DECIMAL, grid=0.01),
    Column(name="price", kind=Kind.DECIMAL, grid=0.01),
    Column(name="count", kind=Kind.INTEGER, grid=1.0, nullable=True), Column(name="word", kind=Kind.CATEGORY),
    Column(name="flag", kind=Kind.BOOLEAN, nullable=True), Column(name="day", kind=Kind.DATETIME, grid=86400.0),
    Column(name="moment", kind=Kind.DATETIME, grid=1.0),
))  # fmt: skip


def good(seed: int = 1, rows: int = 200) -> Table:
    stream = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "key": [f"k{place}" for place in range(rows)], "amount": np.round(stream.uniform(1, 9, rows), 2),
        "price": np.round(stream.uniform(10_000, 90_000, rows), 2),
        "count": pd.Series(stream.integers(0, 9, rows)).mask(stream.random(rows) < 0.1).astype("Int64"),
        "word": stream.choice(["red", "green"], rows), "flag": stream.random(rows) < 0.5,
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D"),
        "moment": pd.Timestamp("2020-01-01") + pd.to_timedelta(stream.integers(0, 10**7, rows), "s"),
    })  # fmt: skip
    return Table.conform(frame, SCHEMA)


def with_value(table: Table, column: str, value: object) -> Table:
    values = table.frame[column].copy()
    values.iloc[3] = value
    return replace(table, frame=table.frame.assign(**{column: values}))


def without(table: Table, column: str) -> Table:
    return replace(table, frame=table.frame.drop(columns=column))


def judged(shipped, table: Table, gate: str = "candidates", profile: Table | None = None) -> Judgement:
    return judge_table(shipped.load(gate), table, "key", profile if profile is not None else good())


def test_a_good_table_passes(shipped):
    assert judged(shipped, good()).verdict is Verdict.PASS
    assert judged(shipped, good(), "deduplicated").verdict is Verdict.PASS


FAULTS: dict[str, tuple[str, Callable[[Table], Table]]] = {
    "a value off the grid": ("amount", lambda table: with_value(table, "amount", 4.123)),
    "a large value off the grid": ("price", lambda table: with_value(table, "price", 54321.123)),
    "a day with a time": ("day", lambda table: with_value(table, "day", pd.Timestamp("2020-05-05 13:00"))),
    "a day with ten minutes": ("day", lambda table: with_value(table, "day", pd.Timestamp("2020-05-05 00:10"))),
    "a part of a second": ("moment", lambda table: with_value(table, "moment", pd.Timestamp("2020-03-03 00:00:00.5"))),
    "above the range": ("amount", lambda table: with_value(table, "amount", 5_000.0)),
    "below the range": ("count", lambda table: with_value(table, "count", -4)),
    "a day after the last": ("day", lambda table: with_value(table, "day", pd.Timestamp("2031-01-01"))),
    "an unknown level": ("word", lambda table: with_value(table, "word", "purple")),
    "a level in capitals": ("word", lambda table: with_value(table, "word", "RED")),
    "an empty word": ("word", lambda table: with_value(table, "word", "")),
    "a null where required": ("amount", lambda table: with_value(table, "amount", np.nan)),
    "a null for a level": ("word", lambda table: with_value(table, "word", None)),
    "a null for a day": ("day", lambda table: with_value(table, "day", pd.NaT)),
    "a repeated key": ("key", lambda table: with_value(table, "key", "k7")),
    "a missing column": ("word", lambda table: without(table, "word")),
    "a surplus column": ("extra", lambda table: replace(table, frame=table.frame.assign(extra=1))),
    "a fraction for an integer": ("count", lambda table: replace(
        table, frame=table.frame.assign(count=table.frame["count"].astype("float64") + 0.5))),
    "words for numbers": ("amount", lambda table: replace(
        table, frame=table.frame.assign(amount=pd.Series(["much"] * len(table), dtype="str")))),
}  # fmt: skip


@pytest.mark.parametrize(("column", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_in_a_table_blocks_and_names_its_column(shipped, column, fault):
    judgement = judged(shipped, fault(good()))
    assert judgement.verdict is Verdict.BLOCK
    assert any(column in reason for reason in judgement.reasons), judgement.reasons


@pytest.mark.parametrize("gate", ["candidates", "deduplicated", "train", "holdout", "source"])
def test_no_reason_quotes_a_value(shipped, gate):
    bad = good()
    for column, value in {"amount": SECRET, "word": "secret-word", "key": "k7", "count": 424_242}.items():
        bad = with_value(bad, column, value)
    reasons = " ".join(judged(shipped, bad, gate).reasons)
    assert reasons
    assert not any(text in reasons for text in ("987654", "secret-word", "k7", "424242", "red", "green"))


def test_an_empty_table_blocks(shipped):
    assert judged(shipped, good().take(np.arange(0))).verdict is Verdict.BLOCK


@pytest.mark.parametrize(("gate", "rows"), [("source", 1_000), ("train", 400), ("holdout", 200)])
def test_too_few_real_rows_block(shipped, gate, rows):
    for count, verdict in ((rows, Verdict.PASS), (rows - 1, Verdict.BLOCK)):
        table = good(rows=count)
        table = replace(table, ids=pd.Series([f"r{place}" for place in range(count)], dtype="str"))
        judgement = judge_table(shipped.load(gate), table, "key")
        assert judgement.verdict is verdict
    assert any(f"{rows - 1}, and at least {rows:,} is wanted" in reason for reason in judgement.reasons)


@pytest.mark.parametrize("ids", [["r1", "r1"], ["r1", None]])
def test_record_ids_are_unique_and_there(shipped, ids):
    table = good(rows=200)
    names = pd.Series([f"x{place}" for place in range(200)], dtype="str")
    names.iloc[:2] = ids
    judgement = judge_table(shipped.load("holdout"), replace(table, ids=names), "key")
    assert judgement.verdict is Verdict.BLOCK
    assert any(RECORD_ID in reason for reason in judgement.reasons)


def test_a_column_without_any_value_in_train_can_still_be_judged(shipped):
    """It is declared, so the source has it: nothing is asked of its range and levels."""
    schema = Schema(columns=(
        Column(name="key", kind=Kind.IDENTIFIER), Column(name="a", kind=Kind.DECIMAL, nullable=True),
        Column(name="b", kind=Kind.CATEGORY, nullable=True), Column(name="c", kind=Kind.DATETIME, nullable=True),
    ))  # fmt: skip
    nothing = pd.DataFrame({"key": list("xyz"), "a": np.nan, "b": None, "c": pd.NaT})
    table = Table.conform(nothing.astype({"b": "str", "c": "datetime64[us]"}), schema)
    assert judge_table(shipped.load("candidates"), table, "key", table).verdict.holds


def test_columns_of_every_kind_and_name_are_judged(shipped, every_kind):
    table = every_kind(300, 1)
    full = [column for column in table.schema.columns if not column.name.startswith("no ")]
    table = Table.conform(table.frame[[column.name for column in full]], Schema(columns=tuple(full)))
    judgement = judge_table(shipped.load("candidates"), table, "person id", table)
    assert judgement.verdict is Verdict.PASS, judgement.reasons


def test_two_threads_that_judge_at_once_give_the_right_verdicts(shipped):
    """20 judgements of a good and a bad table, and of good and bad findings, side by side."""
    bad = with_value(good(), "word", "purple")
    found = [as_frame([Finding("provenance", Family.FIDELITY, "all", metric, value, n=9)
                       for metric in ("rows without origin", "repeated record ids", "real record ids")])
             for value in (0.0, 1.0)]  # fmt: skip

    def judge(number: int) -> tuple[bool, bool]:
        is_bad = number % 2
        tables = judged(shipped, bad if is_bad else good())
        findings = judge_findings(shipped.load("release"), found[is_bad], ["sealed"])
        return tables.verdict is Verdict.BLOCK, findings.verdict is Verdict.BLOCK

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(judge, range(20))) == [(bool(number % 2),) * 2 for number in range(20)]
