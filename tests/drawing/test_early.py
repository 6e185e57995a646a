"""Rows that are not wanted are dropped as soon as a column tells, which changes the work and not the rows' law."""

from typing import get_type_hints

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import fit_drawer
from synth_pipeline.drawing.cells import Cells
from synth_pipeline.drawing.early import wanted_values
from synth_pipeline.drawing.pool import Pool
from synth_pipeline.generators import GENERATORS
from synth_pipeline.generators.protocol import EarlySampler
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.conditions import Conditions
from tests.drawing.conftest import RULES, read_rules

SEED = Seed(6)
EARLY = [kind for kind, one in GENERATORS.items() if hasattr(get_type_hints(one.fit)["return"], "sample_where")]
SCHEMA = Schema(columns=(
    Column(name="amount", kind=Kind.DECIMAL), Column(name="level", kind=Kind.CATEGORY),
    Column(name="event", kind=Kind.CATEGORY), Column(name="late", kind=Kind.INTEGER, grid=1.0),
))  # fmt: skip


@pytest.fixture(scope="module")
def rare() -> Table:
    """Amounts depend on the level, and one row in a hundred has an event, more often at high levels."""
    stream = np.random.default_rng(8)
    level = stream.integers(0, 4, 3_000)
    return Table.conform(pd.DataFrame({
        "amount": level + stream.normal(size=3_000), "level": [f"level {code}" for code in level],
        "event": np.where(stream.random(3_000) < 0.005 * (level + 0.5), "yes", "no"),
        "late": stream.integers(0, 9, 3_000) + 2 * level,
    }), SCHEMA)  # fmt: skip


@pytest.fixture(scope="module", params=EARLY)
def early(request, rare):
    """Samplers that can drop rows early."""
    sampler = GENERATORS[request.param]().fit(Train(rare), Seed(1))
    assert isinstance(sampler, EarlySampler)
    return sampler


def test_without_a_wish_the_rows_are_those_of_any_sample(early):
    made, work = early.sample_where(500, SEED, {})
    assert of_frame(made.frame) == of_frame(early.sample(500, SEED).frame)
    assert work == 500


def test_only_wanted_values_come_and_the_work_is_less(early):
    made, work = early.sample_where(4_000, SEED, {"level": lambda values: (values == "level 1").to_numpy()})
    assert set(made.frame["level"]) == {"level 1"}
    assert 800 < len(made) < 1_200
    assert len(made) < work < 4_000 * 0.8
    none, _ = early.sample_where(100, SEED, {"amount": lambda values: np.zeros(len(values), bool)})
    assert (len(none), none.schema) == (0, SCHEMA)


def test_what_is_dropped_early_leaves_the_law_of_the_others_as_it_is(rare):
    """Against dropping whole rows: means of 4,000 amounts differ by .1, five standard errors, by no chance."""
    drawer = fit_drawer(GENERATORS["forest"](), Train(rare), [], Seed(1))
    asked = Conditions.model_validate({"fixed": {"level": "level 2"}})
    made = drawer.sample(4_000, SEED, asked).frame
    plain = drawer.sample(20_000, SEED).frame
    plain = plain[plain["level"] == "level 2"]
    assert abs(made["amount"].mean() - plain["amount"].mean()) < 0.1
    assert abs(made["late"].mean() - plain["late"].mean()) < 0.25
    assert abs((made["event"] == "yes").mean() - (plain["event"] == "yes").mean()) < 0.012


def test_columns_with_conditions_come_first_and_the_table_keeps_its_order(fitted, shop):
    drawer = fit_drawer(GENERATORS["marginals"](), Train(shop), read_rules(RULES), Seed(1), ["paid", "country", "band"])
    names = drawer.sampler.schema.names
    assert names[:4] == ["country × currency", "price", "paid", "id"], "a band follows from a price"
    assert drawer.sample(50, SEED).frame.columns.tolist() == shop.schema.names


@pytest.mark.parametrize(("asked", "columns"), [
    ({"fixed": {"city": "city 1"}}, {"city"}),
    ({"fixed": {"country": "country 1"}}, {"country × currency"}),
    ({"fixed": {"band": "dear"}, "within": {"adults": {"min": 2}}}, {"adults"}),
    ({"balance": [{"columns": ["paid", "city"]}]}, {"paid", "city"}),
    ({"balance": [{"columns": ["paid"]}], "at_least": [{"rows": 3, "fixed": {"city": "city 1"}}]}, set()),
    ({"within": {"gross": {"min": 2}, "ordered": {"min": "2021-02-01"}}}, set()),
])  # fmt: skip
def test_only_what_a_column_tells_for_certain_is_asked_of_it(fitted, shop, asked, columns):
    """A band follows from a price, which is put on its grid after it is drawn; a total is drawn by nobody."""
    drawer = fitted(shop, RULES)
    cells = Cells.of(Conditions.model_validate(asked), drawer.known)
    pool = Pool.of(next(cells.goals([30], SEED)))
    assert set(wanted_values(drawer.rules.plan, cells, pool)) == columns


def test_a_looked_up_column_is_told_by_what_it_follows_from(fitted, shop):
    drawer = fitted(shop, [{"kind": "determines", "columns": ["city"], "of": "country"}])
    cells = Cells.of(Conditions.model_validate({"fixed": {"country": "country 1"}}), drawer.known)
    tests = wanted_values(drawer.rules.plan, cells, Pool.of(next(cells.goals([30], SEED))))
    assert tests["city"](pd.Series(["city 1", "city 2", "city 5"], dtype="str")).tolist() == [True, False, True]


def test_a_column_of_a_joint_one_is_told_by_its_levels(fitted, shop):
    drawer = fitted(shop, [{"kind": "combinations", "columns": ["country", "currency"]}])
    cells = Cells.of(
        Conditions.model_validate({"fixed": {"country": "country 1", "currency": "currency 0"}}), drawer.known
    )
    tests = wanted_values(drawer.rules.plan, cells, Pool.of(next(cells.goals([30], SEED))))
    [joint] = drawer.rules.plan.joints
    levels = joint.join(shop)
    wanted = (shop.frame["country"] == "country 1") & (shop.frame["currency"] == "currency 0")
    assert tests[joint.column.name](levels).tolist() == wanted.tolist()
    assert wanted.any()
    assert not wanted.all()
