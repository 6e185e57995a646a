"""Drift is told from chance: 1,000 to 3,000 rows."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.drift import drift
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema


def changed(table: Table, **columns: object) -> Table:
    return Table.conform(table.frame.assign(**columns), table.schema)


def test_a_shifted_number_comes_first_and_exceeds_the_tolerance(fair, split):
    parts = split(fair, 2_000, 1)
    first, *others = drift(parts.train, changed(parts.spare, age=parts.spare.frame["age"] + 5))
    assert first.column == "age"
    assert first.exceeds(0.05)
    assert not any(moved.exceeds(0.05) for moved in others)


def test_a_level_that_grows_exceeds_the_tolerance(fair, split):
    parts = split(fair, 2_000, 2)
    words = parts.spare.frame["occupation"].where(np.arange(2_000) % 3 > 0, "teacher")
    first = drift(parts.train, changed(parts.spare, occupation=words))[0]
    assert first.column == "occupation"
    assert first.exceeds(0.08)


@pytest.mark.parametrize("kind", [Kind.DECIMAL, Kind.CATEGORY, Kind.BOOLEAN])
def test_a_column_that_goes_missing_exceeds_the_tolerance(kind):
    whole = {Kind.DECIMAL: np.arange(1_000.0), Kind.CATEGORY: ["a", "b"] * 500, Kind.BOOLEAN: [True, False] * 500}
    values = whole[kind]
    schema = Schema(columns=(Column(name="a", kind=kind, nullable=True),))
    whole = Table.conform(pd.DataFrame({"a": values}), schema)
    nothing = Table.conform(pd.DataFrame({"a": pd.Series([None] * 1_000, dtype="object")}), schema)
    half = Table.conform(pd.DataFrame({"a": pd.Series(values).mask(np.arange(1_000) % 2 == 0)}), schema)
    assert drift(whole, half)[0].exceeds(0.05)
    assert drift(whole, nothing)[0].exceeds(0.05)
    assert not drift(half, half)[0].exceeds(0.05)


def test_a_bootstrap_resample_of_the_same_data_is_no_drift(randhie, fair):
    """100 resamples of 1,500 rows, 50 each of fair and randhie: the chance of a single alarm is at most a tenth."""
    stream = np.random.default_rng(3)
    for table in (randhie, fair):
        whole = table.take(np.arange(3_000))
        for _ in range(50):
            again = whole.take(stream.integers(0, 3_000, 1_500))
            assert not any(moved.exceeds(0.0) for moved in drift(whole, again))


def test_identifiers_and_text_do_not_drift():
    schema = Schema(columns=(Column(name="id", kind=Kind.IDENTIFIER), Column(name="remark", kind=Kind.TEXT)))
    first, second = (
        Table.conform(pd.DataFrame({"id": [f"{side}{n}" for n in range(50)], "remark": side}), schema) for side in "ab"
    )
    assert drift(first, second) == []
