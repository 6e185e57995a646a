"""Content hashes: equal values, equal hashes; any other value, another hash."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_pipeline.core.fingerprint import of_file, of_frame, of_frames, of_parquet, of_text


def frame(rows: int = 3) -> pd.DataFrame:
    return pd.DataFrame({
        "a": pd.Series([1, None, 3], dtype="Int64"), "b": pd.Series(["x", None, "žý"], dtype="str"),
        "c": [0.5, np.nan, -1.0], "e": [True, False, True],
        "d": pd.to_datetime(["2020-01-01 00:00:00", None, "2021-05-05 01:02:03"]).astype("datetime64[us]"),
    })[["a", "b", "c", "d", "e"]]  # fmt: skip


def test_a_hash_is_the_same_for_ever():
    assert of_frame(frame()) == "299c68b3f988ead9"
    assert of_text("a", "b") == "f04cdced9736a69d"


@pytest.mark.parametrize("cuts", [[1], [2], [1, 2], [0, 3]])
def test_chunks_do_not_matter(cuts):
    whole = frame()
    bounds = [0, *cuts, 3]
    chunks = [whole.iloc[first:last] for first, last in pairwise(bounds)]
    assert of_frames(chunks) == of_frame(whole)


def test_the_index_does_not_matter():
    assert of_frame(frame().set_axis([5, 9, 1])) == of_frame(frame())


CHANGES = {
    "order of rows": lambda one: one.iloc[::-1],
    "order of columns": lambda one: one[list("bacde")],
    "name of a column": lambda one: one.rename(columns={"a": "A"}),
    "a column more": lambda one: one.assign(f=1),
    "a row less": lambda one: one.iloc[:2],
    "a number": lambda one: one.assign(c=[0.5, np.nan, -1.0000001]),
    "a text": lambda one: one.assign(b=pd.Series(["x", None, "žÿ"], dtype="str")),
    "a time by a microsecond": lambda one: one.assign(d=one["d"] + pd.Timedelta(1, "us")),
    "a truth": lambda one: one.assign(e=[True, True, True]),
    "where texts end": lambda one: one.assign(b=pd.Series(["xž", None, "ý"], dtype="str")),
    "an empty text for a missing one": lambda one: one.assign(b=one["b"].fillna("")),
    "nought for a missing integer": lambda one: one.assign(a=one["a"].fillna(0)),
    "nought for a missing decimal": lambda one: one.assign(c=one["c"].fillna(0.0)),
    "1970 for a missing time": lambda one: one.assign(d=one["d"].fillna(pd.Timestamp(0))),
    "integers as decimals": lambda one: one.assign(a=one["a"].astype("float64")),
    "truths as integers": lambda one: one.assign(e=one["e"].astype("int64")),
    "times as integers": lambda one: one.assign(d=one["d"].astype("int64").astype("Int64").mask(one["d"].isna())),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_names_order_types_and_values_count(change):
    assert of_frame(change(frame())) != of_frame(frame())


def test_a_column_without_missing_values_may_be_of_either_integer_type():
    plain = pd.DataFrame({"a": [1, 2]})
    assert of_frame(plain) == of_frame(plain.astype("Int64"))


@pytest.mark.parametrize("row_group", [2, 100])
def test_a_parquet_file_has_the_hash_of_its_frame(tmp_path: Path, row_group):
    path = tmp_path / "a.parquet"
    frame().to_parquet(path, index=False, row_group_size=row_group)
    assert of_parquet(path) == of_frame(frame())


@pytest.mark.parametrize("column", list("abcde"))
def test_a_parquet_file_that_pandas_did_not_write_has_the_hash_of_its_frame(tmp_path: Path, column):
    """DuckDB's files say nothing of pandas' types."""
    path = tmp_path / "a.parquet"
    values = frame()[[column]]
    pq.write_table(pa.Table.from_pandas(values, preserve_index=False).replace_schema_metadata(None), path)
    assert of_parquet(path) == of_frame(values)


def test_truths_with_a_gap_can_be_hashed_from_a_file(tmp_path: Path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [True, None, False]}), path)
    assert of_parquet(path) == of_frame(pd.DataFrame({"a": pd.Series([True, None, False], dtype="boolean")}))


def test_the_hash_of_a_parquet_file_does_not_depend_on_where_its_chunks_end(tmp_path: Path, monkeypatch):
    """An integer that is missing in the second chunk only."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": pa.array([*range(10), None, 11], pa.int64())}), path)
    whole = of_parquet(path)
    batches = pq.ParquetFile.iter_batches
    monkeypatch.setattr(pq.ParquetFile, "iter_batches", lambda self, _: batches(self, 4))
    assert of_parquet(path) == whole


def test_parts_of_a_text_are_kept_apart():
    assert of_text("a", "bc") != of_text("ab", "c") != of_text("abc")


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert of_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
