"""Copies of train records, whole or in part, are there in the promised number."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.table import Table
from synth_pipeline.redteam import NotApplicable, copies, outliers, partial_copies
from synth_pipeline.spec.columns import Column, Kind, Schema

SAME = ["age", "visits", "group", "in", "note"]


def row_keys(table: Table, frame: pd.DataFrame) -> pd.Series:
    """A number per row; every row of the clinic is unique by its note."""
    return pd.util.hash_pandas_object(Table.conform(frame, table.schema).frame[table.schema.modelled], index=False)


def copied(scene, frame: pd.DataFrame) -> np.ndarray:
    """Which rows are train records as they are."""
    return row_keys(scene.train, frame).isin(row_keys(scene.train, scene.train.frame)).to_numpy()


def originals(scene, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that have the note of a train record, and these records."""
    rows = frame[frame["note"].isin(scene.train.frame["note"])]
    return rows, scene.train.frame.set_index("note", drop=False).loc[rows["note"]]


@pytest.mark.parametrize(("share", "rows"), [(0.002, 1), (0.005, 2), (0.01, 4), (0.05, 20), (1, 400)])
def test_so_many_verbatim_copies(clinic, share, rows):
    scene = clinic(1)
    made = copies.verbatim(scene, share)
    assert copied(scene, made).sum() == rows
    assert row_keys(scene.clean, made).isin(row_keys(scene.clean, scene.clean.frame)).sum() == 400 - rows
    assert made["person"].tolist() == scene.clean.frame["person"].tolist()


def test_jittered_copies_are_near_their_originals_and_never_on_them(clinic):
    scene = clinic(1)
    made, real = originals(scene, copies.jittered(scene, 0.2))
    assert len(made) == 80
    assert not copied(scene, copies.jittered(scene, 0.2)).any()
    assert (made[["group", "region"]].fillna("-").to_numpy() == real[["group", "region"]].fillna("-").to_numpy()).all()
    moved = (made["income"].to_numpy() - real["income"].to_numpy()) / scene.spread("income")
    assert 0.015 < moved.std() < 0.025
    assert made["dose"].isna().tolist() == real["dose"].isna().tolist()


def test_rounded_copies_have_two_significant_digits(clinic):
    scene = clinic(1)
    made, real = originals(scene, copies.rounded(scene, 0.2))
    assert len(made) == 80
    assert made["income"].tolist() == [float(f"{value:.1e}") for value in real["income"]]
    assert made["measure"].tolist() == [float(f"{value:.1e}") for value in real["measure"]]
    assert made["in"].tolist() == real["in"].tolist()


@pytest.mark.parametrize("plant", [outliers.copied, outliers.jittered])
def test_the_most_unusual_records_are_copied(clinic, plant):
    scene = clinic(1)
    odd = outliers.oddness(scene, scene.train)
    expected = set(scene.train.frame["note"].iloc[np.argsort(-odd)[:8]])
    made = plant(scene, 0.02)
    rows, _ = originals(scene, made)
    assert set(rows["note"]) == expected
    assert copied(scene, made).sum() == (8 if plant is outliers.copied else 0)


def test_oddness_counts_rare_levels_and_extreme_numbers(clinic):
    scene = clinic(1)
    odd = pd.Series(outliers.oddness(scene, scene.train))
    frame, middle = scene.train.frame, odd.median()
    assert odd[frame["region"] == "isle"].median() > middle
    assert odd[frame["income"] > frame["income"].quantile(0.98)].median() > middle


def test_one_canary_occurs_so_many_times(clinic):
    scene = clinic(1)
    rows, _ = originals(scene, outliers.canary(scene, 20))
    assert len(rows) == 20
    assert set(rows["note"]) <= set(scene.train.frame["note"])
    assert len(set(rows["note"])) == 1


def test_synthetic_is_train_down_to_the_identifiers(clinic):
    scene = clinic(1)
    pd.testing.assert_frame_equal(copies.all_of_train(scene, 1), scene.train.frame)


def test_a_leaked_holdout_shows_on_both_sides_alike(clinic):
    scene = clinic(1)
    made = row_keys(scene.clean, copies.of_both_sides(scene, 0.1))
    found = [made.isin(row_keys(side, side.frame)).sum() for side in (scene.train, scene.holdout)]
    assert found == [20, 20]


@pytest.mark.parametrize("columns", [2, 3, 5])
def test_of_a_copy_so_many_columns_are_redrawn_and_others_in_each_row(clinic, columns):
    scene = clinic(1)
    names = scene.train.schema.modelled
    made = partial_copies.redrawn_twice_as_many(scene, columns)
    clean, real = (
        frame[names].astype("str").fillna("-").to_numpy() for frame in (scene.clean.frame, scene.train.frame)
    )
    rows = made[names].astype("str").fillna("-").to_numpy()
    planted = rows[(rows != clean).sum(1) > columns]
    agreeing = (planted[:, None] == real).sum(2)
    best = real[agreeing.argmax(1)]
    assert len(planted) == 8
    assert agreeing.max(1).min() >= len(names) - columns
    assert agreeing.max(1).mean() < len(names) - columns + 1.5  # a redrawn value may be the one that was there
    assert len({tuple(row) for row in planted != best}) > 2


def test_redrawn_columns_must_leave_something_of_a_copy(fair, split):
    parts = split(fair, 100, 1)
    schema = Schema(columns=fair.schema.columns[:3])
    sides = [Table(side.frame[schema.names], schema) for side in vars(parts).values()]
    with pytest.raises(NotApplicable, match="no more than 3 columns"):
        partial_copies.redrawn(copies.Scene(*sides), 3)


def test_a_rare_combination_is_put_on_other_records(clinic):
    scene = clinic(1)
    made, clean = partial_copies.secret_on_others(scene, 0.05), scene.clean.frame
    changed = [name for name in clean if not made[name].equals(clean[name])]
    assert {"ill", "group"} < set(changed)
    assert len(changed) == partial_copies.SECRET
    combinations = made.groupby(changed, dropna=False).size()
    secret = combinations[combinations - clean.groupby(changed, dropna=False).size().reindex(
        combinations.index, fill_value=0) >= 15]  # fmt: skip
    assert len(secret) == 1
    assert 20 <= secret.iloc[0] <= 25
    train = scene.train.frame.groupby(changed).size()
    assert train[secret.index[0]] == train.min()


def test_copies_under_new_ids_share_no_id_with_anybody(clinic):
    scene = clinic(1)
    made = partial_copies.under_new_ids(scene, 0.05)
    assert copied(scene, made).sum() == 20
    assert made["person"].is_unique
    assert not made["person"].isin([*scene.train.frame["person"], *scene.holdout.frame["person"]]).any()


def test_reused_keys_come_from_train_and_nothing_else_does(clinic):
    scene = clinic(1)
    made = partial_copies.reused_keys(scene, 0.05)
    assert made["person"].isin(scene.train.frame["person"]).sum() == 20
    assert made["person"].is_unique
    pd.testing.assert_frame_equal(made.drop(columns="person"), scene.clean.frame.drop(columns="person"))


def test_a_key_may_be_a_number(clinic):
    schema = Schema(columns=(Column(name="number", kind=Kind.INTEGER, grid=1.0),
                             Column(name="amount", kind=Kind.DECIMAL)))  # fmt: skip
    stream = np.random.default_rng(1)
    sides = [Table.conform(pd.DataFrame({"number": 1000 * side + np.arange(100), "amount": stream.normal(size=100)}),
                           schema) for side in (1, 2, 3)]  # fmt: skip
    scene = replace(clinic(1), train=sides[0], holdout=sides[1], clean=sides[2], key="number", target=None)
    assert partial_copies.reused_keys(scene, 0.1)["number"].isin(sides[0].frame["number"]).sum() == 10
    fresh = partial_copies.under_new_ids(scene, 0.1)["number"]
    assert fresh.is_unique
    assert fresh.min() > 2099


def test_two_digits_are_written_as_people_write_them():
    given = np.array([0.31415, 12345.0, 0.0, -987.0, np.nan, 0.3, 7.0])
    assert copies._two_digits(given).tolist() == pytest.approx([0.31, 12000, 0, -990, np.nan, 0.3, 7], nan_ok=True)
