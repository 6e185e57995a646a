"""Declared tables: each column is as its rule says, tables fit together, and mistakes are named."""

import re
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from scipy import stats
from typer.testing import CliRunner

from synth_pipeline.adapters.declaration import load, mistakes
from synth_pipeline.cli.generation import make
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import Rules
from synth_pipeline.generators.rules.edges import TEXTS
from synth_pipeline.scratch import make_tables
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 20_000
LAWS = {
    "uniform": ({"min": -2, "max": 5}, stats.uniform(-2, 7)),
    "normal": ({"mean": 3, "sd": 2}, stats.norm(3, 2)),
    "lognormal": ({"mean": 1, "sd": 0.5}, stats.lognorm(0.5, scale=np.e)),
    "exponential": ({"mean": 4}, stats.expon(scale=4)),
    "gamma": ({"shape": 2.5, "scale": 3}, stats.gamma(2.5, scale=3)),
    "pareto": ({"shape": 3, "scale": 2}, stats.pareto(3, scale=2)),
}


def column(rows: int = ROWS, seed: int = 1, **rule: object) -> pd.Series:
    return table({"x": rule}, rows, seed)["x"]


def table(columns: dict, rows: int = ROWS, seed: int = 1, **more: object) -> pd.DataFrame:
    return make_tables({"tables": {"t": {"columns": columns, **more}}}, seed, rows).tables["t"]


def refused(*columns: str, more: str = "", folder: Path) -> SynthError:
    path = folder / "t.yaml"
    path.write_text("tables:\n  t:\n    columns:\n" + "".join(f"      {line}\n" for line in columns) + more)
    with pytest.raises(SynthError) as caught:
        make_tables(path, rows=10)
    return caught.value


# columns -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("law", "parameters", "expected"), [(law, *held) for law, held in LAWS.items()], ids=LAWS)
def test_numbers_follow_their_law(law, parameters, expected):
    values = column(kind="decimal", law=law, **parameters)
    assert stats.kstest(values, expected.cdf).pvalue > 0.001


@pytest.mark.parametrize(("law", "parameters", "expected"), [(law, *held) for law, held in LAWS.items()], ids=LAWS)
def test_bounds_cut_a_law_off_and_heap_nothing_up(law, parameters, expected):
    low, high = expected.ppf(0.2), expected.ppf(0.7)
    values = column(kind="decimal", law=law, **(parameters | {"min": low, "max": high}))
    assert low <= values.min() <= values.max() <= high
    within = (expected.cdf(values) - 0.2) / 0.5
    if law != "uniform":
        assert stats.kstest(within, stats.uniform.cdf).pvalue > 0.001
    assert values.is_unique


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"law": "uniform", "min": 1, "max": 6}, stats.randint(1, 7)),
        ({"law": "poisson", "mean": 3.5}, stats.poisson(3.5)),
        ({"law": "zipf", "shape": 1.2, "max": 50}, stats.zipfian(1.2, 50)),
    ],
)
def test_whole_numbers_are_as_likely_as_their_law_has_them(parameters, expected):
    counts = column(kind="integer", **parameters).value_counts()
    likely = [value for value in range(60) if expected.pmf(value) * ROWS > 20]
    seen = counts.reindex(likely, fill_value=0).to_numpy()
    wanted = expected.pmf(likely) * ROWS
    assert stats.chisquare(seen, wanted * seen.sum() / wanted.sum()).pvalue > 0.001
    assert abs(seen.sum() - wanted.sum()) < 0.01 * ROWS


def test_decimals_are_rounded_within_their_bounds():
    values = column(kind="decimal", min=0.123, max=0.987, decimals=1)
    assert sorted(values.unique()) == [round(0.1 * place, 1) for place in range(2, 10)]


def test_a_law_with_nothing_between_its_bounds_is_refused():
    with pytest.raises(SynthError, match=r"Table 't', column 'x'.*'normal' has nothing"):
        column(kind="decimal", law="normal", mean=0, sd=1, min=50, max=60)
    with pytest.raises(SynthError, match="'zipf' has nothing"):
        column(kind="integer", law="zipf", shape=1, max=10.5, min=10.2)


def test_truths_levels_and_nulls_have_their_shares():
    frame = table({
        "b": {"kind": "boolean", "share": 0.3},
        "c": {"kind": "category", "levels": ["a", "b", "c"], "weights": [6, 3, 1]},
        "n": {"kind": "integer", "min": 0, "max": 9, "nulls": 0.25},
        "p": {"kind": "boolean", "nulls": 1},
    })  # fmt: skip
    assert abs(frame["b"].mean() - 0.3) < 0.015
    shares = frame["c"].value_counts(normalize=True)
    assert np.abs(shares[["a", "b", "c"]].to_numpy() - [0.6, 0.3, 0.1]).max() < 0.015
    assert abs(frame["n"].isna().mean() - 0.25) < 0.015 and frame["n"].dtype == "Int64"
    assert frame["p"].isna().all()


def test_moments_lie_in_their_span_on_their_unit_and_in_business_hours():
    span = {"kind": "datetime", "start": "2024-02-01 12:00:00", "end": "2024-03-31 18:00:00"}
    for unit, step in {"day": "D", "hour": "h", "minute": "min", "second": "s"}.items():
        values = column(**span, unit=unit)
        assert (values.dt.floor(step).where(values.dt.floor(step) >= span["start"], values) == values).all()
        assert values.between(span["start"], span["end"]).all()
    values = column(**span, business_hours=1)
    busy = (values.dt.dayofweek < 5) & values.dt.hour.between(9, 16)
    assert busy.mean() > 0.98  # on the first day and the last some of the hours lie outside of the span
    assert column(**span).dt.dayofweek.nunique() == 7
    assert values.dt.date.nunique() > 40


def test_no_working_day_in_the_span_is_refused():
    with pytest.raises(SynthError, match="no Monday to Friday"):
        column(kind="datetime", start="2024-03-30", end="2024-03-31", business_hours=0.5)


def test_text_by_expression_and_by_faker():
    frame = table({
        "p": {"kind": "pattern", "regex": "[A-Z]{2}(-[0-9]+)?"},
        "u": {"kind": "pattern", "regex": "[a-z]{4}", "unique": True},
        "j": {"kind": "faker", "provider": "job", "pool": 50},
        "e": {"kind": "faker", "provider": "email", "locale": "de_DE"},
        "s": {"kind": "sequence", "start": 5, "step": 2},
        "k": {"kind": "sequence", "prefix": "K"},
        "c": {"kind": "constant", "value": 1.5},
    })  # fmt: skip
    assert frame["p"].map(lambda text: re.fullmatch("[A-Z]{2}(-[0-9]+)?", text) is not None).all()
    assert frame["u"].is_unique and frame["e"].is_unique and frame["e"].str.contains("@").all()
    assert 20 < frame["j"].nunique() <= 50
    assert frame["s"].tolist()[:3] == [5, 7, 9] and frame["k"].tolist()[:2] == ["K1", "K2"]
    assert (frame["c"] == 1.5).all()


def test_a_provider_that_faker_does_not_have_is_refused():
    with pytest.raises(SynthError, match="no provider 'unheard_of'"):
        column(kind="faker", provider="unheard_of", rows=1)


def test_what_is_determined_follows_whatever_determines_it():
    frame = table({
        "pair": {"kind": "determined_by", "columns": ["land", "n"], "levels": list("abcdef")},
        "money": {"kind": "determined_by", "columns": ["land"], "mapping": {"DE": "EUR", "US": "USD"},
                  "otherwise": "?"},
        "none": {"kind": "determined_by", "columns": ["land"], "mapping": {"DE": "EUR"}},
        "flag": {"kind": "determined_by", "columns": ["b"], "mapping": {"true": "yes", "false": "no"}},
        "land": {"kind": "category", "levels": ["DE", "US", "JP"], "nulls": 0.1},
        "n": {"kind": "integer", "min": 1, "max": 40},
        "b": {"kind": "boolean"},
    })  # fmt: skip
    assert next(iter(frame.columns)) == "pair"
    assert frame.groupby(["land", "n"], dropna=False)["pair"].nunique().max() == 1
    assert frame["pair"].nunique() == 6
    assert frame.groupby("land")["money"].unique().map(list).to_dict() == {"DE": ["EUR"], "US": ["USD"], "JP": ["?"]}
    assert (frame["none"].notna() == (frame["land"] == "DE")).all()
    assert (frame["flag"] == frame["b"].map({True: "yes", False: "no"})).all()


def test_numbers_go_together_as_declared():
    columns = {
        "a": {"kind": "decimal", "law": "lognormal", "mean": 0, "sd": 2},
        "b": {"kind": "integer", "law": "poisson", "mean": 50},
        "c": {"kind": "decimal", "min": 0, "max": 1},
        "d": {"kind": "decimal", "min": 0, "max": 1},
    }
    pairs = [{"columns": ["a", "b"], "rank": 0.55}, {"columns": ["c", "b"], "rank": -0.4}]
    ranks = table(columns, 60_000, correlations=pairs).corr("spearman")
    assert abs(ranks.loc["a", "b"] - 0.55) < 0.01 and abs(ranks.loc["b", "c"] + 0.4) < 0.01
    assert abs(ranks.loc["a", "c"]) < 0.015 and ranks.loc["d"].drop("d").abs().max() < 0.015


def test_correlations_that_cannot_be_are_refused_with_their_pairs(tmp_path):
    columns = [f"{name}: {{kind: decimal, min: 0, max: 1}}" for name in "abcd"]
    pairs = "".join(f"      - {{columns: [{pair[0]}, {pair[1]}], rank: {rank}}}\n"
                    for pair, rank in {"ab": 0.9, "bc": 0.9, "ac": -0.9, "cd": 0.05}.items())  # fmt: skip
    error = refused(*columns, more=f"    correlations:\n{pairs}", folder=tmp_path)
    assert "a with b (0.9), b with c (0.9), a with c (-0.9)" in error.problem and "c with d" not in error.problem
    assert "Table 't'" in error.problem


# edge cases ----------------------------------------------------------------------------------------------------


ODD = {
    "i": {"kind": "integer", "min": -5, "max": 2**40, "edge_cases": 0.1},
    "f": {"kind": "decimal", "law": "normal", "mean": 0, "sd": 1, "edge_cases": 0.1},
    "t": {"kind": "pattern", "regex": "[a-z]{3}", "edge_cases": 0.1},
    "d": {"kind": "datetime", "start": "2019-01-01", "end": "2025-01-01", "edge_cases": 0.1},
    "b": {"kind": "boolean", "edge_cases": 0.1},
}


def test_edge_cases_are_counted_cell_by_cell_and_touch_no_other_cell():
    made = make_tables({"tables": {"t": {"columns": ODD}}}, 3, ROWS)
    plain = table({name: rule | {"edge_cases": 0} for name, rule in ODD.items()}, seed=3)
    assert list(made.edge_cases.columns) == ["table", "column", "row", "case"]
    for name in ODD:
        mine = made.edge_cases[made.edge_cases["column"] == name]
        assert abs(len(mine) - 0.1 * ROWS) < 200 and mine["row"].is_unique
        odd, usual = made.tables["t"][name], plain[name]
        elsewhere = ~odd.index.isin(mine["row"])
        assert odd[elsewhere].astype("object").tolist() == usual[elsewhere].astype("object").tolist()
        assert odd[mine.loc[mine["case"] == "null", "row"]].isna().all()
    cases = made.edge_cases.groupby("column")["case"].unique().map(set)
    frame, where = made.tables["t"], made.edge_cases.set_index(["column", "case"])["row"]
    assert set(frame.loc[where["t", "very long"], "t"].str.len()) == {10_000}
    assert set(frame.loc[where["t", "empty"], "t"]) == {""}
    assert cases["t"] == {*TEXTS, "null"}
    assert {"2^31 - 1", "2^31", "minus one", "min", "max", "zero"} <= cases["i"]
    assert not {"2^63 - 1", "-2^31"} & cases["i"]  # beyond the bounds that are declared
    assert frame["i"].dropna().between(-5, 2**40).all()
    assert {"leap day 2020", "leap day 2024", "skipped hour in Europe 2021"} <= cases["d"]
    assert "1970" not in cases["d"]
    assert set(frame.loc[where["d", "leap day 2020"], "d"]) == {pd.Timestamp("2020-02-29 12:00")}
    assert set(frame.loc[where["d", "skipped hour in Europe 2021"], "d"]) == {pd.Timestamp("2021-03-28 02:30")}
    assert cases["b"] == {"null"}


def test_hours_that_clocks_skip_do_not_exist_there():
    made = make_tables({"tables": {"t": {"columns": {"d": ODD["d"]}}}}, 3, ROWS)
    for place, zone in {"Europe": "Europe/Berlin", "America": "America/New_York"}.items():
        rows = made.edge_cases[made.edge_cases["case"].str.startswith(f"skipped hour in {place}")]["row"]
        moments = made.tables["t"].loc[rows, "d"]
        assert len(moments) > 50
        assert moments.dt.tz_localize(zone, nonexistent="NaT").isna().all()


# tables --------------------------------------------------------------------------------------------------------


SHOP = """\
tables:
  orders:
    rows: 4000
    columns:
      id: {kind: sequence}
      customer: {kind: foreign_key, references: customers.id, skew: 1}
      earlier: {kind: foreign_key, references: orders.id, nulls: 0.5}
      price: {kind: decimal, law: lognormal, mean: 3, sd: 1, decimals: 2, edge_cases: 0.01}
  customers:
    rows: 400
    columns:
      id: {kind: pattern, regex: 'C-[0-9]{6}', unique: true}
      name: {kind: faker, provider: name}
"""


@pytest.fixture
def shop(tmp_path) -> Path:
    path = tmp_path / "shop.yaml"
    path.write_text(SHOP)
    return path


def test_foreign_keys_point_to_rows(shop):
    tables = make_tables(shop).tables
    assert list(tables) == ["orders", "customers"]
    orders, customers = tables["orders"], tables["customers"]
    assert (len(orders), len(customers)) == (4000, 400)
    assert set(orders["customer"]) <= set(customers["id"])
    assert set(orders["earlier"].dropna()) <= set(orders["id"]) and orders["earlier"].isna().any()
    uses = orders["customer"].value_counts()
    assert 0.45 < uses.head(100).sum() / 4000 < 0.6  # a quarter is used by half
    assert abs(np.corrcoef(customers["id"].map(uses).fillna(0), np.arange(400))[0, 1]) < 0.15


def test_equal_seeds_give_equal_tables(shop):
    first, again, other = (make_tables(shop, seed) for seed in (1, 1, 2))
    for name in first.tables:
        assert of_frame(first.tables[name]) == of_frame(again.tables[name]) != of_frame(other.tables[name])
    assert first.edge_cases.equals(again.edge_cases)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_few_rows_and_none_can_be_made(rows):
    columns = ODD | {"s": {"kind": "sequence"}, "j": {"kind": "faker", "provider": "name"}}
    frame = table(columns, rows)
    assert frame.shape == (rows, 7)


def test_a_million_rows_of_a_rule_need_no_loop_over_rows():
    """Generous: 0.3 s here; a Python loop over the rows takes several."""
    import time

    start = time.process_time()
    values = column(1_000_000, kind="pattern", regex="[A-Z]{3}-[0-9]{4}")
    assert len(values) == 1_000_000
    assert time.process_time() - start < 5


LOOP = """
  u:
    columns:
      b: {kind: foreign_key, references: t.a}
"""
WRONG = {
    "unknown kind": (["a: {kind: intger}"], "", "t.yaml:4: tables.t.columns.a.kind: 'intger' is unknown", "'integer'"),
    "no kind": (["a: {min: 1}"], "", "a.kind: is missing", "integer, decimal"),
    "unknown field": (["a: {kind: boolean, shar: 1}"], "", "a.shar: is no known field", "'share'"),
    "a parameter that is not read": (["a: {kind: decimal, law: normal, mean: 1, sd: 1, shape: 2}"], "",
                                     "a.shape: shape is not read by law 'normal'", "delete"),
    "a parameter that is missing": (["a: {kind: decimal, law: normal, mean: 1}"], "", "a.law: law 'normal' needs sd",
                                    "add it"),
    "bounds": (["a: {kind: integer, min: 5, max: 1}"], "", "a.min: min is above max", "exchange"),
    "share": (["a: {kind: boolean, nulls: 2}"], "", "a.nulls: must be at least 0 and at most 1", "number"),
    "levels": (["a: {kind: category, levels: [x, x]}"], "", "a.levels: levels names a level twice", "delete"),
    "weights": (["a: {kind: category, levels: [x, y], weights: [1]}"], "", "a.weights", "one weight for each"),
    "span": (["a: {kind: datetime, start: 2024-01-02, end: 2024-01-01}"], "", "a.start: start is after end", "exch"),
    "look-around": (["a: {kind: pattern, regex: 'a(?=b)'}"], "", "a.regex: 'a(?=b)' cannot be generated", "groups"),
    "locale": (["a: {kind: faker, provider: name, locale: xx}"], "", "a.locale: 'xx' is no locale", "de_DE"),
    "mapping of two": (["a: {kind: determined_by, columns: [b, c], mapping: {x: y}}"], "", "mapping can follow", "one"),
    "no columns": (["a: {kind: determined_by, columns: [b], levels: [x]}"], "",
                   "Table 't', column 'a', columns: there is no column 'b'", "name one of a"),
    "loop of columns": (["a: {kind: determined_by, columns: [b], levels: [x]}",
                         "b: {kind: determined_by, columns: [a], levels: [x]}"], "", "follows from", "break the loop"),
    "itself": (["a: {kind: foreign_key, references: t.a}"], "", "'a' follows from 'a'", "break the loop"),
    "unknown table": (["a: {kind: foreign_key, references: u.x}"], "",
                      "Table 't', column 'a', references: there is no table 'u'", "name one of t"),
    "unknown column": (["a: {kind: foreign_key, references: t.x}"], "", "table 't' has no column 'x'", "name one of a"),
    "loop of tables": (["a: {kind: foreign_key, references: u.b}"], LOOP, "refer to each other in a loop", "another"),
    "correlated words": (["a: {kind: boolean}", "b: {kind: integer, min: 1, max: 2}"],
                         "    correlations: [{columns: [a, b], rank: 0.5}]\n", "'a' is no column of numbers", "b"),
    "correlated with itself": (["a: {kind: integer, min: 1, max: 2}"],
                               "    correlations: [{columns: [a, a], rank: 0.5}]\n", "'a' is named twice", "two"),
    "a tuple of three": (["a: {kind: integer, min: 1, max: 2}"], "    correlations: [{columns: [a], rank: 0.5}]\n",
                         "correlations[0].columns", ""),
    "name of a table": (["a: {kind: boolean}"], "  '../u':\n    columns: {a: {kind: boolean}}\n", "not of its form",
                        "letters"),
    "no YAML": (["a: {kind: ["], "", "t.yaml", "bracket"),
}  # fmt: skip


@pytest.mark.parametrize(("columns", "more", "problem", "fix"), WRONG.values(), ids=WRONG)
def test_mistakes_are_named_with_their_place_and_mended(tmp_path, columns, more, problem, fix):
    error = refused(*columns, more=more, folder=tmp_path)
    assert problem in error.problem
    assert fix in error.fix
    assert str(tmp_path / "t.yaml") in error.problem


def test_all_mistakes_are_told_at_once(tmp_path):
    error = refused("a: {kind: intger}", "b: {kind: boolean, share: 3}", folder=tmp_path)
    assert "2 mistakes" in error.problem and "t.yaml:4" in error.problem and "t.yaml:5" in error.problem


def test_the_command_writes_one_file_for_each_table(shop, tmp_path):
    app = typer.Typer()
    app.command()(make)
    out = tmp_path / "out"
    result = CliRunner().invoke(app, [str(shop), "--out", str(out), "--rows", "1000", "--seed", "3"])
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in out.iterdir()) == ["_edge_cases.parquet", "customers.parquet", "orders.parquet"]
    made = make_tables(shop, 3, 1000)
    assert of_frame(pd.read_parquet(out / "orders.parquet")) == of_frame(made.tables["orders"])
    assert len(pd.read_parquet(out / "_edge_cases.parquet")) == len(made.edge_cases) > 0
    result = CliRunner().invoke(app, [str(shop), "--out", str(out), "--format", "csv", "--rows", "5"])
    assert len(pd.read_csv(out / "customers.csv")) == 5


# as a generator ------------------------------------------------------------------------------------------------


def real(rows: int = 3_000) -> Table:
    stream = np.random.default_rng(5)
    frame = pd.DataFrame({
        "id": [f"p{place}" for place in range(rows)],
        "age": stream.integers(18, 90, rows),
        "pay": np.round(stream.lognormal(7, 1, rows), 2),
        "town": stream.choice(["A", "B", *[f"rare {n}" for n in range(50)]], rows, p=[0.5, 0.45, *[0.001] * 50]),
        "remark": [f"she said {place} words to us" for place in range(rows)],
    })  # fmt: skip
    schema = Schema(columns=(
        Column(name="id", kind=Kind.IDENTIFIER), Column(name="age", kind=Kind.INTEGER, grid=1.0),
        Column(name="pay", kind=Kind.DECIMAL, grid=0.01), Column(name="town", kind=Kind.CATEGORY),
        Column(name="remark", kind=Kind.TEXT),
    ))  # fmt: skip
    return Table.conform(frame, schema)


def imitated(**declared: object) -> pd.DataFrame:
    generator = Rules.model_validate({"columns": {"remark": {"kind": "constant", "value": "none"}}} | declared)
    return generator.fit(Train(real()), Seed(1)).sample(3_000, Seed(2)).frame


def test_declared_columns_follow_their_rules_and_the_others_the_table():
    made = imitated(
        columns={
            "id": {"kind": "pattern", "regex": "P[0-9]{5}", "unique": True},
            "age": {"kind": "integer", "min": 1, "max": 3},
            "remark": {"kind": "faker", "provider": "sentence"},
        },
        correlations=[{"columns": ["age", "pay"], "rank": 0.6}],
    )
    assert made["id"].is_unique and made["id"].str.fullmatch("P[0-9]{5}").all()
    assert set(made["age"]) == {1, 2, 3}
    assert made["remark"].str.endswith(".").all()
    assert stats.ks_2samp(made["pay"], real().frame["pay"]).statistic < 0.05
    assert 0.45 < made[["age", "pay"]].corr("spearman").iloc[0, 1] < 0.65  # three ages tie


def test_of_levels_only_common_shares_are_told():
    towns = imitated()["town"].value_counts(normalize=True)
    assert abs(towns["A"] - 0.5) < 0.04 and abs(towns["B"] - 0.45) < 0.04
    sampler = Rules(columns={"remark": {"kind": "constant", "value": "x"}}).fit(Train(real()), Seed(1))
    rare = sampler.rules["town"].shares[2:-1]
    assert len(set(rare)) == 1 and rare[0] > 0
    assert set(imitated(rare="dropped")["town"]) == {"A", "B"}


def test_no_number_of_a_training_row_is_told():
    """Quantiles are means of 20 values, which fall on one of 3,000 amounts by chance in a few of 21 places."""
    sampler = Rules(columns={"remark": {"kind": "constant", "value": "x"}}).fit(Train(real()), Seed(1))
    assert np.isin(sampler.rules["pay"].knots, real().frame["pay"]).sum() <= 1
    amounts = np.sort(real().frame["pay"])
    knots = sampler.rules["pay"].knots
    assert amounts[19] < knots[0] < amounts[40] and amounts[-40] < knots[-1] < amounts[-19]


@pytest.mark.parametrize(
    ("columns", "problem", "fix"),
    [
        ({"old": {"kind": "boolean"}}, "no column 'old'", "id, age"),
        ({"age": {"kind": "category", "levels": ["x"]}}, "'age': it is of type integer", "integer, sequence, constant"),
        ({"age": {"kind": "integer", "min": 1, "max": 2, "nulls": 0.1}}, "'age', nulls", "delete"),
        ({"town": {"kind": "determined_by", "columns": ["city"], "levels": ["x"]}}, "no column 'city'", "age"),
    ],
)
def test_rules_that_do_not_fit_the_table_are_refused(columns, problem, fix):
    remark = {"remark": {"kind": "constant", "value": "x"}}
    with pytest.raises(SynthError) as caught:
        imitated(columns=remark | columns)
    assert problem in caught.value.problem and fix in caught.value.fix


def test_dropping_rare_levels_of_a_column_that_has_no_others_is_refused():
    schema = Schema(columns=(Column(name="code", kind=Kind.CATEGORY),))
    codes = Table.conform(pd.DataFrame({"code": [f"c{place}" for place in range(100)]}), schema)
    with pytest.raises(SynthError, match="'code' has no level in 20 rows"):
        Rules(rare="dropped").fit(Train(codes), Seed(1))


@pytest.fixture
def file(tmp_path):
    """Where a data set of a project is declared."""
    out = tmp_path / "synth_pipeline/defs/shop/defs.yaml"
    out.parent.mkdir(parents=True)
    return out


def test_a_data_set_declares_rules_and_mistakes_in_them_are_named(tmp_path, file):
    text = textwrap.dedent("""\
        type: synth_pipeline.SyntheticDataset
        attributes:
          name: shop
          source: {kind: file, path: a.csv}
          generator:
            kind: rules
            columns:
              age: {kind: integer, min: 1, max: 3}
              integer: {kind: boolean}
        """)
    file.write_text(text)
    assert mistakes(file, root=tmp_path, deep=False) == []
    file.write_text(text.replace("max: 3", "max: 0").replace("{kind: boolean}", "{kind: boolean, shares: 1}"))
    first, second = mistakes(file, root=tmp_path, deep=False)
    assert (first.line, first.field) == (8, "generator.columns.age.min") and "exchange" in first.fix
    assert (second.line, second.field) == (9, "generator.columns.integer.shares") and "'share'" in second.fix


RULED = """\
type: synth_pipeline.SyntheticDataset
attributes:
  name: shop
  source: {kind: file, path: a.csv}
  generator:
    kind: rules
    columns:
      x: %s
"""


@pytest.mark.parametrize(
    "rule",
    [
        "{kind: category, levels: ['1', 2, red]}",
        "{kind: determined_by, columns: [y], mapping: {1: 10, b: '2.5'}, otherwise: 0}",
        "{kind: datetime, start: 2024-01-01, end: 2024-02-01 12:00:00}",
        "{kind: sequence, prefix: '7'}",
    ],
)
def test_a_rule_means_the_same_to_dagster(tmp_path, file, rule):
    """Which evaluates all text that looks like a number or a list."""
    from dagster.components.resolved.context import ResolutionContext

    file.write_text(RULED % rule)
    assert mistakes(file, root=tmp_path, deep=False) == []
    spec = load(file)
    resolved = ResolutionContext.default().resolve_value(spec.model_dump())
    assert DatasetSpec.model_validate(resolved).generator == spec.generator


@pytest.mark.parametrize("rule", ["{kind: category, levels: ['1.50']}", "{kind: pattern, regex: '[12]'}"])
def test_what_dagster_would_read_otherwise_is_a_mistake(tmp_path, file, rule):
    file.write_text(RULED % rule)
    [found] = mistakes(file, root=tmp_path, deep=False)
    assert (found.line, found.field) == (8, "generator.columns.x") and "Dagster" in found.problem
