"""What is missing together, and three columns at a time: 2,000 rows on each side, real tables of 1,500."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.triples import COARSE, Triples, coarse
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 2_000
FINE = {Verdict.PASS, Verdict.WARN}


def table_of(frame: pd.DataFrame) -> Table:
    """Every column that holds words is nominal, and all others are numbers."""
    kinds = [Kind.CATEGORY if frame[name].dtype == "str" else Kind.DECIMAL for name in frame]
    schema = Schema(columns=tuple(
        Column(name=name, kind=kind, nullable=True) for name, kind in zip(frame, kinds, strict=True)
    ))  # fmt: skip
    return Table.conform(frame, schema)


def gappy(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Income and employer are missing together, in three rows of ten; a remark is missing on its own."""
    stream = np.random.default_rng(seed)
    silent = stream.random(rows) < 0.3
    frame = pd.DataFrame({
        "income": stream.lognormal(size=rows), "employer": stream.choice(["a", "b", "c"], rows),
        "age": stream.normal(size=rows), "remark": stream.choice(["x", "y"], rows),
    })  # fmt: skip
    for name, gone in (("income", silent), ("employer", silent ^ (stream.random(rows) < 0.05)),
                       ("remark", stream.random(rows) < 0.5)):  # fmt: skip
        frame[name] = frame[name].mask(gone)
    return frame


def independent(frame: pd.DataFrame) -> pd.DataFrame:
    """Each column in an order of its own: as many nulls in each, and none together but by chance."""
    stream = np.random.default_rng(1)
    return pd.DataFrame({name: frame[name].to_numpy()[stream.permutation(len(frame))] for name in frame}).astype(
        frame.dtypes
    )


def test_where_nothing_is_missing_nothing_is_said(fair, split, evidence, measured):
    parts = split(fair, 300, 1)
    assert measured("nulls", evidence(parts.train, parts.holdout, parts.spare)) == {}


@pytest.mark.parametrize("seed", range(3))
def test_nulls_that_are_made_independent_block(evidence, measured, verdicts, seed):
    train, holdout, clean = (gappy(3 * seed + side) for side in range(3))
    for made, verdict in ((clean, FINE), (independent(clean), {Verdict.BLOCK})):
        compared = evidence(*map(table_of, (train, holdout, made)))
        found = measured("nulls", compared)
        said = verdicts("fidelity", found)
        assert said["all columns", "patterns"] in verdict
        assert said["all columns", "null correlations"] in verdict
        alone = verdicts("fidelity", measured("marginals", compared))
        assert set(alone.values()) <= FINE  # no single column shows it


def test_distances_of_nulls_are_those_counted_by_hand(evidence, measured):
    train, holdout, made = (gappy(seed) for seed in (1, 2, 3))
    found = measured("nulls", evidence(*map(table_of, (train, holdout, independent(made)))))
    shares = [frame.isna().value_counts(normalize=True) for frame in (holdout, independent(made))]
    expected = shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    assert found["all columns", "patterns"].value == pytest.approx(expected)
    columns = ["income", "employer", "remark"]
    first, second = (frame[columns].isna().corr().to_numpy()[np.triu_indices(3, 1)]
                     for frame in (holdout, independent(made)))  # fmt: skip
    assert found["all columns", "null correlations"].value == pytest.approx(np.abs(first - second).mean(), abs=1e-6)


def test_gaps_that_no_real_row_has_are_another_pattern(evidence, measured, verdicts):
    stream = np.random.default_rng(1)
    real = [pd.DataFrame({"a": stream.normal(size=ROWS), "b": stream.normal(size=ROWS)}) for _ in range(3)]
    real[2]["a"] = real[2]["a"].mask(np.arange(ROWS) % 5 == 0)
    found = measured("nulls", evidence(*map(table_of, real)))
    assert found["all columns", "patterns"].value == pytest.approx(0.2)
    assert verdicts("fidelity", found) == {("all columns", "patterns"): Verdict.BLOCK}


@pytest.mark.parametrize("share", [0.01, 0.1, 0.3])
def test_two_columns_that_are_rarely_missing_are_measured(evidence, measured, verdicts, share):
    def made(seed: int) -> Table:
        stream = np.random.default_rng(seed)
        gone = stream.random(ROWS) < share
        other = np.where(stream.random(ROWS) < 0.5, gone, stream.random(ROWS) < share)
        values = stream.normal(size=(2, ROWS))
        return table_of(pd.DataFrame({"a": np.where(gone, np.nan, values[0]), "b": np.where(other, np.nan, values[1])}))

    for seed in range(4):
        found = measured("nulls", evidence(*(made(3 * seed + side) for side in range(3)), seed))
        assert set(verdicts("fidelity", found).values()) <= FINE


def parity(seed: int, columns: int = 0, rows: int = ROWS) -> pd.DataFrame:
    """The sign of the third number is the product of the signs of the first two: no pair shows it."""
    stream = np.random.default_rng(seed)
    first, second, third = stream.normal(size=(3, rows))
    third = np.abs(third) * np.sign(first * second)
    other = stream.normal(size=(columns, rows))
    other[1::2] += other[::2][: columns // 2]  # pairs that are strongly correlated
    return pd.DataFrame({"a": first, "b": second, "c": third} | {f"d{place}": one for place, one in enumerate(other)})


@pytest.mark.parametrize("columns", [0, 12])
def test_three_columns_that_go_together_as_no_two_do(evidence, measured, verdicts, columns):
    train, holdout, clean = (parity(seed, columns) for seed in (1, 2, 3))
    broken = clean.assign(c=clean["c"].to_numpy()[::-1])
    for made, verdict in ((clean, FINE), (broken, {Verdict.BLOCK})):
        compared = evidence(*map(table_of, (train, holdout, made)))
        said = verdicts("fidelity", measured("triples", compared))
        assert said["a × b × c", "tv"] in verdict
        others = {said[what] for what in said if what[0] not in ("a × b × c", "all triples")}
        assert others <= FINE
        assert set(verdicts("fidelity", measured("pairs", compared)).values()) <= FINE


def test_real_rows_alone_choose_the_triples(evidence, measured):
    train, holdout, clean = (table_of(parity(seed, 12, 500)) for seed in (1, 2, 3))
    noise = table_of(pd.DataFrame(np.random.default_rng(4).normal(size=(500, 15)), columns=clean.schema.names))
    chosen = [list(measured("triples", evidence(train, holdout, made))) for made in (clean, noise)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 30 + 1  # and their mean


def test_columns_that_go_together_are_looked_at_more(evidence, measured):
    tables = [table_of(parity(seed, 12, 500)) for seed in (1, 2, 3)]
    subjects = [subject.split(" × ") for subject, metric in measured("triples", evidence(*tables)) if metric == "tv"]
    linked = [f"d{place} d{place + 1}" for place in range(0, 12, 2)]
    share = np.mean([any(" ".join(pair) in linked for pair in combinations(one, 2)) for one in subjects])
    assert share > 0.4  # by chance 6 × 13 of 455, less than a fifth


@pytest.mark.parametrize("columns", [1, 2])
def test_fewer_than_three_columns_have_no_triples(evidence, measured, columns):
    tables = [table_of(parity(seed, 0, 300).iloc[:, :columns]) for seed in (1, 2, 3)]
    assert measured("triples", evidence(*tables)) == {}


def test_the_distance_of_a_triple_is_that_of_its_table(evidence, measured):
    def made(seed: int) -> Table:
        stream = np.random.default_rng(seed)
        words = stream.choice([*"abcdefg"], (2, 600), p=[0.4, 0.3, 0.1, 0.1, 0.05, 0.03, 0.02])
        return table_of(pd.DataFrame({"u": words[0], "v": words[1], "w": stream.choice(["x", "y"], 600)}))

    tables = [made(seed) for seed in (1, 2, 3)]
    frames = [table.frame.replace(list("efg"), "other") for table in tables[1:]]
    shares = [frame.value_counts(normalize=True) for frame in frames]
    expected = shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    assert measured("triples", evidence(*tables))["u × v × w", "tv"].value == pytest.approx(expected)


def testcoarse_codes_are_quartiles_and_a_code_of_missing_ones(every_kind, evidence):
    looked_at: Evidence = evidence(*(every_kind(ROWS, seed) for seed in (1, 2, 3)))
    for name in looked_at.names:
        codes = np.concatenate(coarse(looked_at, name))
        assert 0 <= codes.min() <= codes.max() < COARSE
    measure = np.bincount(coarse(looked_at, "measure").train, minlength=COARSE) / ROWS
    assert measure == pytest.approx([0.25, 0.25, 0.25, 0.25, 0], abs=0.08)
    missing = looked_at.numbers["count"].train
    assert (coarse(looked_at, "count").train[np.isnan(missing)] == COARSE - 1).all()
    assert (coarse(looked_at, "count").train[~np.isnan(missing)] < COARSE - 1).all()


@pytest.mark.parametrize("seed", range(3))
def test_another_sample_of_every_kind_of_column_passes(every_kind, evidence, measured, verdicts, seed):
    compared = evidence(*(every_kind(1_500, 3 * seed + side) for side in range(3)), seed)
    for check in ("nulls", "triples"):
        assert set(verdicts("fidelity", measured(check, compared)).values()) <= FINE


def test_the_choice_of_triples_is_bounded_on_wide_tables(evidence):
    wide = [table_of(pd.DataFrame(np.random.default_rng(seed).normal(size=(200, 40)),
                                  columns=[f"c{place}" for place in range(40)])) for seed in (1, 2, 3)]  # fmt: skip
    assert len(list(Triples().measure(evidence(*wide)))) == 30 + 1
