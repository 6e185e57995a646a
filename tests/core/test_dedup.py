"""Dedup drops what repeats more than real data does, and looks at no real content; 1,000 to 3,000 rows."""

import inspect

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dedup import deduplicate, repeats
from synth_pipeline.redteam.copies import plant_copies
from synth_pipeline.spec.columns import Column, Kind, Schema


def numbers(values: object) -> Table:
    return Table.conform(pd.DataFrame({"a": values}), Schema(columns=(Column(name="a", kind=Kind.INTEGER),)))


@pytest.mark.parametrize("rows", [1_000, 2_000, 3_000])
def test_repeats_as_in_real_data_are_kept(fair, split, rows):
    parts = split(fair, (2_000, 1_000, 3_000), rows)
    made = parts.spare.take(np.arange(rows))
    outcome = deduplicate(made, repeats(parts.train, rows, Seed(1)))
    assert outcome.dropped_beyond_real == 0
    assert len(outcome.table) == rows
    assert outcome.kept_repeats == outcome.repeated == made.frame.duplicated().sum() > 0


def test_a_surplus_of_repeats_is_dropped_and_counted(fair, split):
    parts = split(fair, 2_000, 1)
    made = parts.spare.take(np.r_[np.arange(2_000), np.zeros(500, int)])
    outcome = deduplicate(made, repeats(parts.train, len(made), Seed(1)))
    assert outcome.dropped_beyond_real > 450
    assert len(outcome.table) == len(made) - outcome.dropped_beyond_real
    assert outcome.kept_repeats == outcome.repeated - outcome.dropped_beyond_real


def test_where_real_rows_never_repeat_few_synthetic_ones_may():
    real = numbers(np.arange(1_000))
    outcome = deduplicate(numbers(np.arange(1_000) % 100), repeats(real, 1_000, Seed(1)))
    assert len(outcome.table) < 120
    assert outcome.table.frame["a"].nunique() == 100


def test_the_first_of_equal_rows_stay_in_their_order():
    outcome = deduplicate(numbers([5, 3, 5, 4, 5, 3]), allowed=[0.0])
    assert outcome.table.frame["a"].tolist() == [5, 3, 4]
    assert outcome.dropped_beyond_real == 3


def test_the_allowed_counts_cap_every_multiplicity():
    made = numbers(np.repeat([1, 2, 3, 4], [5, 4, 2, 1]))
    outcome = deduplicate(made, allowed=[2.0, 1.0])
    assert sorted(outcome.table.frame["a"].value_counts()) == [1, 1, 2, 3]


def test_a_repeated_key_is_dropped_and_counted():
    schema = Schema(columns=(Column(name="key", kind=Kind.IDENTIFIER), Column(name="a", kind=Kind.INTEGER)))
    made = Table.conform(pd.DataFrame({"key": list("xyxz"), "a": [1, 2, 3, 4]}), schema)
    outcome = deduplicate(made, allowed=[100.0], key="key")
    assert outcome.table.frame["key"].tolist() == ["x", "y", "z"]
    assert outcome.dropped_by_key == 1
    assert outcome.dropped_beyond_real == 0


def test_an_identifier_does_not_make_equal_rows_distinct():
    schema = Schema(columns=(Column(name="key", kind=Kind.IDENTIFIER), Column(name="a", kind=Kind.INTEGER)))
    made = Table.conform(pd.DataFrame({"key": list("wxyz"), "a": 1}), schema)
    assert deduplicate(made, allowed=[0.0]).dropped_beyond_real == 3


def test_no_rows_are_no_obstacle():
    made = numbers([1]).take(np.arange(0))
    assert len(deduplicate(made, repeats(numbers([1, 1, 2]), 0, Seed(1))).table) == 0


def test_counts_do_not_depend_on_the_order_of_real_rows_where_none_is_cut():
    real = numbers([1, 1, 2, 3, 3, 3])
    assert repeats(real, 6, Seed(1)) == repeats(real.take(np.arange(6)[::-1]), 6, Seed(2))


def test_real_content_decides_nothing():
    """Copies of real rows are the audit's to find: dedup gets counts, no rows, and treats both tables alike."""
    assert set(inspect.signature(deduplicate).parameters) == {"candidates", "allowed", "key"}
    real = numbers(np.repeat(np.arange(500), 2))
    elsewhere = numbers(np.repeat(np.arange(5_000, 5_500), 2))
    allowed = repeats(real, 1_000, Seed(1))
    assert allowed == repeats(elsewhere, 1_000, Seed(1))
    made = numbers(np.arange(1_000) % 400)
    kept = [len(deduplicate(made, repeats(one, 1_000, Seed(1))).table) for one in (real, elsewhere)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 1.0])
def test_so_many_training_rows_are_planted(every_kind, share):
    made, train = every_kind(400, 1), every_kind(500, 2)
    planted = plant_copies(made, Train(train), share, Seed(1))
    columns = train.schema.modelled
    keys = [pd.util.hash_pandas_object(table.frame[columns], index=False) for table in (planted, train)]
    assert keys[0].isin(keys[1]).sum() == round(share * 400)
    assert keys[0][keys[0].isin(keys[1])].is_unique
    assert len(planted) == 400
    assert planted.schema == made.schema
    assert planted.frame["person id"].tolist() == made.frame["person id"].tolist()


def test_no_more_rows_are_planted_than_there_are(every_kind):
    made, train = every_kind(400, 1), every_kind(30, 2)
    planted = plant_copies(made, Train(train), 0.5, Seed(1))
    assert (planted.frame["measure"] != made.frame["measure"]).sum() == 30


def test_planting_leaves_the_candidates_as_they_were_and_follows_its_seed(every_kind):
    made, train = every_kind(200, 1), every_kind(200, 2)
    before = made.frame.copy()
    first, again, other = (plant_copies(made, Train(train), 0.1, Seed(seed)).frame for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(made.frame, before)
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)
