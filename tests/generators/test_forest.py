"""The forest: what it keeps of a table, and what it gives away of its rows; 1,000 to 3,000 rows."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators import Forest
from synth_pipeline.generators.amounts import reflect, relative_rank, smooth_order, step_of
from synth_pipeline.generators.columns import levels
from synth_pipeline.generators.encoding import level_scores
from synth_pipeline.generators.leaves import Pruning, Shape, grow, single_leaf
from synth_pipeline.generators.matrix import Matrix
from synth_pipeline.generators.order import drawing_order
from synth_pipeline.generators.settling import settle
from synth_pipeline.spec.columns import Column, Kind, Schema


def made_of(table: Table, rows: int = 2_000, seed: int = 1, forest: Forest | None = None) -> Table:
    return (forest or Forest()).fit(Train(table), Seed(seed)).sample(rows, Seed(seed + 1))


def table_of(kinds: dict[str, Kind], grids: dict[str, float] | None = None, **columns: object) -> Table:
    schema = Schema(columns=tuple(
        Column(name=name, kind=kind, grid=(grids or {}).get(name), nullable=True) for name, kind in kinds.items()
    ))  # fmt: skip
    return Table.conform(pd.DataFrame(columns), schema)


def test_correlations_of_numbers_are_kept(fair):
    made = made_of(fair.take(np.arange(3_000)), 3_000)
    for first, second in (("age", "years_married"), ("years_married", "children")):
        strengths = [spearmanr(table.numbers(first), table.numbers(second)).statistic for table in (fair, made)]
        assert strengths[1] == pytest.approx(strengths[0], abs=0.05)


def test_a_flag_keeps_its_share_in_every_level(fair):
    train = fair.take(np.arange(3_000))
    made = made_of(train, 3_000)
    shares = [table.frame.groupby("marriage_rating")["had_affair"].mean() for table in (train, made)]
    common = train.frame["marriage_rating"].value_counts().index[:3]
    assert (shares[0] - shares[1]).abs()[common].max() < 0.08


def test_what_goes_with_nought_and_with_missing_values_is_kept():
    stream = np.random.default_rng(1)
    spends = stream.random(2_000) < 0.3
    table = table_of(
        {"flag": Kind.BOOLEAN, "amount": Kind.DECIMAL, "gap": Kind.DECIMAL},
        flag=spends,
        amount=np.where(spends, stream.lognormal(3, 1, 2_000), 0),
        gap=np.where(spends, np.nan, stream.normal(size=2_000)),
    )
    frame = made_of(table).frame
    assert (frame["amount"] > 0).eq(frame["flag"]).mean() > 0.98
    assert frame["gap"].isna().eq(frame["flag"]).mean() > 0.98


def test_a_column_that_equals_another_still_does():
    stream = np.random.default_rng(2)
    price = stream.lognormal(3, 1, 2_000)
    paid = np.where(stream.random(2_000) < 0.7, price, price * stream.uniform(0.5, 0.9, 2_000))
    frame = made_of(table_of({"price": Kind.DECIMAL, "paid": Kind.DECIMAL}, price=price, paid=paid)).frame
    assert 0.6 < (frame["price"] == frame["paid"]).mean() < 0.8
    assert (frame["paid"] <= frame["price"] * 1.05).mean() > 0.95


def test_a_column_that_equals_a_finer_one_keeps_to_its_own_grid():
    """Paid is in cents; list prices have four places, and are paid as they are where they are whole cents."""
    stream = np.random.default_rng(3)
    price = np.round(stream.lognormal(3, 1, 2_000), 4)
    whole = stream.random(2_000) < 0.5
    price = np.where(whole, np.round(price, 2), price)
    paid = np.where(whole, price, np.round(price * 0.8, 2))
    grids = {"price": 1e-4, "paid": 0.01}
    made = made_of(table_of({"price": Kind.DECIMAL, "paid": Kind.DECIMAL}, grids, price=price, paid=paid))
    cents = made.numbers("paid") * 100
    assert np.abs(cents - np.round(cents)).max() < 1e-6


def test_no_number_of_one_record_comes_out_more_often_than_its_neighbours():
    """2,000 numbers without a grid: hardly any is met again."""
    numbers = np.random.default_rng(4).normal(size=(2_000, 2))
    table = table_of({"a": Kind.DECIMAL, "b": Kind.DECIMAL}, a=numbers[:, 0], b=numbers[:, 1])
    made = made_of(table)
    for name in "ab":
        assert np.isin(made.numbers(name), table.numbers(name)).mean() < 0.01


@pytest.mark.parametrize(("levels", "least"), [(150, 0.015), (500, 0.004)])
def test_rare_levels_do_not_give_their_records_away(split, evidence, measured, levels, least):
    """2,000 rows on each side in nine draws, a category and four numbers that have nothing to do with it.

    A level's score must not be learned from the rows that the leaves give away.  In 20 draws of 150 levels the median
    p-value is .65 for independent columns, .47 for scores of the rows that shape a tree and .01 for scores of all rows;
    at 500 levels the test of both scales, at every cut, gives the forest a median of .008: there it leaks.
    """
    found = []
    for seed in range(9):
        stream = np.random.default_rng(seed)
        table = table_of(
            {"level": Kind.CATEGORY, **dict.fromkeys("abcd", Kind.DECIMAL)},
            level=[f"level {code}" for code in stream.integers(0, levels, 6_000)],
            **{name: stream.normal(size=6_000) for name in "abcd"},
        )
        parts = split(table, 2_000, seed)
        compared = evidence(parts.train, parts.holdout, made_of(parts.train, seed=seed))
        found += [finding.p_value for finding in measured("nearest_records", compared).values()]
    assert np.median(found) > least


@pytest.mark.parametrize("name", ["fair", "randhie"])
def test_a_clean_fit_passes_the_privacy_checks(request, split, evidence, measured, name):
    """2,000 rows on each side."""
    parts = split(request.getfixturevalue(name), 2_000, 6)
    compared = evidence(parts.train, parts.holdout, made_of(parts.train))
    for check in ("exact_copies", "nearest_records"):
        assert all(finding.p_value > 0.001 for finding in measured(check, compared).values())


def matrix_of(features: np.ndarray) -> Matrix:
    matrix = Matrix(len(features))
    for column in features.T:
        matrix.add_amounts(column, np.empty(0))
    return matrix


def grown(features: np.ndarray, leaf: int = 20, least: int = 30, seed: int = 7, **more: object) -> Shape:
    target = features[:, :1].astype(float)
    return grow(matrix_of(features), target, target, leaf, least, np.random.default_rng(seed), **more)


def test_leaves_hold_enough_donors():
    stream = np.random.default_rng(7)
    features = stream.normal(size=(1_000, 3)).astype(np.float32)
    leaves = settle(grown(features), np.arange(1_000), None, 0, stream)
    nodes = leaves.route(matrix_of(features), np.arange(1_000))
    assert len(set(leaves.donors)) == len(leaves.donors) == 500
    assert (leaves.last[nodes] - leaves.first[nodes]).min() >= 30
    assert len(np.unique(nodes)) > 5
    picked = leaves.donors[leaves.pick(nodes, stream)]
    assert np.corrcoef(features[picked, 0], features[:, 0])[0, 1] > 0.8


def test_every_row_lies_below_its_node():
    features = np.random.default_rng(8).normal(size=(600, 2)).astype(np.float32)
    shape = grown(features, least=5)
    reached = shape.tree.apply(features)
    for leaf in np.flatnonzero(shape.tree.children_left < 0):
        mine = shape.rows[shape.start[leaf] : shape.end[leaf]]
        assert (reached[mine] == leaf).all()
    assert (shape.start[0], shape.end[0], len(set(shape.rows))) == (0, 300, 300)


def test_splits_that_foretell_nothing_are_pruned_and_others_are_not():
    stream = np.random.default_rng(9)
    features = stream.normal(size=(2_000, 3)).astype(np.float32)
    noise, signal = stream.integers(0, 3, 2_000), np.digitize(features[:, 0], [-0.7, 0.0, 0.7])
    reached = []
    for codes in (noise, signal):
        for pruning in (None, Pruning(codes, 2.0)):
            shape = grow(matrix_of(features), codes[:, None], codes, 45, 30, stream, pruning)
            reached.append(len(np.unique(shape.entry[shape.tree.children_left < 0])))
    assert reached[0] > 5 * reached[1]
    assert reached[3] >= 4


@pytest.mark.parametrize("swapped", [1, 2, 5])
def test_what_changes_places_is_drawn_as_often_as_before(swapped):
    """10,000 rows, 40 levels that go with a number; as many draws as 50 times the rows."""
    stream = np.random.default_rng(10)
    features = stream.normal(size=(10_000, 2)).astype(np.float32)
    codes = np.clip(np.round(8 * np.abs(features[:, 0]) + stream.exponential(3, 10_000)), 0, 39).astype(int)
    shape = grown(features, least=1)
    leaves = settle(shape, codes, codes, swapped, stream)
    nodes = np.tile(leaves.route(matrix_of(features), shape.rows), 100)
    shares = np.bincount(leaves.donors[leaves.pick(nodes, stream)], minlength=40) / len(nodes)
    assert np.abs(shares - np.bincount(codes[shape.rows], minlength=40) / 5_000).max() < 0.002
    assert sorted(leaves.donors) == sorted(codes[shape.rows])


def test_what_one_row_alone_has_in_its_leaf_is_not_given_away_there():
    """Eight leaves of 250 rows; a mark in a single row of each, of a level that is common nowhere."""
    stream = np.random.default_rng(11)
    features = np.repeat(np.arange(8), 250)[:, None].astype(np.float32)
    codes = stream.integers(0, 3, 2_000)
    shape = grown(features, leaf=60, least=1)
    marked = np.array([next(row for row in shape.rows if row // 250 == leaf) for leaf in range(8)])
    codes[marked] = 3 + np.arange(8)
    for swapped, given in ((0, True), (1, False)):
        leaves = settle(shape, codes, codes, swapped, np.random.default_rng(12))
        nodes = leaves.route(matrix_of(features), marked)
        inside = [3 + place in leaves.donors[leaves.first[node] : leaves.last[node]]
                  for place, node in enumerate(nodes)]  # fmt: skip
        assert all(inside) if given else not any(inside)
    drawn = leaves.donors[leaves.pick(np.repeat(nodes, 20_000), stream)].reshape(8, 20_000)
    own = (drawn == 3 + np.arange(8)[:, None]).mean()
    others = (drawn >= 3).mean() - own
    assert others / 7 == pytest.approx(own, rel=0.3)  # from anywhere as often as from where they stood


def test_a_level_of_two_records_is_never_drawn_and_one_of_twenty_is():
    codes = np.random.default_rng(13).integers(0, 4, 3_000)
    words = np.array(["north", "south", "east", "west", "twice", "often"])
    codes[:2], codes[2:22] = 4, 5
    drawn = made_of(table_of({"place": Kind.CATEGORY}, place=words[codes]), 20_000).frame["place"]
    assert not (drawn == "twice").any()
    assert (drawn == "often").mean() == pytest.approx(20 / 3_000, rel=0.4)


def test_columns_that_tell_nothing_of_the_others_are_drawn_last():
    stream = np.random.default_rng(14)
    base = stream.normal(size=3_000)
    table = table_of(
        {"noise": Kind.DECIMAL, "word": Kind.CATEGORY, "a": Kind.DECIMAL, "b": Kind.INTEGER, "flag": Kind.BOOLEAN},
        noise=stream.normal(size=3_000), word=stream.choice(["x", "y", "z"], 3_000), a=base,
        b=np.round(10 * base + stream.normal(size=3_000)), flag=base > 0,
    )  # fmt: skip
    assert drawing_order(table, Seed(1))[:3] == ["a", "b", "flag"]


def test_a_number_that_many_share_is_met_again_and_one_of_few_is_not():
    """Counts with a long tail: 0 to 9 are common, the largest are of one record each."""
    stream = np.random.default_rng(15)
    counts = np.r_[stream.integers(0, 10, 4_000), 1_000 + 37 * np.arange(20)]
    made = made_of(table_of({"n": Kind.INTEGER}, {"n": 1.0}, n=counts), 40_000).numbers("n")
    assert np.isin(made[made < 500], np.arange(10)).mean() > 0.99
    assert np.isin(made[made >= 1_000], counts).mean() < 0.25


def test_more_strength_gives_larger_leaves_and_less_likeness(fair):
    assert [Forest(strength=strength).leaf(8_000) for strength in (0.5, 1, 4)] == [20, 40, 160]
    train = fair.take(np.arange(3_000))
    strengths = []
    for strength in (0.5, 20):
        made = made_of(train, 3_000, forest=Forest(strength=strength))
        strengths.append(abs(spearmanr(made.numbers("age"), made.numbers("children")).statistic))
    assert strengths[1] < strengths[0] - 0.03


def test_a_single_leaf_draws_all_donors_alike():
    leaf = single_leaf(np.arange(10))
    drawn = leaf.donors[leaf.pick(leaf.route(Matrix(5_000), np.arange(5_000)), np.random.default_rng(1))]
    assert np.bincount(drawn, minlength=10).min() > 400


@pytest.mark.parametrize(("values", "steps"), [
    ([3.0, 10.0, 25.0, 100.0], [1, 10, 5, 100]), ([0.25, 0.1, 0.0001], [0.05, 0.1, 0.0001]), ([1 / 3, np.pi], [0, 0]),
])  # fmt: skip
def test_the_step_of_a_number_is_the_coarsest_that_people_round_to(values, steps):
    assert step_of(np.array(values)).tolist() == pytest.approx(steps)


@pytest.mark.parametrize("count", [21, 50, 1_000])
def test_smoothed_order_statistics_are_in_order_and_none_is_real(count):
    values = np.random.default_rng(1).lognormal(size=count)
    smooth = smooth_order(values)
    assert len(smooth) == count
    assert (np.diff(smooth) >= 0).all()
    assert not np.isin(smooth, values).any()
    assert values.min() < smooth[0] <= smooth[-1] < values.max()


def test_a_handful_of_numbers_is_not_given_away_as_it_is():
    """Twenty numbers or fewer are smoothed too."""
    values = np.random.default_rng(1).lognormal(size=20)
    assert not np.isin(smooth_order(values), values).all()


def test_ranks_stay_between_nought_and_one():
    ranks = reflect(np.array([-0.2, 0.0, 0.5, 1.0, 1.3]))
    assert ranks.tolist() == pytest.approx([0.2, 0.0, 0.5, 1.0, 0.7])
    assert relative_rank(np.array([5.0, 5.0, 7.0])).tolist() == pytest.approx([1 / 3, 1 / 3, 5 / 6])


def test_scores_of_levels_are_shrunk_to_the_overall_mean():
    codes = np.array([0] * 950 + [1] * 50)
    outcome = (codes == 1).astype(float)[:, None]
    scores = level_scores(codes, 3, outcome, 1)[:, 0]
    assert scores[1] == pytest.approx((50 + 5 * 0.05) / 55 - 0.05)
    assert scores[2] == 0
    assert -0.05 < scores[0] < 0


def test_levels_and_back_are_the_column(every_kind):
    table = every_kind(300, 1)
    for name in table.schema.names:
        known, codes = levels(table, name)
        restored = Table.conform(table.frame.assign(**{name: known.restore(codes)}), table.schema)
        pd.testing.assert_series_equal(restored.frame[name], table.frame[name])
