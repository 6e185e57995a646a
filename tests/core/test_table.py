"""A table keeps its schema."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import RECORD_ID, Table, from_numbers
from synth_pipeline.spec.columns import Column, Kind, Schema


def of(kind: Kind, values: object) -> pd.Series:
    schema = Schema(columns=(Column(name="a", kind=kind, nullable=True),))
    return Table.conform(pd.DataFrame({"a": values}), schema).frame["a"]


@pytest.mark.parametrize(("kind", "values", "dtype"), [
    (Kind.INTEGER, [1, 2], "int64"), (Kind.INTEGER, [1, None], "Int64"), (Kind.INTEGER, [1.0, 2.0], "int64"),
    (Kind.BOOLEAN, [True, False], "bool"), (Kind.BOOLEAN, [True, None], "boolean"),
    (Kind.BOOLEAN, ["true", "FALSE"], "bool"), (Kind.BOOLEAN, [0, 1], "bool"),
    (Kind.DECIMAL, [1, 2], "float64"), (Kind.CATEGORY, ["a", None], "str"),
    (Kind.CATEGORY, [1, 2], "str"), (Kind.DATETIME, pd.to_datetime(["2020-01-01", None]), "datetime64[us]"),
])  # fmt: skip
def test_values_take_the_type_of_their_kind(kind, values, dtype):
    assert of(kind, values).dtype == dtype


def test_three_and_three_point_nought_are_one_level():
    assert of(Kind.CATEGORY, [3.0, 4.0, np.nan]).tolist()[:2] == ["3", "4"]
    assert of(Kind.CATEGORY, [3.0, 4.0, np.nan]).isna().tolist() == [False, False, True]


@pytest.mark.parametrize(("kind", "values"), [(Kind.INTEGER, [1.5]), (Kind.INTEGER, [1.5, None]),
                                              (Kind.INTEGER, ["secret"]), (Kind.DECIMAL, ["secret"]),
                                              (Kind.BOOLEAN, ["secret"]), (Kind.DATETIME, ["secret"])])  # fmt: skip
def test_values_of_another_kind_are_refused_without_being_quoted(kind, values):
    with pytest.raises(SynthError, match="'a'") as refusal:
        of(kind, values)
    assert "secret" not in str(refusal.value)


def test_missing_and_surplus_columns_are_listed():
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.INTEGER) for name in "ab"))
    with pytest.raises(SynthError, match=r"lacks \['b'\] and has in addition \['c'\]"):
        Table.conform(pd.DataFrame({"a": [1], "c": [1]}), schema)


def test_record_ids_are_set_apart_and_taken_along():
    schema = Schema(columns=(Column(name="a", kind=Kind.INTEGER),))
    table = Table.conform(pd.DataFrame({RECORD_ID: list("xyz"), "a": [1, 2, 3], "_generator": "f"}), schema)
    assert list(table.frame) == ["a"]
    some = table.take(np.array([2, 0]))
    assert (some.ids.tolist(), some.frame["a"].tolist()) == (["z", "x"], [3, 1])
    masked = table.take(np.array([False, True, False]))
    assert (masked.ids.tolist(), masked.frame["a"].tolist()) == (["y"], [2])


@pytest.mark.parametrize(("kind", "values"), [
    (Kind.INTEGER, [1, None, -3]), (Kind.INTEGER, [1, 2, 3]), (Kind.DECIMAL, [0.25, None, -3e9]),
    (Kind.DATETIME, pd.to_datetime(["1969-12-31 23:59:58.00", None, "2038-01-19 03:14:08.25"])),
])  # fmt: skip
def test_numbers_and_back_is_no_change(kind, values):
    column = Column(name="a", kind=kind, nullable=True)
    table = Table.conform(pd.DataFrame({"a": values}), Schema(columns=(column,)))
    pd.testing.assert_series_equal(from_numbers(table.numbers("a"), column), table.frame["a"], check_names=False)
