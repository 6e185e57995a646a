"""Rows of another tool: read in any format, counted, and part of what the data set is."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators.imported import Imported
from synth_pipeline.spec.columns import Column, Kind, Schema

SCHEMA = Schema(columns=(
    Column(name="who", kind=Kind.IDENTIFIER),
    Column(name="amount", kind=Kind.DECIMAL, grid=0.01, nullable=True),
    Column(name="visits", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="code", kind=Kind.CATEGORY, nullable=True),
    Column(name="paid", kind=Kind.BOOLEAN),
    Column(name="day", kind=Kind.DATETIME, grid=86400.0),
))  # fmt: skip


def rows(count: int, seed: int) -> pd.DataFrame:
    """Levels that parsers take for numbers, gaps and words of their own."""
    stream = np.random.default_rng(seed)
    return pd.DataFrame({
        "who": [f"person-{number}" for number in range(count)],
        "amount": pd.Series(np.round(stream.lognormal(3, 1, count), 2)).mask(stream.random(count) < 0.2),
        "visits": pd.Series(stream.poisson(3, count)).astype("Int64").mask(stream.random(count) < 0.2),
        "code": pd.Series(stream.choice(["01", "1", "NA", "null", "é 🦊"], count)).mask(stream.random(count) < 0.2),
        "paid": stream.random(count) < 0.4,
        "day": pd.Timestamp("2024-02-29") + pd.to_timedelta(stream.integers(0, 900, count), "D"),
    })  # fmt: skip


@pytest.fixture(scope="module")
def train() -> Train:
    return Train(Table.conform(rows(200, 1), SCHEMA))


def written(frame: pd.DataFrame, path: Path) -> Imported:
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    else:
        frame.to_csv(path, index=False)
    return Imported(path=str(path))


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz", "jsonl"])
def test_all_rows_of_the_file_come_in_whatever_its_format(tmp_path, train, ending):
    made = rows(150, 2)
    drawn = written(made, tmp_path / f"made.{ending}").fit(train, Seed(1)).sample(150, Seed(2)).frame
    names = [name for name in SCHEMA.names if name != "who"]
    found, wanted = (
        frame[names].sort_values(names).reset_index(drop=True) for frame in (drawn, Table.conform(made, SCHEMA).frame)
    )
    pd.testing.assert_frame_equal(found, wanted)
    assert not set(drawn["who"]) & set(made["who"])


def test_a_part_of_the_rows_is_drawn_without_repetition(tmp_path, train):
    made = rows(150, 2).assign(visits=range(150))
    sampler = written(made, tmp_path / "made.csv").fit(train, Seed(1))
    first, second = (sampler.sample(60, Seed(seed)).frame["visits"] for seed in (1, 2))
    assert first.is_unique
    assert set(first) != set(second)


def test_more_rows_than_the_file_has_are_refused_with_both_counts(tmp_path, train):
    sampler = written(rows(150, 2), tmp_path / "made.csv").fit(train, Seed(1))
    with pytest.raises(SynthError, match=r"151 rows are asked for.* has 150") as refused:
        sampler.sample(151, Seed(1))
    assert "rows: 150" in refused.value.fix


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda frame: frame.drop(columns="paid"), "lacks .*paid"),
        (lambda frame: frame.assign(more=1), "in addition .*more"),
        (lambda frame: frame.assign(visits="a secret"), "'visits'.*integer"),
        (lambda frame: frame.assign(day="a secret"), "'day'.*datetime"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_column_and_without_its_values(tmp_path, train, spoilt, told):
    for ending in ("csv", "jsonl"):
        generator = written(spoilt(rows(20, 2)), tmp_path / f"made.{ending}")
        with pytest.raises(SynthError, match=told) as refused:
            generator.fit(train, Seed(1))
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("made.parquet", b"no parquet"),
        ("made.csv.gz", b"no gzip"),
        ("made.jsonl", b"{a secret"),
        ("made.csv", b"\xff\xfe,\x80"),
    ],
)
def test_a_broken_file_is_refused(tmp_path, train, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SynthError, match="made") as refused:
        Imported(path=str(tmp_path / name)).fit(train, Seed(1))
    assert "secret" not in str(refused.value)


def test_a_missing_file_is_refused_by_name(tmp_path, train):
    with pytest.raises(SynthError, match=r"nowhere\.csv does not exist"):
        Imported(path=str(tmp_path / "nowhere.csv")).fit(train, Seed(1))


def test_a_file_with_another_hash_than_declared_is_refused(tmp_path, train):
    path = tmp_path / "made.csv"
    written(rows(20, 2), path)
    declared = hashlib.sha256(path.read_bytes()).hexdigest()
    generator = Imported(path=str(path), sha256=declared)
    assert len(generator.fit(train, Seed(1)).table) == 20
    written(rows(20, 3), path)
    with pytest.raises(SynthError, match="hash"):
        generator.fit(train, Seed(1))


def test_other_rows_under_the_same_name_are_another_identity(tmp_path):
    path = tmp_path / "made.csv"
    generator = written(rows(20, 2), path)
    spec = DatasetSpec.model_validate(
        {"name": "shop", "source": {"kind": "file", "path": "a.csv"}, "generator": generator.model_dump()}
    )
    first = spec.identity
    assert spec.model_copy(update={"seed": 3}).identity == first
    written(rows(20, 3), path)
    assert spec.identity != first
