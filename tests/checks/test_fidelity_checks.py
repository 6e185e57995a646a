"""Planted differences are found, and another sample of the same table passes: 1,500 to 2,000 rows on each side."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.checks import Evidence
from synth_pipeline.core.finding import Finding, as_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.generators import Marginals
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 2_000
Found = dict[tuple[str, str], Finding]


def changed(table: Table, **columns: object) -> Table:
    """The table with other values in some columns."""
    return Table.conform(table.frame.assign(**columns), table.schema)


def shuffled(table: Table, name: str, seed: int = 1) -> Table:
    """One column goes with the others no more."""
    order = np.random.default_rng(seed).permutation(len(table))
    return changed(table, **{name: table.frame[name].to_numpy()[order]})


def of_columns(
    rows: int, seed: int, make: Callable[[np.random.Generator, int], dict[str, object]], **kinds: Kind
) -> Table:
    frame = pd.DataFrame(make(np.random.default_rng(seed), rows))
    schema = Schema(columns=tuple(Column(name=name, kind=kind, nullable=True) for name, kind in kinds.items()))
    return Table.conform(frame[schema.names], schema)


def verdicts(shipped: Suites, found: Found) -> dict[tuple[str, str], str]:
    """What the shipped suite says of these findings."""
    judged = judge_findings(shipped.load("fidelity"), as_frame(found.values())).findings
    assert judged is not None
    return {(row.subject, row.metric): row.verdict for row in judged.itertuples()}


@pytest.fixture(scope="module")
def clean(randhie, split, evidence) -> Evidence:
    parts = split(randhie, ROWS, 1)
    return evidence(parts.train, parts.holdout, parts.spare)


@pytest.fixture(scope="module")
def clean_fair(fair, split, evidence) -> Evidence:
    parts = split(fair, ROWS, 1)
    return evidence(parts.train, parts.holdout, parts.spare)


@pytest.mark.parametrize("check", ["marginals", "pairs", "classifier", "mmd"])
@pytest.mark.parametrize("table", ["clean", "clean_fair"])
def test_another_sample_of_the_same_table_passes_every_line(request, shipped, measured, check, table):
    found = measured(check, request.getfixturevalue(table))
    assert set(verdicts(shipped, found).values()) <= {Verdict.PASS, Verdict.WARN}


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_of_three_tenths_of_a_deviation_blocks(randhie, split, evidence, measured, shipped, seed):
    parts = split(randhie, ROWS, seed)
    moved = changed(parts.spare, disea=parts.spare.frame["disea"] + 0.3 * randhie.frame["disea"].std())
    found = measured("marginals", evidence(parts.train, parts.holdout, moved))
    said = verdicts(shipped, found)
    assert said["disea", "ks"] == Verdict.BLOCK
    assert found["disea", "wasserstein"].value == pytest.approx(0.3, abs=0.1)
    assert {verdict for (name, _), verdict in said.items() if name != "disea"} <= {Verdict.PASS, Verdict.WARN}


def test_a_share_of_nulls_that_has_moved_blocks(evidence, measured, shipped):
    def made(share: float, seed: int) -> Table:
        return of_columns(ROWS, seed, lambda stream, rows: {
            "a": np.where(stream.random(rows) < share, np.nan, stream.normal(size=rows)),
        }, a=Kind.DECIMAL)  # fmt: skip

    same, moved = (measured("marginals", evidence(made(0.1, 1), made(0.1, 2), made(share, 3))) for share in (0.1, 0.3))
    assert verdicts(shipped, moved)["a", "missing"] == Verdict.BLOCK
    assert moved["a", "missing"].value == pytest.approx(0.2, abs=0.05)
    assert verdicts(shipped, same)["a", "missing"] in (Verdict.PASS, Verdict.WARN)
    assert moved["a", "ks"].value < 0.1  # the values themselves are alike


def test_a_level_that_no_real_row_has_counts_in_full(clean_fair, measured, shipped):
    words = clean_fair.synthetic.frame["occupation"].where(np.arange(ROWS) % 4 > 0, "astronaut")
    found = measured("marginals", replace(clean_fair, synthetic=changed(clean_fair.synthetic, occupation=words)))
    assert found["occupation", "tv"].value == pytest.approx(0.25, abs=0.04)
    assert verdicts(shipped, found)["occupation", "tv"] == Verdict.BLOCK


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_distances_do_not_depend_on_units(evidence, measured, factor):
    def made(seed: int, factor: float) -> Table:
        return of_columns(600, seed, lambda stream, rows: {"a": factor * stream.lognormal(size=rows)}, a=Kind.DECIMAL)

    one, other = (measured("marginals", evidence(*(made(seed, unit) for seed in (1, 2, 3)))) for unit in (1.0, factor))
    for metric in ("ks", "wasserstein"):
        assert other["a", metric].value == pytest.approx(one["a", metric].value, rel=1e-6)
        assert other["a", metric].high == pytest.approx(one["a", metric].high, rel=1e-6)


def test_distances_agree_with_scipy(clean, measured):
    from scipy.stats import ks_2samp, wasserstein_distance

    found = measured("marginals", clean)
    for name in clean.numeric:
        sides = clean.numbers[name]
        assert found[name, "ks"].value == pytest.approx(ks_2samp(sides.synthetic, sides.holdout).statistic, abs=1e-6)
        spread = np.concatenate(sides[:2]).std()
        assert found[name, "wasserstein"].value == pytest.approx(
            wasserstein_distance(sides.synthetic, sides.holdout) / spread, abs=1e-4
        )


def test_shuffling_one_of_two_correlated_columns_blocks(fair, split, evidence, measured, shipped):
    parts = split(fair, ROWS, 2)
    found = measured("pairs", evidence(parts.train, parts.holdout, shuffled(parts.spare, "age")))
    said = verdicts(shipped, found)
    assert said["age × years_married", "tv"] == Verdict.BLOCK
    assert found["age × years_married", "association"].low > 0.5
    assert said["years_married × children", "tv"] in (Verdict.PASS, Verdict.WARN)


def spending(stream: np.random.Generator, rows: int) -> dict[str, object]:
    """Four of five spend nothing, nearly all of them without the flag."""
    spends = stream.random(rows) < 0.2
    return {
        "amount": np.where(spends, stream.lognormal(3, 1, rows), 0.0),
        "flag": np.where(stream.random(rows) < 0.1, ~spends, spends),
        "gap": np.where(spends, np.nan, stream.normal(size=rows)),
    }


SPENDING = {"amount": Kind.DECIMAL, "flag": Kind.BOOLEAN, "gap": Kind.DECIMAL}


@pytest.mark.parametrize(
    ("column", "pair"), [("flag", "amount × flag"), ("gap", "amount × gap"), ("gap", "gap × flag")]
)
def test_losing_what_goes_with_a_zero_or_a_missing_value_blocks(evidence, measured, shipped, column, pair):
    tables = [of_columns(1_500, seed, spending, **SPENDING) for seed in (1, 2, 3)]
    kept = measured("pairs", evidence(*tables))
    lost = measured("pairs", evidence(*tables[:2], shuffled(tables[2], column)))
    assert verdicts(shipped, lost)[pair, "tv"] == Verdict.BLOCK
    assert set(verdicts(shipped, kept).values()) <= {Verdict.PASS, Verdict.WARN}


def test_a_strong_association_that_is_lost_moves_the_mean_of_all_pairs(evidence, measured, shipped):
    tables = [of_columns(1_500, seed, spending, **SPENDING) for seed in (1, 2, 3)]
    lost = measured("pairs", evidence(*tables[:2], shuffled(tables[2], "flag")))
    assert verdicts(shipped, lost)["mean of all pairs", "association"] == Verdict.BLOCK


@pytest.mark.parametrize("rows", [300, 600, 2_400])
def test_a_weak_association_that_is_lost_counts_in_full_at_every_size(evidence, measured, rows):
    """Two columns of nine levels agree in three of ten rows beyond chance: Cramer's V is .3, at any number of rows."""

    def agreeing(stream: np.random.Generator, rows: int) -> dict[str, object]:
        first, second = stream.integers(0, 9, (2, rows))
        return {"a": first, "b": np.where(stream.random(rows) < 0.3, first, second)}

    tables = [of_columns(rows, seed, agreeing, a=Kind.CATEGORY, b=Kind.CATEGORY) for seed in (1, 2, 3)]
    found = measured("pairs", evidence(*tables[:2], shuffled(tables[2], "b")))
    assert found["a × b", "association"].value == pytest.approx(0.3, abs=0.06)


def test_the_rank_correlation_of_two_numbers_is_that_of_scipy_on_bins(clean):
    from scipy.stats import spearmanr

    from synth_pipeline.checks.pairs import _Grid, _rank_correlation

    codes = np.column_stack([clean.bins[name].holdout for name in ("lpi", "fmde")])
    tables = _Grid.over(["lpi", "fmde"], 2, codes).tables(codes, np.ones(len(codes), np.float32))
    assert _rank_correlation(tables)[0] == pytest.approx(spearmanr(*codes.T).statistic, abs=1e-4)


def test_independent_columns_are_told_from_real_rows(fair, split, evidence, measured, shipped):
    parts = split(fair, 1_500, 3)
    made = Marginals().fit(Train(parts.train), Seed(1)).sample(1_500, Seed(2))
    found = measured("classifier", evidence(parts.train, parts.holdout, made))
    assert found["all columns", "auc"].value > 0.75
    assert verdicts(shipped, found)["all columns", "auc"] == Verdict.BLOCK
    assert verdicts(shipped, measured("mmd", evidence(parts.train, parts.holdout, made)))["all columns", "mmd"] in (
        Verdict.BLOCK, Verdict.WARN,
    )  # fmt: skip


def test_the_classifier_is_lost_between_two_samples_of_one_table(clean_fair, measured):
    finding = measured("classifier", clean_fair)["all columns", "auc"]
    assert 0.5 <= finding.value < 0.54
    assert 0.5 <= finding.baseline < 0.54
    assert finding.low <= 0.5 + 1e-9 or finding.value - finding.low > 0.02


def test_equal_rows_stay_in_one_fold(fair, split, evidence, measured):
    """Every row twice on each side: a classifier that saw its twin would tell all of them."""
    distinct = fair.take(~fair.frame.duplicated(keep=False).to_numpy())
    parts = split(distinct, 600, 4)
    twice = [table.take(np.repeat(np.arange(600), 2)) for table in (parts.train, parts.holdout, parts.spare)]
    finding = measured("classifier", evidence(*twice))["all columns", "auc"]
    assert finding.value < 0.56
    assert finding.baseline < 0.56


def test_an_area_below_a_half_counts_like_its_mirror_image(clean_fair, measured, monkeypatch):
    import sklearn.metrics

    monkeypatch.setattr(sklearn.metrics, "roc_auc_score", lambda truth, scores: 0.2)
    assert measured("classifier", clean_fair)["all columns", "auc"].value == pytest.approx(0.8)


def test_the_discrepancy_of_distributions_grows_with_a_shift(clean, measured, shipped):
    moved = []
    for shift in (0.0, 0.3, 1.0):
        frame = clean.synthetic.frame
        shifted = {name: frame[name] + shift * frame[name].std() for name in ("lpi", "fmde", "disea")}
        found = measured("mmd", replace(clean, synthetic=changed(clean.synthetic, **shifted)))
        moved.append(found["all columns", "mmd"])
    assert moved[0].value < moved[1].value < moved[2].value
    assert moved[0].low <= moved[0].baseline + 0.02
    assert verdicts(shipped, {("all columns", "mmd"): moved[2]})["all columns", "mmd"] == Verdict.BLOCK


def test_intervals_cover_the_difference_between_two_clean_samples(randhie, split, evidence, measured):
    """Marginals of 400 rows in 25 clean splits, at 99 %: the excess is rarely above nought and never by a tolerance."""
    beyond, worst = [], 0.0
    for seed in range(25):
        parts = split(randhie, 400, seed)
        for finding in measured("marginals", evidence(parts.train, parts.holdout, parts.spare, seed)).values():
            beyond.append(finding.low > finding.baseline)
            worst = max(worst, finding.low - finding.baseline)
    assert np.mean(beyond) < 0.05
    assert worst < 0.05
