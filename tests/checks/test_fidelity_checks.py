"""Planted differences are found, and another sample of the same table passes: 1,500 to 2,000 rows on each side."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.evidence import Three
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import as_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.generators import Marginals
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 2_000


def shuffled(table: Table, name: str, seed: int = 1) -> Table:
    """One column goes with the others no more."""
    order = np.random.default_rng(seed).permutation(len(table))
    return Table.conform(table.frame.assign(**{name: table.frame[name].to_numpy()[order]}), table.schema)


def of_columns(
    rows: int, seed: int, make: Callable[[np.random.Generator, int], dict[str, object]], **kinds: Kind
) -> Table:
    frame = pd.DataFrame(make(np.random.default_rng(seed), rows))
    schema = Schema(columns=tuple(Column(name=name, kind=kind, nullable=True) for name, kind in kinds.items()))
    return Table.conform(frame[schema.names], schema)


@pytest.fixture(scope="module")
def clean(randhie, split, evidence) -> Evidence:
    parts = split(randhie, ROWS, 1)
    return evidence(parts.train, parts.holdout, parts.spare)


@pytest.fixture(scope="module")
def clean_fair(fair, split, evidence) -> Evidence:
    parts = split(fair, ROWS, 1)
    return evidence(parts.train, parts.holdout, parts.spare)


@pytest.mark.parametrize("check", ["marginals", "pairs", "triples", "classifier", "mmd"])
@pytest.mark.parametrize("table", ["clean", "clean_fair"])
def test_another_sample_of_the_same_table_passes_every_line(request, verdicts, measured, check, table):
    found = measured(check, request.getfixturevalue(table))
    assert set(verdicts("fidelity", found).values()) <= {Verdict.PASS, Verdict.WARN}


@pytest.mark.parametrize("seed", range(3))
def test_a_shift_of_three_tenths_of_a_deviation_blocks(randhie, split, evidence, measured, verdicts, seed, changed):
    parts = split(randhie, ROWS, seed)
    moved = changed(parts.spare, disea=parts.spare.frame["disea"] + 0.3 * randhie.frame["disea"].std())
    found = measured("marginals", evidence(parts.train, parts.holdout, moved))
    said = verdicts("fidelity", found)
    assert said["disea", "ks"] == Verdict.BLOCK
    assert found["disea", "wasserstein"].value == pytest.approx(0.3, abs=0.1)
    assert {verdict for (name, _), verdict in said.items() if name != "disea"} <= {Verdict.PASS, Verdict.WARN}


def test_a_share_of_nulls_that_has_moved_blocks(evidence, measured, verdicts):
    def made(share: float, seed: int) -> Table:
        return of_columns(ROWS, seed, lambda stream, rows: {
            "a": np.where(stream.random(rows) < share, np.nan, stream.normal(size=rows)),
        }, a=Kind.DECIMAL)  # fmt: skip

    same, moved = (measured("marginals", evidence(made(0.1, 1), made(0.1, 2), made(share, 3))) for share in (0.1, 0.3))
    assert verdicts("fidelity", moved)["a", "missing"] == Verdict.BLOCK
    assert moved["a", "missing"].value == pytest.approx(0.2, abs=0.05)
    assert verdicts("fidelity", same)["a", "missing"] in (Verdict.PASS, Verdict.WARN)
    assert moved["a", "ks"].value < 0.1  # the values themselves are alike


def test_a_level_that_no_real_row_has_counts_in_full(clean_fair, measured, verdicts, changed):
    words = clean_fair.synthetic.frame["occupation"].where(np.arange(ROWS) % 4 > 0, "astronaut")
    found = measured("marginals", replace(clean_fair, synthetic=changed(clean_fair.synthetic, occupation=words)))
    assert found["occupation", "tv"].value == pytest.approx(0.25, abs=0.04)
    assert verdicts("fidelity", found)["occupation", "tv"] == Verdict.BLOCK


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_distances_do_not_depend_on_units(evidence, measured, factor):
    def made(seed: int, factor: float) -> Table:
        return of_columns(600, seed, lambda stream, rows: {"a": factor * stream.lognormal(size=rows)}, a=Kind.DECIMAL)

    one, other = (measured("marginals", evidence(*(made(seed, unit) for seed in (1, 2, 3)))) for unit in (1.0, factor))
    for metric in ("ks", "wasserstein"):
        assert other["a", metric].value == pytest.approx(one["a", metric].value, rel=1e-6)
        assert other["a", metric].high == pytest.approx(one["a", metric].high, rel=1e-6)


def test_distances_agree_with_scipy(clean, measured):
    from scipy.spatial.distance import jensenshannon
    from scipy.stats import ks_2samp, wasserstein_distance

    found = measured("marginals", clean)
    for name in clean.numeric:
        sides = clean.numbers[name]
        assert found[name, "ks"].value == pytest.approx(
            ks_2samp(sides.synthetic, sides.holdout, method="asymp").statistic, abs=1e-6
        )
        real = np.concatenate(sides[:2])
        inner = [np.clip(side, *np.quantile(real, (0.005, 0.995), method="nearest")) for side in (*sides, real)]
        expected = wasserstein_distance(inner[2], inner[1]) / inner[3].std()
        assert found[name, "wasserstein"].value == pytest.approx(expected, abs=1e-4)
        shares = [np.bincount(clean.bins[name][side], minlength=20) / ROWS for side in (1, 2)]
        assert found[name, "js"].value == pytest.approx(jensenshannon(*shares, base=2), abs=1e-6)


def test_a_level_that_is_lost_counts_more_in_the_jensen_shannon_distance(evidence, measured, verdicts):
    """Six rows in a hundred, once of a level and once missing: the total variation distance is .06."""

    def made(seed: int, lost: str | None) -> Table:
        words = np.random.default_rng(seed).choice(["a", "b", "rare", None], ROWS, p=[0.5, 0.38, 0.06, 0.06])
        kept = np.where([word == lost for word in words], "a", words) if lost != "none" else words
        return of_columns(ROWS, 0, lambda stream, rows: {"word": kept}, word=Kind.CATEGORY)

    for lost, verdict in (("none", Verdict.PASS), ("rare", Verdict.BLOCK), (None, Verdict.BLOCK)):
        found = measured("marginals", evidence(made(1, "none"), made(2, "none"), made(3, lost)))
        assert verdicts("fidelity", found)["word", "js"] == verdict
        assert verdicts("fidelity", found)["word", "tv"] in (Verdict.PASS, Verdict.WARN)


@pytest.mark.parametrize("known", ["nowhere", "real", "made"])
def test_a_column_without_values_is_measured_by_its_gaps(evidence, measured, verdicts, known):
    values = np.random.default_rng(1).normal(size=ROWS)

    def made(side: str) -> Table:
        return of_columns(ROWS, 1, lambda stream, rows: {"a": values if side == known else np.full(rows, np.nan)},
                          a=Kind.DECIMAL)  # fmt: skip

    said = verdicts("fidelity", measured("marginals", evidence(made("real"), made("real"), made("made"))))
    if known == "nowhere":
        assert said == {("a", "missing"): Verdict.PASS, ("a", "js"): Verdict.PASS}
    else:
        assert said["a", "missing"] == said["a", "js"] == Verdict.BLOCK
        assert said["a", "ks"] == Verdict.UNMEASURED


def test_heavy_tails_are_no_noise(evidence, measured, verdicts):
    """Cauchy and Pareto numbers have no standard deviation: what lies beyond the ends is not Wasserstein's business."""

    def heavy(stream: np.random.Generator, rows: int) -> dict[str, object]:
        rarely = np.where(stream.random(rows) < 0.98, 0, stream.lognormal(5, 2, rows))
        return {"a": stream.standard_cauchy(rows), "b": stream.pareto(1.1, rows), "c": rarely}

    kinds = dict.fromkeys("abc", Kind.DECIMAL)
    for seed in range(4):
        tables = [of_columns(ROWS, 3 * seed + side, heavy, **kinds) for side in range(3)]
        said = verdicts("fidelity", measured("marginals", evidence(*tables)))
        assert set(said.values()) <= {Verdict.PASS, Verdict.WARN}


def test_shuffling_one_of_two_correlated_columns_blocks(fair, split, evidence, measured, verdicts):
    parts = split(fair, ROWS, 2)
    found = measured("pairs", evidence(parts.train, parts.holdout, shuffled(parts.spare, "age")))
    said = verdicts("fidelity", found)
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
def test_losing_what_goes_with_a_zero_or_a_missing_value_blocks(evidence, measured, verdicts, column, pair):
    tables = [of_columns(1_500, seed, spending, **SPENDING) for seed in (1, 2, 3)]
    kept = measured("pairs", evidence(*tables))
    lost = measured("pairs", evidence(*tables[:2], shuffled(tables[2], column)))
    assert verdicts("fidelity", lost)[pair, "tv"] == Verdict.BLOCK
    assert set(verdicts("fidelity", kept).values()) <= {Verdict.PASS, Verdict.WARN}


def test_a_strong_association_that_is_lost_moves_the_mean_of_all_pairs(evidence, measured, verdicts):
    tables = [of_columns(1_500, seed, spending, **SPENDING) for seed in (1, 2, 3)]
    lost = measured("pairs", evidence(*tables[:2], shuffled(tables[2], "flag")))
    assert verdicts("fidelity", lost)["mean of all pairs", "association"] == Verdict.BLOCK


@pytest.mark.parametrize("rows", [300, 600, 2_400])
def test_a_weak_association_that_is_lost_counts_in_full_at_every_size(evidence, measured, rows):
    """Two columns of nine levels agree in three of ten rows beyond chance: Cramer's V is .3, at any number of rows."""

    def agreeing(stream: np.random.Generator, rows: int) -> dict[str, object]:
        first, second = stream.integers(0, 9, (2, rows))
        return {"a": first, "b": np.where(stream.random(rows) < 0.3, first, second)}

    tables = [of_columns(rows, seed, agreeing, a=Kind.CATEGORY, b=Kind.CATEGORY) for seed in (1, 2, 3)]
    found = measured("pairs", evidence(*tables[:2], shuffled(tables[2], "b")))
    assert found["a × b", "association"].value == pytest.approx(0.3, abs=0.06)


def test_associations_are_the_textbook_ones_on_bins(clean_fair):
    """Spearman's correlation, the correlation ratio by analysis of variance, Cramer's V by contingency table."""
    from scipy.stats import f_oneway, rankdata, spearmanr
    from scipy.stats.contingency import association

    from synth_pipeline.checks.pairs import _Grid

    names = ["age", "years_married", "occupation", "had_affair"]
    assert [name in clean_fair.numeric for name in names] == [True, True, False, False]
    codes = Three(*(np.column_stack([clean_fair.bins[name][side] for name in names]) for side in range(3)))
    grid = _Grid.over(names, 2, codes)
    product = next(grid.products(codes.holdout, np.ones((1, ROWS), np.float32), grid.width))
    found = dict(zip(grid.subjects, grid.association(grid.tables(product), ROWS), strict=True))
    age, years, job, affair = codes.holdout.T
    assert found["age × years_married"] == pytest.approx(spearmanr(age, years).statistic, abs=1e-4)
    job = np.where(np.isin(job, [0, 1, 2, 3]), job, 4)
    assert found["occupation × had_affair"] == pytest.approx(association(np.array(  # bias correction moves it a little
        [[((job == a) & (affair == b)).sum() for b in (0, 1)] for a in range(5)])), abs=0.02)  # fmt: skip
    ratio = f_oneway(*(rankdata(age)[affair == code] for code in (0, 1))).statistic
    assert found["age × had_affair"] ** 2 == pytest.approx(1 - (1 + ratio / (ROWS - 2)) ** -1 * (ROWS - 1) / (ROWS - 2))


@pytest.mark.parametrize("rows", [600, 2_400])
def test_a_number_that_a_level_decides_in_part_counts_in_full_at_every_size(evidence, measured, verdicts, rows):
    """Means of five groups that explain 37 % of the variance: the correlation ratio is .6, without an order."""

    def grouped(stream: np.random.Generator, rows: int) -> dict[str, object]:
        group = stream.integers(0, 5, rows)
        return {"a": np.array([0, 1, -1, 1, -1])[group] * 0.85 + stream.normal(size=rows), "b": group}

    tables = [of_columns(rows, seed, grouped, a=Kind.DECIMAL, b=Kind.CATEGORY) for seed in (1, 2, 3)]
    kept, lost = (measured("pairs", evidence(*tables[:2], made)) for made in (tables[2], shuffled(tables[2], "b")))
    assert lost["a × b", "association"].value == pytest.approx(0.6, abs=0.12)
    assert kept["a × b", "association"].value < 0.1
    assert verdicts("fidelity", lost)["mean of all pairs", "association"] == Verdict.BLOCK
    assert verdicts("fidelity", kept)["a × b", "tv"] in (Verdict.PASS, Verdict.WARN) or rows < ROWS


def test_levels_of_few_rows_do_not_make_associations_unmeasurable(evidence, measured, verdicts):
    def rare(stream: np.random.Generator, rows: int) -> dict[str, object]:
        flag = stream.random(rows) < 0.004
        return {
            "flag": flag,
            "again": np.where(stream.random(rows) < 0.6, flag, stream.random(rows) < 0.004),
            "word": np.where(stream.random(rows) < 0.99, "a", stream.choice(list("bcdefg"), rows)),
            "much": np.where(stream.random(rows) < 0.97, 0, stream.lognormal(size=rows)),
        }

    kinds = {"flag": Kind.BOOLEAN, "again": Kind.BOOLEAN, "word": Kind.CATEGORY, "much": Kind.DECIMAL}
    for seed in range(4):
        tables = [of_columns(ROWS, 3 * seed + side, rare, **kinds) for side in range(3)]
        assert set(verdicts("fidelity", measured("pairs", evidence(*tables))).values()) <= {Verdict.PASS, Verdict.WARN}


def test_independent_columns_are_told_from_real_rows(fair, split, evidence, measured, verdicts):
    parts = split(fair, 1_500, 3)
    made = Marginals().fit(Train(parts.train), Seed(1)).sample(1_500, Seed(2))
    found = measured("classifier", evidence(parts.train, parts.holdout, made))
    assert found["all columns", "auc"].value > 0.75
    assert verdicts("fidelity", found)["all columns", "auc"] == Verdict.BLOCK
    assert verdicts("fidelity", measured("mmd", evidence(parts.train, parts.holdout, made)))["all columns", "mmd"] in (
        Verdict.BLOCK, Verdict.WARN,
    )  # fmt: skip


def test_the_classifier_is_lost_between_two_samples_of_one_table(clean_fair, measured):
    finding = measured("classifier", clean_fair)["all columns", "auc"]
    assert 0.5 <= finding.value < 0.54
    assert 0.5 <= finding.baseline < 0.54
    assert finding.low <= finding.baseline


def test_equal_rows_stay_in_one_fold(fair, split, evidence, measured):
    """Every row twice on each side: a classifier that saw its twin would tell all of them."""
    distinct = fair.take(~fair.frame.duplicated(keep=False).to_numpy())
    parts = split(distinct, 600, 4)
    twice = [table.take(np.repeat(np.arange(600), 2)) for table in (parts.train, parts.holdout, parts.spare)]
    finding = measured("classifier", evidence(*twice))["all columns", "auc"]
    assert finding.value < 0.56
    assert finding.baseline < 0.56


def test_an_area_is_that_of_scikit_learn_and_below_a_half_counts_like_its_mirror_image():
    from sklearn.metrics import roc_auc_score

    from synth_pipeline.checks.areas import Outcome

    stream = np.random.default_rng(1)
    others, holdout = stream.integers(0, 30, 400) + 5.0, stream.integers(0, 30, 300) + 0.0  # with ties
    area = roc_auc_score(np.repeat([1, 0], [400, 300]), np.concatenate([others, holdout]))
    for sign in (1, -1):
        outcome = Outcome.of(sign * others, sign * holdout, (np.arange(400), np.arange(300)))
        assert outcome.area == pytest.approx(area)
        assert outcome.holdout.mean() == pytest.approx(area)
        assert outcome.error_against(outcome) == pytest.approx(
            1.5 * np.sqrt(2 * np.var(outcome.others) / 400), rel=0.01
        )


def test_rows_that_come_twice_say_no_more_than_once():
    from synth_pipeline.checks.areas import _variance

    values = np.random.default_rng(1).normal(size=500)
    once = _variance(values, np.arange(500))
    assert once == pytest.approx(np.var(values, ddof=1) / 500)
    assert _variance(np.repeat(values, 4), np.repeat(np.arange(500), 4)) == pytest.approx(once)


@pytest.fixture
def quick_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small trees, a hundred times as fast; what a check does with its models is the same."""
    from sklearn.tree import DecisionTreeClassifier

    monkeypatch.setattr("synth_pipeline.checks.classifier.classifier", lambda nominal, seed: DecisionTreeClassifier(
        max_depth=4, random_state=seed
    ))  # fmt: skip


@pytest.mark.usefixtures("quick_models")
def test_intervals_of_areas_cover_what_another_draw_gives(evidence, measured):
    """40 draws of 400 rows at a shift that gives an area of about .65: at 99 %, at most one lies outside."""

    def moved(by: float) -> Callable[[np.random.Generator, int], dict[str, object]]:
        return lambda stream, rows: {"a": stream.normal(by, 1, rows), "b": stream.normal(by, 1, rows)}

    excesses, reaches = [], []
    for seed in range(40):
        tables = [of_columns(400, 3 * seed + side, moved((0, 0, 0.5)[side]), a=Kind.DECIMAL, b=Kind.DECIMAL)
                  for side in range(3)]  # fmt: skip
        found = measured("classifier", evidence(*tables, seed))["all columns", "auc"]
        excesses.append(found.value - found.baseline)
        reaches.append(found.high - found.value)
    outside = np.abs(np.array(excesses) - np.mean(excesses)) > reaches
    assert outside.sum() <= 1
    assert np.mean(reaches) < 4 * 2.576 * np.std(excesses)


def test_the_column_that_gives_the_table_away_is_named(clean_fair, measured, verdicts):
    away = {}
    for name, made in (("clean", clean_fair.synthetic), ("age", shuffled(clean_fair.synthetic, "age"))):
        found = measured("classifier", clean_fair.of(made))
        away[name] = {subject: one.value for (subject, metric), one in found.items() if metric == "gives away"}
        assert len(away[name]) == 5
        assert verdicts("fidelity", found)["age" if "age" in away[name] else next(iter(away[name])), "gives away"] in (
            Verdict.PASS, Verdict.WARN,
        )  # fmt: skip
    assert next(iter(away["age"])) in ("age", "years_married")
    assert away["age"]["age"] > 0.1
    assert max(away["clean"].values()) < 0.05


def test_the_discrepancy_of_distributions_grows_with_a_shift(clean, measured, verdicts, changed):
    moved = []
    for shift in (0.0, 0.3, 1.0):
        frame = clean.synthetic.frame
        shifted = {name: frame[name] + shift * frame[name].std() for name in ("lpi", "fmde", "disea")}
        found = measured("mmd", replace(clean, synthetic=changed(clean.synthetic, **shifted)))
        moved.append(found["all columns", "mmd"])
    assert moved[0].value < moved[1].value < moved[2].value
    assert moved[0].low <= moved[0].baseline + 0.02
    assert verdicts("fidelity", {("all columns", "mmd"): moved[2]})["all columns", "mmd"] == Verdict.BLOCK


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


def test_the_permutation_test_of_the_discrepancy_is_uniform_on_clean_tables(evidence, measured):
    """Forty tables of 120 rows; the smallest p is one in two hundred."""

    def made(seed: int, shift: float = 0.0) -> Table:
        return of_columns(120, seed, lambda stream, rows: {
            "a": stream.normal(shift, 1, rows), "b": stream.choice(["x", "y"], rows),
        }, a=Kind.DECIMAL, b=Kind.CATEGORY)  # fmt: skip

    found = [measured("mmd", evidence(made(3 * seed), made(3 * seed + 1), made(3 * seed + 2), seed))
             for seed in range(40)]  # fmt: skip
    p_values = np.array([one["all columns", "mmd"].p_value for one in found])
    assert (p_values <= 0.1).mean() <= 0.25
    assert 0.3 < p_values.mean() < 0.7
    moved = measured("mmd", evidence(made(1), made(2), made(3, 1.0)))["all columns", "mmd"]
    assert moved.p_value == pytest.approx(1 / 200)


CHECKS = ("marginals", "nulls", "pairs", "triples", "levels", "extremes", "moments", "classifier", "mmd", "coverage")


def mixed(rows: int, seed: int, unseen: bool = False, gaps: float = 0) -> Table:
    """Numbers, levels, 300 codes; where ``unseen``, levels that no other table has."""

    def columns(stream: np.random.Generator, rows: int) -> dict[str, object]:
        value = stream.normal(size=rows)
        return {
            "id": [f"{seed}-{place // 2}" for place in range(rows)],
            "value": np.where(stream.random(rows) < gaps, np.nan, value),
            "count": np.where(stream.random(rows) < 0.1, np.nan, stream.poisson(3, rows)),
            "word": stream.choice([*"abcdefghij", *("xyz" if unseen else "")], rows),
            "code": (stream.integers(0, 300, rows) + (150 if unseen else 0)).astype(str),
            "flag": stream.random(rows) < 1 / (1 + np.exp(-value)),
        }

    return of_columns(rows, seed, columns, id=Kind.IDENTIFIER, value=Kind.DECIMAL, count=Kind.INTEGER,
                      word=Kind.CATEGORY, code=Kind.CATEGORY, flag=Kind.BOOLEAN)  # fmt: skip


@pytest.mark.usefixtures("quick_models")
@pytest.mark.parametrize("entity", [None, "id"])
def test_what_is_kept_of_the_real_rows_changes_nothing(evidence, measured, entity):
    """A synthetic table is measured alike after others, of other sizes, levels and gaps, and on its own."""
    real = mixed(400, 1), mixed(300, 2)
    tables = [mixed(400, 3), mixed(400, 4, unseen=True), mixed(250, 5), mixed(400, 6, gaps=0.1), mixed(400, 7, gaps=1)]

    def of(table: Table, known: Evidence | None) -> pd.DataFrame:
        looked_at = evidence(*real, table, entity=entity) if known is None else known.of(table)
        return as_frame(finding for check in CHECKS for finding in measured(check, looked_at).values())

    first = evidence(*real, tables[-1], entity=entity)
    of(tables[-1], first)
    for table in tables:
        pd.testing.assert_frame_equal(of(table, first), of(table, None), check_exact=True)


def of_people(people: int, visits: int, seed: int) -> Table:
    """Visits of a person are nearly alike."""

    def columns(stream: np.random.Generator, rows: int) -> dict[str, object]:
        person = np.repeat(np.arange(people), visits)
        traits = stream.normal(size=(people, 3))[person] + 0.01 * stream.normal(size=(rows, 3))
        return {"id": [f"{seed}-{one}" for one in person], "a": traits[:, 0], "b": traits[:, 1],
                "c": np.where(traits[:, 2] > 0, "x", "y")}  # fmt: skip

    return of_columns(people * visits, seed, columns, id=Kind.IDENTIFIER, a=Kind.DECIMAL, b=Kind.DECIMAL,
                      c=Kind.CATEGORY)  # fmt: skip


def test_rows_of_one_entity_are_drawn_together(evidence, measured):
    """Ten rows of each of 80 persons are no more than 80 rows: intervals are three times as wide."""
    tables = [of_people(80, 10, seed) for seed in (1, 2, 3)]
    one = [of_people(80, 1, seed) for seed in (1, 2, 3)]
    for check, what in (("marginals", ("a", "ks")), ("pairs", ("a × b", "tv")), ("mmd", ("all columns", "mmd"))):
        by_row, by_person, single = (
            (found := measured(check, looked_at)[what]).high - found.value
            for looked_at in (evidence(*tables), evidence(*tables, entity="id"), evidence(*one))
        )
        assert by_person > 1.8 * by_row, check
        assert by_person == pytest.approx(single, rel=0.5), check


def test_rows_of_one_entity_stay_in_one_fold(evidence, measured):
    """A model that saw a visit of a person would tell all of that person's visits."""
    tables = [of_people(80, 10, seed) for seed in (1, 2, 3)]
    by_row, by_person = (
        measured("classifier", evidence(*tables, **roles))["all columns", "auc"] for roles in ({}, {"entity": "id"})
    )
    assert by_row.value > 0.9
    assert by_person.value < 0.65
    assert by_person.low <= by_person.baseline


def test_intervals_by_entity_cover_what_intervals_by_row_do_not(evidence, measured):
    """Marginals of 60 persons with 30 visits each, in 12 clean draws: excesses above nought, at 99 %."""
    beyond: dict[str | None, list[bool]] = {"id": [], None: []}
    for seed in range(12):
        tables = [of_people(60, 30, 3 * seed + side) for side in range(3)]
        for entity, outcomes in beyond.items():
            found = measured("marginals", evidence(*tables, seed, entity=entity))
            outcomes += [one.low > one.baseline for one in found.values()]
    assert np.mean(beyond["id"]) < 0.03
    assert np.mean(beyond[None]) > 0.15


def test_entities_that_are_too_few_to_be_drawn_from(evidence, measured):
    few, many = of_people(20, 40, 1), of_people(100, 8, 2)
    with pytest.raises(Unmeasurable, match="belong to 20 entities"):
        measured("marginals", evidence(few, many, many, entity="id"))
    found = measured("marginals", evidence(many, of_people(100, 8, 3), few, entity="id"))
    assert np.isfinite(found["a", "ks"].low)
    assert np.isfinite(measured("classifier", evidence(many, of_people(100, 8, 3), few, entity="id"))[
        "all columns", "auc"].value)  # fmt: skip


def test_more_replicates_are_those_of_the_effort(clean_fair, measured):
    thorough = replace(clean_fair, effort=replace(clean_fair.effort, replicates=80))
    one, other = (measured("marginals", evidence)["age", "ks"] for evidence in (clean_fair, thorough))
    assert one.value == other.value
    assert one.high != other.high
