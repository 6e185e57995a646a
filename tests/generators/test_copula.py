"""What the copula keeps: shares, dependence through levels and spikes, missing values, and columns that follow."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.copula import Copula, CopulaSampler, _meet_shares
from synth_pipeline.generators.latent import MOST_AXES, Highest, Within, margin
from synth_pipeline.generators.latent_correlation import estimate
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 4_000


def fitted(columns: dict[str, object], **kinds: Kind) -> CopulaSampler:
    """Columns are decimal unless said otherwise, and nullable where they have missing values."""
    frame = pd.DataFrame(columns)
    schema = Schema(columns=tuple(
        Column(name=name, kind=kinds.get(name, Kind.DECIMAL), nullable=bool(frame[name].isna().any()))
        for name in frame
    ))  # fmt: skip
    return Copula().fit(Train(Table.conform(frame, schema)), Seed(1))


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    """Two normal columns with a correlation of .8."""
    return np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], ROWS)


def within(ordered: np.ndarray, edges: list[float]) -> Within:
    """Normal numbers of which only the interval is known."""
    bounds = np.r_[-np.inf, edges, np.inf]
    place = np.searchsorted(edges, ordered)
    return Within(bounds[place], bounds[place + 1])


def test_the_correlation_behind_two_coarse_columns_is_found(normal):
    """Ranks of two columns cut in two and in three would give about .55."""
    seen = [within(normal[:, 0], [0.5]), within(normal[:, 1], [-1.0, 0.2])]
    _, covariance = estimate(seen, ROWS, np.random.default_rng(2))
    assert np.diag(covariance) == pytest.approx([1, 1])
    assert covariance[0, 1] == pytest.approx(0.8, abs=0.05)


def test_the_correlation_between_a_point_and_a_category_is_found(normal):
    """The category is in the first of three states where the other axis is high."""
    chosen = np.where(normal[:, 1] > 0.8, 0, np.random.default_rng(3).integers(1, 3, ROWS))
    seen = [Within(normal[:, 0], normal[:, 0]), Highest(chosen, 3)]
    _, covariance = estimate(seen, ROWS, np.random.default_rng(2))
    scaled = covariance / np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert scaled[0, 1] > 0.5
    assert abs(scaled[0, 2] - scaled[0, 3]) < 0.15


def test_shares_of_levels_and_of_a_spike_are_kept(normal):
    colour = np.random.default_rng(4).choice(["red", "green", "blue", "grey"], ROWS, p=[0.55, 0.3, 0.1, 0.05])
    paid = np.where(normal[:, 0] < 0.9, 0, np.exp(normal[:, 0]))
    made = fitted({"colour": colour, "paid": paid}, colour=Kind.CATEGORY).sample(20_000, Seed(2)).frame
    shares = made["colour"].value_counts(normalize=True) - pd.Series(colour).value_counts(normalize=True)
    assert shares.abs().max() < 0.02
    assert (made["paid"] == 0).mean() == pytest.approx((paid == 0).mean(), abs=0.015)


def test_axes_of_a_category_are_shifted_until_its_levels_are_as_frequent_as_they_were():
    shares = {"a": 0.7, "b": 0.2, "c": 0.08, "d": 0.02}
    values = np.random.default_rng(9).choice(list(shares), ROWS, p=list(shares.values()))
    schema = Schema(columns=(Column(name="x", kind=Kind.CATEGORY),))
    law, _ = margin(Table.conform(pd.DataFrame({"x": values}), schema), "x")
    mean, root = np.zeros(4), np.eye(4)
    _meet_shares({"x": law}, mean, root, np.random.default_rng(1))
    stream = np.random.default_rng(2)
    drawn = law.draw(stream.standard_normal((50_000, 4)) + mean, stream).value_counts(normalize=True)
    assert (drawn - pd.Series(values).value_counts(normalize=True)).abs().max() < 0.01


def test_a_category_follows_a_number_as_in_the_training_rows(normal):
    group = np.where(normal[:, 0] + 0.3 * normal[:, 1] > 1, "high", np.where(normal[:, 0] < -0.5, "low", "middle"))
    made = fitted({"group": group, "x": normal[:, 1]}, group=Kind.CATEGORY).sample(ROWS, Seed(2)).frame
    real = pd.Series(normal[:, 1]).groupby(group).mean()
    synthetic = made["x"].groupby(made["group"]).mean()
    assert (real - synthetic).abs().max() < 0.15


def test_missing_values_depend_on_other_columns(normal):
    income = np.where(normal[:, 0] > 0.7, np.nan, normal[:, 1])
    made = fitted({"age": normal[:, 0], "income": income}).sample(ROWS, Seed(2)).frame
    gone = made["income"].isna()
    assert gone.mean() == pytest.approx(np.isnan(income).mean(), abs=0.03)
    assert made["age"][gone].mean() - made["age"][~gone].mean() > 1.2  # 1.6 in the training rows


@pytest.mark.parametrize("kind", [Kind.INTEGER, Kind.DATETIME, Kind.CATEGORY])
def test_a_column_that_follows_from_another_always_does(kind):
    code = np.random.default_rng(5).integers(0, 8, ROWS)
    leader = pd.Series(code.astype(float)).mask(code == 7)
    if kind is Kind.DATETIME:
        leader = pd.Timestamp("2024-02-29") + pd.to_timedelta(leader, "D")
    if kind is Kind.CATEGORY:
        leader = leader.map(lambda number: f"class {number:g}", na_action="ignore")
    word = np.array([f"grade {7 - code // 2}" for code in range(8)])[code]
    sampler = fitted({"word": word, "leader": leader}, word=Kind.CATEGORY, leader=kind)
    made = sampler.sample(ROWS, Seed(2)).frame
    assert list(sampler.followed) == ["word"]
    real = Table.conform(pd.DataFrame({"word": word, "leader": leader}), sampler.schema).frame
    pairs, real_pairs = (set(map(tuple, frame.astype("str").fillna("none").to_numpy())) for frame in (made, real))
    assert pairs == real_pairs


def test_a_pair_that_one_record_has_makes_no_column_follow():
    stream = np.random.default_rng(6)
    number = np.r_[stream.integers(0, 5, ROWS - 1), 99]
    word = np.array([f"grade {code % 3}" for code in number])
    word[-1] = "a grade of its own"
    sampler = fitted({"word": word, "number": number}, word=Kind.CATEGORY, number=Kind.INTEGER)
    assert not sampler.followed


def test_levels_that_few_records_have_share_an_axis():
    """So their dependence on other columns is not learned, and the number of axes has a bound."""
    stream = np.random.default_rng(7)
    level = [f"level {code}" for code in stream.zipf(1.3, ROWS) % 2_000]
    sampler = fitted({"level": level, "x": stream.normal(size=ROWS)}, level=Kind.CATEGORY)
    assert len(sampler.mean) <= MOST_AXES + 2
    assert set(sampler.sample(ROWS, Seed(2)).frame["level"]) <= set(level)


def test_numbers_that_one_record_has_are_not_given_away():
    """Of 1,000 numbers that occur once on a grid of 100,000 places, chance draws about 1 in 100."""
    stream = np.random.default_rng(8)
    numbers = np.round(stream.permutation(100_000)[:1_000] / 100, 2)
    made = fitted({"x": numbers}).sample(1_000, Seed(2)).frame["x"]
    assert np.isin(numbers, made).mean() < 0.03


def test_numbers_of_one_record_come_out_hardly_more_often_than_those_of_records_that_were_not_seen():
    """Of amounts that people round in different ways; .148 against .094 with the grid and place of each donor kept."""
    stream = np.random.default_rng(8)
    amounts = np.exp(stream.normal(5, 1, 6_000))
    step = stream.choice([50, 5, 0.5, 0.01], 6_000, p=[0.3, 0.2, 0.2, 0.3])
    seen, unseen = np.split(np.round(np.round(amounts / step) * step, 2), 2)
    values, counts = np.unique(np.r_[seen, unseen], return_counts=True)
    once = values[counts == 1]
    sampler = fitted({"x": seen})
    made = np.concatenate([sampler.sample(3_000, Seed(seed)).frame["x"] for seed in range(2)])
    told, control = (np.isin(np.intersect1d(once, side), made).mean() for side in (seen, unseen))
    assert told - control < 0.035
