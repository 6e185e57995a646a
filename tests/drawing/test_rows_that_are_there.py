"""Imported rows under constraints and conditions: each comes once at most, and none is mended."""

import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import Drawer, fit_drawer
from synth_pipeline.drawing import drawer as drawing
from synth_pipeline.generators import Imported
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from tests.drawing.conftest import read_rules

SEED = Seed(3)
SCHEMA = Schema(columns=(
    Column(name="a", kind=Kind.INTEGER, grid=1.0), Column(name="b", kind=Kind.INTEGER, grid=1.0),
    Column(name="total", kind=Kind.INTEGER, grid=1.0), Column(name="side", kind=Kind.CATEGORY),
))  # fmt: skip
RULES = [{"kind": "sum", "total": "total", "parts": ["a", "b"]}, {"kind": "range", "column": "b", "min": 0}]


def rows(count: int) -> pd.DataFrame:
    """Row ``a`` of each; every third is wrong by one, every tenth is on the left."""
    a = pd.Series(range(count))
    return pd.DataFrame({"a": a, "b": a % 7, "total": a + a % 7 + (a % 3 == 0),
                         "side": (a % 10 == 0).map({True: "left", False: "right"})})  # fmt: skip


@pytest.fixture
def drawer(tmp_path) -> Drawer:
    path = tmp_path / "made.parquet"
    rows(600).to_parquet(path, index=False)
    real = rows(900).query("a % 3 != 0").reset_index(drop=True)
    return fit_drawer(Imported(path=str(path)), Train(Table.conform(real, SCHEMA)), read_rules(RULES), Seed(1))


def test_rows_that_break_a_rule_are_dropped_and_the_others_come_as_they_are(drawer):
    made = drawer.sample(400, SEED).frame
    pd.testing.assert_frame_equal(
        made.sort_values("a").reset_index(drop=True).astype(str), rows(600).query("a % 3 != 0").reset_index(drop=True)
        .astype(str),
    )  # fmt: skip
    assert drawer.accepted == pytest.approx(2 / 3)


def test_no_row_comes_twice_in_what_would_be_several_shards(drawer, monkeypatch):
    monkeypatch.setattr(drawing, "SHARD", 50)
    first, other = (drawer.sample(300, seed, workers=2).frame["a"] for seed in (SEED, Seed(4)))
    assert first.is_unique
    assert set(first) != set(other)


def test_more_rows_than_keep_the_rules_are_refused_with_counts(drawer):
    with pytest.raises(SynthError, match=r"Of 600 rows .* only 400 keep the constraints, and 401 are wanted"):
        drawer.sample(401, SEED)
    with pytest.raises(SynthError, match=r"601 rows are asked for.* has 600"):
        drawer.sample(601, SEED)


def test_conditions_choose_among_the_rows_and_say_what_is_missing(drawer):
    left = Conditions.model_validate({"balance": [{"columns": ["side"], "shares": {"left": 0.5}}]})
    made = drawer.sample(80, SEED, left).frame
    assert (made["side"] == "left").sum() == 40
    assert made["a"].is_unique
    with pytest.raises(SynthError, match=r"by all 600 rows that there are: .*left.*40 of 50"):
        drawer.sample(100, SEED, left)
