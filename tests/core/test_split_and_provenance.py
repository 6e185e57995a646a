"""The split rule and the stamp of provenance."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import binom

from synth_pipeline.core.provenance import COLUMNS, PROVENANCE, SYNTHETIC, Provenance
from synth_pipeline.core.split.rule import SIDES, SplitRule
from synth_pipeline.core.table import RECORD_ID
from synth_pipeline.spec.dataset import Shares
from synth_pipeline.steps import provenance_findings

RULE = SplitRule("fair", Shares())
UNITS = [f"unit {number}" for number in range(20_000)]


def test_the_sides_of_units_are_the_same_for_ever():
    sides = "sealed train train train sealed train sealed holdout"
    assert " ".join(RULE.side(unit) for unit in "abcdefgh") == sides


@pytest.mark.parametrize("shares", [Shares(), Shares(train=0.8, holdout=0.1, sealed=0.1)])
def test_sides_have_their_shares(shares):
    sides = pd.Series([SplitRule("fair", shares).side(unit) for unit in UNITS]).value_counts()
    for side in SIDES:
        low, high = binom.interval(0.9999, len(UNITS), getattr(shares, side))
        assert low <= sides[side] <= high


def test_bounds_add_up_to_all():
    first, second = RULE.bounds
    assert (first, second) == (0.5, 0.75)
    assert set(map(RULE.side, UNITS[:200])) == set(SIDES)


@pytest.mark.parametrize(
    "other", [SplitRule("randhie", Shares()), SplitRule("fair", Shares(train=0.4, holdout=0.3, sealed=0.3))]
)
def test_another_name_or_other_shares_are_another_lineage(other):
    """Sides agree as often as chance has it."""
    first, second = ([rule.side(unit) for unit in UNITS[:4_000]] for rule in (RULE, other))
    agree = np.mean([one == another for one, another in zip(first, second, strict=True)])
    assert agree < 0.45


def test_shares_that_are_not_a_whole_are_refused():
    for train, holdout, sealed in ((0.5, 0.5, 0.5), (0.5, 0.25, 0.2), (1.0, 0.0, 0.0)):
        with pytest.raises(ValidationError):
            Shares(train=train, holdout=holdout, sealed=sealed)


ORIGIN = Provenance("source", "spec", 7, "forest-1")


def test_every_row_says_where_it_is_from():
    rows = pd.DataFrame({"a": [1, 2, 3]}, index=[4, 4, 9])
    stamped = ORIGIN.stamp(rows)
    assert set(stamped.columns) == {"a", *COLUMNS}
    assert stamped["a"].tolist() == [1, 2, 3]
    assert (stamped[PROVENANCE] == SYNTHETIC).all()
    assert (stamped["_generator"] == "forest-1").all()
    assert (stamped["_generation"] == 1).all()
    assert stamped[RECORD_ID].is_unique
    assert stamped[RECORD_ID].str.startswith(f"synthetic-{ORIGIN.batch_id}-").all()
    assert list(rows.columns) == ["a"]


def test_no_rows_can_be_stamped():
    stamped = ORIGIN.stamp(pd.DataFrame({"a": pd.Series([], dtype="int64")}))
    assert len(stamped) == 0
    assert set(COLUMNS) <= set(stamped.columns)


@pytest.mark.parametrize("change", [{"source": "b"}, {"spec": "b"}, {"seed": 8}, {"generator": "marginals-1"}])
def test_a_batch_is_named_by_all_that_it_was_made_from(change):
    assert replace(ORIGIN, **change).batch_id != ORIGIN.batch_id
    assert replace(ORIGIN).batch_id == ORIGIN.batch_id


def test_lost_origins_and_real_ids_are_counted():
    stamped = ORIGIN.stamp(pd.DataFrame({"a": range(10)}))
    real = [pd.Series(["r1", "r2"]), pd.Series(["r3"])]

    def counts(frame: pd.DataFrame) -> dict[str, float]:
        return provenance_findings(frame, real).set_index("metric")["value"].to_dict()

    assert set(counts(stamped).values()) == {0.0}
    bad = stamped.copy()
    bad.loc[0, PROVENANCE] = "real"
    bad.loc[1, "_batch_id"] = None
    bad.loc[2, RECORD_ID] = bad.loc[3, RECORD_ID]
    bad.loc[4, RECORD_ID] = None
    bad.loc[[5, 6], RECORD_ID] = ["r1", "r3"]
    assert counts(bad) == {"rows without origin": 2, "repeated record ids": 2, "real record ids": 2}
