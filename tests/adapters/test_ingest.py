"""Ingest: types from all rows, record ids that never move, and errors that a user can act on."""

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synth_pipeline.adapters.ingest import ingest, inspect, read_frame, split
from synth_pipeline.core import fingerprint
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.split.rule import SIDES, SplitRule
from synth_pipeline.core.table import Table
from synth_pipeline.spec import Column, ColumnOverride, DuckdbSource, FileSource, Kind, PythonSource, Schema, Shares

RULE = SplitRule("demo", Shares())
SECRET = "Zxq-secret"


def file(path: Path | str) -> FileSource:
    return FileSource(kind="file", path=str(path))


def csv(folder: Path, text: str | bytes, name: str = "t.csv") -> FileSource:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return file(name)


def column(folder: Path, *values: object, **options) -> Column:
    """The column inferred from these cells of a CSV file."""
    lines = "".join(f'{i},"{value}"\n' for i, value in enumerate(values))
    return inspect(csv(folder, "n,x\n" + lines), root=folder, **options)[0]["x"]


def as_kind(kind: str, name: str = "x") -> dict[str, ColumnOverride]:
    return {name: ColumnOverride(kind=kind)}


def written(source, folder: Path, name: str = "out", **options) -> pd.DataFrame:
    out = folder / f"{name}.parquet"
    ingest(source, out, root=folder, rule=RULE, **{"key": None, "entity": None} | options)
    return pq.read_table(out).to_pandas()


def people(rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "person": [f"p{i}" for i in rng.integers(0, rows // 4, rows)],
            "age": rng.integers(18, 30, rows),
            "paid": np.round(rng.gamma(2, 50, rows), 2),
        }
    )


def refused(source, folder: Path, **options) -> SynthError:
    """The error of a source, which must quote no cell and leave nothing behind."""
    with pytest.raises(SynthError) as caught:
        written(source, folder, "refused", **options)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None or SECRET not in str(caught.value.__cause__)
    assert not (folder / "refused.parquet").exists()
    assert not list(folder.glob(".ingest-*"))
    return caught.value


# kinds ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "kind", "grid"),
    [
        (["1", "-2", "30"], "integer", 1),
        (["1.0", "2.00", "3"], "integer", 1),
        (["9007199254740993", "1"], "integer", 1),
        (["0.5", "2", "3.25"], "decimal", 0.01),
        (["1.5", "2.000001"], "decimal", 1e-6),
        (["1.5", "2.0000001"], "decimal", None),
        (["1e300", "1.5"], "decimal", 0.1),
        (["true", "FALSE", "True"], "boolean", None),
        (["2024-01-05", "2023-12-31"], "datetime", 86400),
        (["2024-01-05 10:00:01", "2023-12-31T00:00:00"], "datetime", 1),
        (["2024-01-05 10:00:01.25", "2023-12-31"], "datetime", 1e-6),
        (["31.12.2024", "1.2.2024"], "datetime", 86400),
        (["12/31/2024", "1/2/2024"], "datetime", 86400),
        (["31/12/2024 10:30", "1/2/2024 11:30"], "datetime", 1),
        (["31/12/24", "01/02/23"], "category", None),
        (["007", "010"], "category", None),
        (["12345678901234567890", "1"], "category", None),
        (["1_000", "2_000"], "category", None),
        (["red", "blue", "red"], "category", None),
        (["one two three four five", "six seven eight nine ten", "a b c d e f"], "text", None),
        (["one two three four five"] * 3, "category", None),
        (["same"] * 3, "category", None),
    ],
)
def test_kind_and_grid_of_csv_cells(tmp_path, cells, kind, grid):
    found = column(tmp_path, *cells)
    assert (found.kind, found.grid, found.nullable) == (kind, grid, False)


def test_rows_late_in_a_file_count(tmp_path):
    assert column(tmp_path, *["1"] * 30_000, "2.5").kind == "decimal"
    assert column(tmp_path, *["a"] * 30_000, "").nullable


def test_distinct_words_identify_only_from_fifty_rows_on(tmp_path):
    words = [f"k{i}" for i in range(50)]
    assert column(tmp_path, *words).kind == "identifier"
    assert column(tmp_path, *words[:49]).kind == "category"
    assert column(tmp_path, *words[:49], "k0").kind == "category"
    assert column(tmp_path, *words, "").kind == "category"
    assert column(tmp_path, *words[:49], "k 50").kind == "category"


def test_many_categories_stay_categories(tmp_path):
    rng = np.random.default_rng(1)
    assert column(tmp_path, *[f"c{i}" for i in rng.integers(0, 10_000, 20_000)]).kind == "category"


def test_overrides_key_and_entity_win(tmp_path):
    source = csv(tmp_path, "k,e,x\n007,1,1\n008,1,2\n")
    schema, rows = inspect(source, root=tmp_path, key="k", entity="e", overrides=as_kind("category"))
    assert [c.kind for c in schema.columns] == ["identifier", "identifier", "category"] and rows == 2
    assert sorted(written(source, tmp_path, key="k", entity="e")["k"]) == ["007", "008"]


def test_physical_types(tmp_path):
    source = csv(tmp_path, "i,d,b,c,t\n1,1.5,true,x,2024-01-05\n,,,,\n3,2.5,false,y,2024-01-06\n")
    ingest(source, tmp_path / "o.parquet", root=tmp_path, rule=RULE, key=None, entity=None)
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "o.parquet")}
    own = {"i": "int64", "d": "double", "b": "bool", "c": "string", "t": "timestamp[us]"}
    assert types == {"_record_id": "string"} | own
    assert all(c.nullable for c in inspect(source, root=tmp_path)[0].columns)


def test_large_integers_and_missing_values_survive_exactly(tmp_path):
    frame = written(csv(tmp_path, 'i,c\n9007199254740993,""\n9007199254740995,a\n'), tmp_path)
    assert sorted(frame["i"]) == [9007199254740993, 9007199254740995]
    assert frame["c"].isna().sum() == 1


# sources -------------------------------------------------------------------------------------------------------


def test_all_kinds_of_files_give_the_same_records(tmp_path):
    frame = people()
    frame.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress((tmp_path / "a.csv").read_bytes()))
    frame.to_csv(tmp_path / "semi.csv", index=False, sep=";")
    frame.to_parquet(tmp_path / "a.parquet")
    frame.to_json(tmp_path / "a.jsonl", orient="records", lines=True)
    frame.to_json(tmp_path / "a.ndjson", orient="records", lines=True)
    prints = set()
    for name in ("a.csv", "a.csv.gz", "semi.csv", "a.parquet", "a.jsonl", "a.ndjson"):
        written(file(name), tmp_path)
        prints.add(fingerprint.of_parquet(tmp_path / "out.parquet"))
    assert len(prints) == 1


def test_a_path_is_no_pattern(tmp_path):
    folder = tmp_path / "year=2024"
    folder.mkdir()
    people().to_parquet(folder / "a[1].parquet")
    assert list(written(file("year=2024/a[1].parquet"), tmp_path).columns)[1:] == ["id", "person", "age", "paid"]


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_odd_column_names(tmp_path, suffix):
    names = ["select", 'a "b"', "it's", "two words", "🙂", "c1", "semi;colon", "table.x", "$side", "%s"]
    frame = pd.DataFrame({name: [i, i + 1, i + 2] for i, name in enumerate(names)})
    write = {"csv": frame.to_csv, "parquet": frame.to_parquet, "jsonl": frame.to_json}[suffix]
    write(tmp_path / f"t.{suffix}", **({"orient": "records", "lines": True} if suffix == "jsonl" else {"index": False}))
    result = written(file(f"t.{suffix}"), tmp_path, key="🙂", entity='a "b"')
    assert list(result.columns)[1:] == names
    assert sorted(result["%s"]) == [9, 10, 11]
    counts = split(tmp_path / "out.parquet", {s: tmp_path / f"{s}.parquet" for s in SIDES}, RULE, 'a "b"')
    assert sum(counts.values()) == 3


def test_parquet_text_stays_text_and_typed_columns_keep_their_types(tmp_path):
    table = pa.table(
        {
            "digits": ["1", "2", "x"],
            "float": pa.array([0.1, 0.2, None], pa.float32()),
            "whole": [1.0, float("nan"), 3.0],
            "money": pa.array([1, 2, 3], pa.decimal128(20, 2)),
            "wide": pa.array([2**64 - 1, 1, 2], pa.uint64()),
            "when": pa.array([0, 3_600_000, None], pa.timestamp("ms", "Europe/Berlin")),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    schema = inspect(file("t.parquet"), root=tmp_path)[0]
    kinds = [(c.kind.value, c.grid, c.nullable) for c in schema.columns]
    assert kinds == [
        ("category", None, False),
        ("decimal", 0.1, True),
        ("integer", 1, True),
        ("integer", 1, False),
        ("category", None, False),
        ("datetime", 1, True),
    ]
    frame = written(file("t.parquet"), tmp_path)
    assert sorted(frame["float"].dropna()) == [0.1, 0.2]
    assert frame["when"].min() == pd.Timestamp("1970-01-01")


def test_equal_zeros_have_equal_bits(tmp_path):
    pd.DataFrame({"x": [-0.0, 0.0, 1.5]}).to_parquet(tmp_path / "t.parquet")
    assert not np.signbit(written(file("t.parquet"), tmp_path)["x"]).any()


@pytest.fixture
def database(tmp_path) -> Path:
    with duckdb.connect(str(tmp_path / "d.duckdb")) as connection:
        connection.execute("CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('sad', 'glad')")
        connection.execute(
            "CREATE TABLE s.people AS SELECT i AS id, uuid() AS u, (CASE WHEN i % 2 THEN 'sad' ELSE 'glad' END)::mood "
            "AS m, i::VARCHAR AS digits FROM range(60) t(i); CREATE VIEW adults AS SELECT * FROM s.people WHERE id > 9"
        )
    return tmp_path


def duck(**options) -> DuckdbSource:
    return DuckdbSource(kind="duckdb", path="d.duckdb", **options)


def test_duckdb_tables_views_and_queries(database):
    schema, rows = inspect(duck(table="s.people"), root=database)
    assert [c.kind.value for c in schema.columns] == ["integer", "identifier", "category", "identifier"] and rows == 60
    assert inspect(duck(table="adults"), root=database)[1] == 50
    query = "WITH x AS (SELECT id, m FROM s.people) SELECT * FROM x WHERE m <> '🙂;' AND id < 7; -- and; so on"
    before = fingerprint.of_file(database / "d.duckdb")
    assert len(written(duck(query=query), database)) == 7
    assert fingerprint.of_file(database / "d.duckdb") == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"table": "s.peple"}, "did you mean 's.people'"),
        ({"query": "DROP TABLE s.people"}, "not a single SELECT"),
        ({"query": "SELECT 1; SELECT 2"}, "not a single SELECT"),
        ({"query": "COPY (SELECT 1) TO 'x.csv'"}, "not a single SELECT"),
        ({"query": "SELEC 1"}, "not valid"),
        ({"query": "SELECT nope FROM s.people"}, "nope"),
        ({"query": f"SELECT m::VARCHAR || '{SECRET}' AS x, 1 AS a, 2 AS A FROM s.people"}, "differ only in case"),
        ({"query": f"SELECT CAST(m || '{SECRET}' AS INTEGER) AS x FROM s.people"}, "ConversionException"),
    ],
)
def test_duckdb_refusals(database, options, words):
    assert words in str(refused(duck(**options), database))


def test_a_file_that_is_no_database(tmp_path):
    assert "does not exist" in str(refused(duck(table="t"), tmp_path))
    (tmp_path / "d.duckdb").write_text("no database" * 1000)
    assert "no DuckDB database" in str(refused(duck(table="t"), tmp_path))


def test_python_functions(tmp_path):
    (tmp_path / "made_here.py").write_text(
        "import pandas as pd, decimal, datetime\n"
        "def frame():\n"
        "    return pd.DataFrame({'o': pd.Series(['1', '2', '3'], dtype=object), 'c': pd.Categorical([1, 2, 1]),\n"
        "        's': pd.Series(['1', '2', '3'], dtype='str'), 'd': pd.Series([datetime.date(2024, 1, 1)] * 3),\n"
        "        'm': pd.Series([decimal.Decimal('1.25'), None, decimal.Decimal('2')], dtype=object),\n"
        "        'x': pd.Series([1, 'b', None], dtype=object), 7: [True, False, None]})\n"
        "def nothing(): return 3\n"
        f"def fails(): raise KeyError('{SECRET}')\n"
        "def nested(): return pd.DataFrame({'a': [1, 2], 'n': [[1], [2]], 'm': [{}, 'x']})\n"
        "def empty(): return pd.DataFrame({'a': []})\n"
        "def twice(): return pd.DataFrame([[1, 2], [3, 4]], columns=['a', 'a'])\n"
        f"def mixed(): return pd.DataFrame({{'a': [1.5] * 19 + ['{SECRET}']}})\n"
    )

    def source(name: str, module: str = "made_here") -> PythonSource:
        return PythonSource(kind="python", function=f"{module}:{name}")

    kinds = {c.name: (c.kind.value, c.grid) for c in inspect(source("frame"), root=tmp_path)[0].columns}
    assert kinds == {
        "o": ("integer", 1),
        "c": ("category", None),
        "s": ("category", None),
        "d": ("datetime", 86400),
        "m": ("decimal", 0.01),
        "x": ("category", None),
        "7": ("boolean", None),
    }
    expected = {
        "nothing": "returned int",
        "fails": "failed (KeyError)",
        "nested": "'m' of made_here:nested is of type object",
        "empty": "empty",
        "twice": "'a' twice",
        "absent": "no function 'absent'",
        "mixed": "'a'",
    }
    for name, words in expected.items():
        assert words in refused(source(name), tmp_path).problem
    assert "'n' of made_here:nested holds nested" in refused(source("nested"), tmp_path, exclude=("m",)).problem
    assert inspect(source("nested"), root=tmp_path, exclude=("m", "n"))[0].names == ["a"]
    assert "ModuleNotFoundError" in refused(source("f", "no_such_module"), tmp_path).problem
    assert str(tmp_path) not in sys.path


# record ids and sides -------------------------------------------------------------------------------------------


def test_record_ids_are_what_they_are_said_to_be(tmp_path):
    source = csv(tmp_path, "a,b\n1.50,x\n1.5,x\n2,\n")
    ids = written(source, tmp_path)["_record_id"]
    digests = [hashlib.md5(f"{RULE.salt}|row|{row}".encode()).hexdigest() for row in ("3:1.51:x", "1:2-")]
    expected = [f"{digests[0]}|1", f"{digests[0]}|2", f"{digests[1]}|1"]
    assert sorted(ids) == sorted(hashlib.md5(text.encode()).hexdigest() for text in expected)
    assert list(ids) == sorted(ids)
    keyed = written(csv(tmp_path, "k\nä\nb\n"), tmp_path, key="k").set_index("k")["_record_id"]
    assert keyed["ä"] == hashlib.md5(f"{RULE.salt}|key|ä".encode()).hexdigest()


def test_neighbouring_values_do_not_run_together(tmp_path):
    ids = written(csv(tmp_path, "a,b\nx,yz\nxy,z\n,xyz\nxyz,\n-,xyz\n"), tmp_path)["_record_id"]
    assert ids.is_unique
    again = written(csv(tmp_path, "a,b\nx,yz\nx,yz\n"), tmp_path)["_record_id"]
    assert len(set(ids) & set(again)) == 1


@pytest.mark.parametrize("entity", [None, "person"])
def test_sql_and_python_agree_on_the_side(tmp_path, entity):
    people(3_000).to_csv(tmp_path / "a.csv", index=False)
    frame = written(file("a.csv"), tmp_path, key="id", entity=entity)
    outs = {side: tmp_path / "parts" / f"{side}.parquet" for side in SIDES}
    counts = split(tmp_path / "out.parquet", outs, RULE, entity)
    parts = {side: pq.read_table(path).to_pandas() for side, path in outs.items()}
    assert counts == {side: len(part) for side, part in parts.items()} and sum(counts.values()) == 3_000
    for side, part in parts.items():
        assert part[entity or "_record_id"].map(RULE.side).eq(side).all()
        assert list(part["_record_id"]) == sorted(part["_record_id"])
    pd.testing.assert_frame_equal(
        pd.concat(parts.values()).sort_values("_record_id", ignore_index=True), frame, check_dtype=False
    )
    assert 0.4 < counts["train"] / 3_000 < 0.6


def test_an_entity_stays_on_one_side_and_a_row_without_one_stands_alone(tmp_path):
    frame = people(2_000)
    frame.loc[frame["id"] % 10 == 0, "person"] = None
    frame.to_csv(tmp_path / "a.csv", index=False)
    written(file("a.csv"), tmp_path, entity="person")
    outs = {side: tmp_path / f"{side}.parquet" for side in SIDES}
    split(tmp_path / "out.parquet", outs, RULE, "person")
    found = pd.concat(pq.read_table(path).to_pandas().assign(side=side) for side, path in outs.items())
    assert found.dropna(subset="person").groupby("person")["side"].nunique().max() == 1
    alone = found[found["person"].isna()]
    assert set(alone["side"]) == set(SIDES) and alone["_record_id"].map(RULE.side).eq(alone["side"]).all()


@pytest.mark.parametrize("key", [None, "id"])
def test_growing_or_reordering_moves_no_record(tmp_path, key):
    frame = people(600)[["age"]] if key is None else people(600)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.sample(frac=1, random_state=1).to_csv(tmp_path / "b.csv", index=False)
    more = people(900, seed=2)[frame.columns].iloc[600:]
    pd.concat([more, frame]).to_csv(tmp_path / "c.csv", index=False)
    first = written(file("a.csv"), tmp_path, "a", key=key)
    written(file("b.csv"), tmp_path, "b", key=key)
    grown = written(file("c.csv"), tmp_path, "c", key=key)
    assert first["_record_id"].is_unique and grown["_record_id"].is_unique
    assert fingerprint.of_file(tmp_path / "a.parquet") == fingerprint.of_file(tmp_path / "b.parquet")
    kept = first.merge(grown, on="_record_id", suffixes=("", "_grown"))
    assert len(kept) == 600 and (kept["age"] == kept["age_grown"]).all()


def test_numbers_keep_their_record_ids_when_a_column_becomes_decimal(tmp_path):
    whole = written(csv(tmp_path, "a\n1\n2\n"), tmp_path)["_record_id"]
    mixed = written(csv(tmp_path, "a\n1\n2\n2.5\n"), tmp_path)["_record_id"]
    assert set(whole) < set(mixed)


def test_bytes_do_not_depend_on_the_run_or_on_threads(tmp_path, monkeypatch):
    people(150_000).drop(columns="id").to_csv(tmp_path / "a.csv", index=False)
    outs = {side: tmp_path / f"{side}.parquet" for side in SIDES}
    hashes, contents = set(), set()
    for threads in (4, 4, 1):
        monkeypatch.setattr("synth_pipeline.adapters.ingest.session.MOST_THREADS", threads)
        ingest(file("a.csv"), tmp_path / "o.parquet", root=tmp_path, rule=RULE, key=None, entity="person")
        split(tmp_path / "o.parquet", outs, RULE, "person")
        hashes.add(tuple(fingerprint.of_file(path) for path in (tmp_path / "o.parquet", *outs.values())))
        contents.add(fingerprint.of_parquet(tmp_path / "o.parquet"))
    assert len(hashes) == 1 and len(contents) == 1


def test_nothing_is_left_beside_the_artefacts(tmp_path):
    (tmp_path / "in").mkdir()
    people().to_csv(tmp_path / "in" / "a.csv", index=False)
    ingest(file("in/a.csv"), tmp_path / "new" / "o.parquet", root=tmp_path, rule=RULE, key=None, entity=None)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["o.parquet"]


# a schema that is enforced ---------------------------------------------------------------------------------------


def test_a_schema_is_enforced(tmp_path):
    names = ("i", "integer"), ("d", "decimal"), ("b", "boolean"), ("c", "category"), ("t", "datetime")
    schema = Schema(columns=tuple(Column(name=name, kind=kind) for name, kind in names))
    source = csv(tmp_path, "t,c,b,d,i\n2024-01-05,1,1,3,4.0\n,,,,\n01/31/2024,x,no,4,5\n".replace("01/31/2024", ""))
    ingest(source, tmp_path / "o.parquet", root=tmp_path, rule=RULE, key=None, entity=None, schema=schema)
    types = [str(field.type) for field in pq.read_schema(tmp_path / "o.parquet")][1:]
    assert types == ["int64", "double", "bool", "string", "timestamp[us]"]
    assert pq.read_schema(tmp_path / "o.parquet").names[1:] == schema.names


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("integer", ["1", "2.5", SECRET, "4"]),
        ("decimal", ["1", SECRET, "nan", "4"]),
        ("boolean", ["true", "2", SECRET, "1"]),
        ("datetime", ["2024-01-01", "soon", SECRET, "2024-02-01"]),
    ],
)
def test_values_that_are_not_of_the_schemas_kind_are_counted(tmp_path, kind, cells):
    source = csv(tmp_path, "x\n" + "\n".join(cells) + "\n")
    schema = Schema(columns=(Column(name="x", kind=kind),))
    assert "'x' of t.csv has 2 values" in refused(source, tmp_path, schema=schema).problem
    assert "first in row 2" in refused(source, tmp_path, overrides=as_kind(kind)).problem


def test_typed_values_are_not_silently_rounded(tmp_path):
    pd.DataFrame({"x": [1.5, 2.0, 3.5]}).to_parquet(tmp_path / "t.parquet")
    schema = Schema(columns=(Column(name="x", kind="integer"),))
    assert "has 2 values" in refused(file("t.parquet"), tmp_path, schema=schema).problem


def test_infinity_is_no_decimal_of_a_schema(tmp_path):
    pd.DataFrame({"x": [1.5, np.inf, -np.inf]}).to_parquet(tmp_path / "t.parquet")
    schema = Schema(columns=(Column(name="x", kind="decimal"),))
    assert "has 2 values" in refused(file("t.parquet"), tmp_path, schema=schema).problem


def test_key_and_entity_are_text_whatever_the_schema_says(tmp_path):
    schema = Schema(columns=(Column(name="k", kind="integer", grid=1), Column(name="e", kind="integer", grid=1)))
    source, out = csv(tmp_path, "k,e\n007,1\n8,1\n"), tmp_path / "o.parquet"
    found = ingest(source, out, root=tmp_path, rule=RULE, key="k", entity="e", schema=schema)
    assert {column.kind for column in found.columns} == {Kind.IDENTIFIER}
    assert sorted(pq.read_table(out)["k"].to_pylist()) == ["007", "8"]


def test_missing_and_surplus_columns_are_listed(tmp_path):
    schema = Schema(columns=(Column(name="a", kind="integer"), Column(name="b", kind="integer")))
    error = refused(csv(tmp_path, "a,c\n1,2\n3,4\n"), tmp_path, schema=schema)
    assert "lacks 'b'" in error.problem and "in addition 'c'" in error.problem


# what is refused -------------------------------------------------------------------------------------------------

NUMBERS = "".join(f"{i}\n" for i in range(19))


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", {}, "t.csv is empty"),
        ("a,b\n", {}, "holds no rows"),
        (f"a,b\n{SECRET},2\n", {}, "holds 1 row."),
        (f"\na,b\n{SECRET},2\n", {}, "first line of t.csv is empty"),
        ("1,2\n3,4\n5,6\n", {}, "numbers only"),
        ("a,\n1,2\n3,4\n", {}, "Column 2 of t.csv has no name"),
        ("a,b,a\n1,2,3\n4,5,6\n", {}, "'a' twice"),
        ("Age,age\n1,2\n4,5\n", {}, "'age' and 'Age', which differ only in case"),
        ("_x,b\n1,2\n3,4\n", {}, "'_x' of t.csv begins with an underscore"),
        ("a,b\n1,\n3,\n", {}, "'b' of t.csv has no value"),
        (f"a\n{NUMBERS}{SECRET}\n", {}, "'a' of t.csv holds numbers but for 1 of 20 values, first in row 20"),
        (b"a,b\ncaf\xe9 Zxq-secret,2\nx,3\n", {}, "not UTF-8"),
        (b"a\xe9,b\n1,2\nx,3\n", {}, "not UTF-8"),
        (f"a,b\n1,2\n{SECRET}\n3,4\n", {}, "has 1 fields near line 3, where its header has 2"),
        (f"a,b\n1,2\n{SECRET},3,4\n", {}, "has 3 fields near line 3, where its header has 2"),
        (f'a,b\n1,2\n"{SECRET},3\n', {}, "not closed"),
        (f"a,b\n1,{SECRET}\n1,3\n,3\n", {"key": "a"}, "'a' of t.csv is empty in 1 rows and shared by 2 rows"),
        ("age,b\n1,2\n3,4\n", {"key": "aeg"}, "no column 'aeg', which is named as key"),
        ("age,b\n1,2\n3,4\n", {"entity": "Age"}, "did you mean 'age'"),
        ("age,b\n1,2\n3,4\n", {"exclude": ("ages",)}, "did you mean 'age'"),
        ("age,b\n1,2\n3,4\n", {"exclude": ("age", "b")}, "no column that is not excluded"),
        ("age,b\n1,2\n3,4\n", {"overrides": as_kind("text", "ageb")}, "did you mean 'age'"),
        (f"a,d\n1,01/02/2024\n{SECRET},03/04/2024\n", {}, "'d' of t.csv can be read day first or month first"),
    ],
)
def test_bad_files_are_refused_in_words(tmp_path, text, options, words):
    error = refused(csv(tmp_path, text), tmp_path, **options)
    assert words in str(error) and error.fix


def test_the_fixes_work(tmp_path):
    mixed = csv(tmp_path, f"x\n{NUMBERS}{SECRET}\n")
    assert inspect(mixed, root=tmp_path, overrides=as_kind("category"))[0]["x"].kind == "category"
    void = csv(tmp_path, "a,x\n1,\n2,\n")
    assert inspect(void, root=tmp_path, exclude=("x",))[0].names == ["a"]
    for kind in Kind:
        found = inspect(void, root=tmp_path, overrides=as_kind(kind))[0]["x"]
        assert found.kind == kind and found.nullable
    reserved = csv(tmp_path, "_id,_ID,a\n1,2,3\n4,5,6\n")
    assert list(written(reserved, tmp_path, exclude=("_id", "_ID")).columns) == ["_record_id", "a"]
    constant = csv(tmp_path, "a\n1\n1\n")
    assert len(set(written(constant, tmp_path)["_record_id"])) == 2


def test_the_tenth_that_is_no_number_makes_a_category(tmp_path):
    assert column(tmp_path, *range(17), "a", "b").kind == "category"
    assert "'x'" in refused(csv(tmp_path, "x\n" + "1\n" * 18 + "a\nb\n"), tmp_path).problem


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.parquet", b"no parquet at all", "no Parquet file"),
        ("t.csv.gz", b"a,b\n1,2\n", "BadGzipFile"),
        ("t.csv.gz", gzip.compress(b"a,b\n" + bytes(range(48, 58)) * 9999, mtime=0)[:60], "cannot be read"),
        ("t.jsonl", b'{"a": 1}\n{"a": "Zxq-secret"\n', "no valid JSON"),
        ("t.jsonl", b"1\n2\n", "2 lines that are no JSON object"),
        ("t.jsonl", b'{"a": 1, "A": 2}\n{"a": 1}\n', "differ only in case"),
        ("t.jsonl", b'{"a": 1, "b": [1]}\n{"a": 1}\n', "'b' of t.jsonl holds nested values"),
        ("t.jsonl", b'{"a": 1, "b": {"c": 1}}\n{"a": 1, "b": 2}\n', "'b' of t.jsonl holds nested values"),
        ("t.jsonl", b'{"a": "caf\xe9"}\n{"a": "x"}\n', "not UTF-8"),
    ],
)
def test_bad_files_of_other_types(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    assert words in str(refused(file(name), tmp_path))


def test_a_missing_file(tmp_path):
    assert "nope.csv does not exist" in refused(file("nope.csv"), tmp_path).problem
    with pytest.raises(SynthError, match="ends in"):
        read_frame(tmp_path / "x.xlsx")


def test_json_of_several_types_in_a_column(tmp_path):
    lines = "".join(f'{{"a": {i}}}\n' for i in range(19)) + f'{{"a": "{SECRET}"}}\n'
    error = refused(csv(tmp_path, lines, "t.jsonl"), tmp_path)
    assert "but for 1 of 20 values, first in row 20" in error.problem


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (pa.array([b"a", b"b"]), "BLOB"),
        (pa.array([1, 2], pa.time64("us")), "TIME"),
        (pa.array([[1], [2]]), "nested"),
        (pa.array([{"x": 1}, {"x": 2}]), "nested"),
        (pa.array([1.0, float("inf")]), "1 infinite"),
        (pa.nulls(2), "no value"),
    ],
)
def test_types_without_a_kind(tmp_path, values, words):
    pq.write_table(pa.table({"a": [1, 2], "b": values}), tmp_path / "t.parquet")
    problem = refused(file("t.parquet"), tmp_path).problem
    assert words in problem and "'b' of t.parquet" in problem
    assert inspect(file("t.parquet"), root=tmp_path, exclude=("b",))[1] == 2


# reading whole, and what it rests on ------------------------------------------------------------------------------


def test_read_frame_infers_or_enforces(tmp_path):
    text = "_batch_id,i,b,d,t\nx,1,true,1.5,2024-01-05\ny,,,,\nz,9007199254740993,false,2,2024-01-06\n"
    csv(tmp_path, text)
    frame, schema = read_frame(tmp_path / "t.csv")
    assert [str(dtype) for dtype in frame.dtypes] == ["Int64", "boolean", "float64", "datetime64[us]"]
    assert frame["i"].tolist()[::2] == [1, 9007199254740993]
    assert Table.conform(frame, schema).frame.equals(frame)
    loose = Schema(columns=tuple(c.model_copy(update={"kind": Kind.CATEGORY}) for c in schema.columns))
    again, same = read_frame(tmp_path / "t.csv", schema=loose)
    assert same == loose and again["d"].tolist()[0] == "1.5"
    assert read_frame(tmp_path / "t.csv", overrides=as_kind("category", "d"))[1]["d"].kind == "category"


def test_an_ingested_file_can_be_read_back(tmp_path):
    people().to_csv(tmp_path / "a.csv", index=False)
    schema = ingest(file("a.csv"), tmp_path / "o.parquet", root=tmp_path, rule=RULE, key="id", entity="person")
    frame, _ = read_frame(tmp_path / "o.parquet", schema=schema)
    assert list(frame.columns) == schema.names and len(frame) == 400


def test_no_dagster():
    code = "import sys, synth_pipeline.adapters.ingest; sys.exit('dagster' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
