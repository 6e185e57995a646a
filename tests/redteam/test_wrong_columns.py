"""Single columns, and what goes with what, are off by as much as a fault says."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.table import Table
from synth_pipeline.redteam import NotApplicable, associations, distributions, structure
from synth_pipeline.redteam.grid import dithered, snapped
from synth_pipeline.spec.columns import Column, Kind, Schema


@pytest.mark.parametrize("deviations", [0.05, 0.1, 0.2, 0.5])
def test_the_widest_column_moves_by_so_many_deviations(clinic, deviations):
    scene = clinic(1)
    name = distributions.widest(scene)[0]
    made = distributions.shifted(scene, deviations)
    moved = (made[name] - scene.clean.frame[name]) / scene.train.frame[name].std(ddof=0)
    assert moved.to_numpy() == pytest.approx(deviations, abs=1e-5)
    pd.testing.assert_frame_equal(made.drop(columns=name), scene.clean.frame.drop(columns=name))


@pytest.mark.parametrize("deviations", [0.05, 0.5])
def test_a_column_of_few_values_keeps_to_them(scenes, deviations):
    scene = scenes["fair"](1)
    name = distributions.widest(scene)[0]
    made = distributions.shifted(scene, deviations)[name]
    moved = (made.mean() - scene.clean.frame[name].mean()) / scene.spread(name)
    assert set(made) <= set(scene.train.frame[name])
    assert 0.6 * deviations < moved < 1.1 * deviations


def test_whole_numbers_move_by_a_part_of_one_on_average():
    schema = Schema(columns=(Column(name="a", kind=Kind.INTEGER, grid=1.0),))
    real = Table.conform(pd.DataFrame({"a": np.arange(2000) % 100}), schema)
    numbers = np.append(np.full(4000, 50.3), np.nan)
    made = dithered(numbers, real, "a", np.random.default_rng(1))
    assert set(made[:-1]) == {50.0, 51.0}
    assert made[:-1].mean() == pytest.approx(50.3, abs=0.03)
    assert np.isnan(made[-1])


def test_numbers_on_a_grid_are_the_floats_that_people_write():
    cents = Column(name="a", kind=Kind.DECIMAL, grid=0.1)
    days = Column(name="a", kind=Kind.DATETIME, grid=86400.0)
    assert snapped(np.array([0.29, 0.3000001, 1.21]), cents).tolist() == [0.3, 0.3, 1.2]
    assert snapped(np.array([86399.0, np.nan]), days).tolist() == pytest.approx([86400.0, np.nan], nan_ok=True)


def test_nothing_is_left_of_the_tails(clinic):
    scene = clinic(1)
    made = distributions.tail_dropped(scene, 0.01)
    for name in distributions.widest(scene)[:3]:
        assert made[name].max() <= scene.train.frame[name].quantile(0.99)
    kept = (made["note"] == scene.clean.frame["note"]).mean()
    assert 0.95 < kept < 1
    assert made["note"].isin(scene.clean.frame["note"]).all()


def test_the_rare_category_is_gone_and_no_other(clinic):
    scene = clinic(1)
    made = distributions.rare_category_dropped(scene, 1)["region"]
    assert (scene.clean.frame["region"] == "isle").any()
    assert not (made == "isle").any()
    assert set(made.dropna()) == {"north", "south"}


def test_noise_is_even_and_goes_with_nothing(clinic):
    scene = clinic(1)
    made = distributions.noise(scene, 1)
    age = scene.train.frame["age"]
    assert made["age"].between(age.min(), age.max()).all()
    quarters = age.min() + np.ptp(age) * np.array([0.25, 0.75])
    assert made["age"].quantile([0.25, 0.75]).to_numpy() == pytest.approx(quarters, abs=6)
    assert made["group"].value_counts(normalize=True).to_numpy() == pytest.approx(1 / 3, abs=0.1)
    assert scene.clean.frame["age"].corr(scene.clean.frame["measure"], "spearman") > 0.6
    assert abs(made["age"].corr(made["measure"], "spearman")) < 0.2


def test_a_constant_column_has_the_median_of_train(clinic):
    scene = clinic(1)
    name = distributions.widest(scene)[0]
    made = structure.constant(scene, 1)[name]
    assert len(set(made)) == 1
    assert (scene.train.frame[name] < made.iloc[0]).mean() == pytest.approx(0.5, abs=0.01)


def test_so_many_rows_have_a_level_that_nobody_has(clinic):
    scene = clinic(1)
    made = structure.unseen_category(scene, 0.05)["group"]
    assert (~made.isin(scene.train.frame["group"])).sum() == 20


def test_so_many_numbers_are_words(clinic):
    made = structure.wrong_type(clinic(1), 0.05)["age"]
    assert made.map(lambda value: isinstance(value, str)).sum() == 20


def test_a_permuted_column_keeps_its_values_and_goes_with_nothing(clinic):
    scene = clinic(1)
    made, clean = associations.permuted(scene, 1), scene.clean.frame
    name = next(name for name in made if not made[name].equals(clean[name]))
    assert sorted(made[name]) == sorted(clean[name])
    before, after = ((frame[scene.numeric].corr("spearman")[name].drop(name).abs().max()) for frame in (clean, made))
    assert before > 0.5
    assert after < 0.2


def test_gaps_are_as_many_as_before_and_no_longer_go_together(clinic):
    scene = clinic(1)
    made, clean = associations.nulls_independent(scene, 1), scene.clean.frame
    assert made.isna().sum().equals(clean.isna().sum())
    assert clean["dose"].isna().equals(clean["weeks"].isna())
    assert abs(made["dose"].isna().corr(made["weeks"].isna())) < 0.15
    assert set(made["dose"].dropna()) <= set(clean["dose"].dropna())


def test_where_no_gaps_go_together_there_is_nothing_to_break(scenes):
    with pytest.raises(NotApplicable, match="go together"):
        associations.nulls_independent(scenes["every kind"](1), 1)
