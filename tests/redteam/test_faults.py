"""Every planted fault is what it says it is; the audit's powers against them are measured elsewhere."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.drill import Bench
from synth_pipeline.redteam import FAULTS, Fault, NotApplicable, Scene
from synth_pipeline.redteam.copies import verbatim
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 1_000
SCHEMA = Schema(columns=(
    Column(name="amount", kind=Kind.DECIMAL), Column(name="count", kind=Kind.INTEGER, grid=1.0),
    Column(name="word", kind=Kind.CATEGORY), Column(name="group", kind=Kind.CATEGORY),
    Column(name="label", kind=Kind.BOOLEAN), Column(name="start", kind=Kind.DATETIME),
    Column(name="end", kind=Kind.DATETIME), Column(name="first gap", kind=Kind.DECIMAL, nullable=True),
    Column(name="second gap", kind=Kind.DECIMAL, nullable=True), Column(name="said", kind=Kind.TEXT),
    Column(name="person", kind=Kind.IDENTIFIER),
))  # fmt: skip


def table(seed: int, rows: int = ROWS) -> Table:
    """Every kind of column; the second gap is where the first is, and the label goes with the amount."""
    stream = np.random.default_rng(seed)
    amount, gaps = stream.normal(size=rows), stream.random(rows) < 0.2
    start = pd.Timestamp("2020-01-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D")
    frame = pd.DataFrame({
        "amount": amount, "count": stream.poisson(30, rows),
        "word": stream.choice(["a", "b", "c", "rare"], rows, p=[0.5, 0.3, 0.18, 0.02]),
        "group": stream.choice(["x", "y"], rows), "label": amount + stream.normal(size=rows) > 1,
        "start": start, "end": start + pd.to_timedelta(stream.integers(1, 99, rows), "D"),
        "first gap": np.where(gaps, np.nan, stream.normal(size=rows)),
        "second gap": np.where(gaps, np.nan, stream.normal(size=rows)), "said": "nothing",
        "person": [f"person-{seed}-{number}" for number in range(rows)],
    })  # fmt: skip
    return Table.conform(frame, SCHEMA)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return Scene(*(table(seed) for seed in (1, 2, 3)), "label", ("group",), "person", Seed(4, ("redteam",)))


@pytest.fixture(params=FAULTS, ids=lambda fault: fault.name)
def fault(request: pytest.FixtureRequest) -> Fault:
    return request.param


def named(name: str) -> Fault:
    return next(fault for fault in FAULTS if fault.name == name)


def copied(frame: pd.DataFrame, train: Table, names: list[str]) -> float:
    """Share of the rows whose values in these columns a train row has."""
    keys = [pd.util.hash_pandas_object(one[names], index=False) for one in (frame, train.frame)]
    return float(keys[0].isin(keys[1]).mean())


def test_a_fault_is_planted_alike_for_one_seed_and_leaves_its_scene_alone(fault, scene):
    before = [one.frame.copy() for one in (scene.train, scene.holdout, scene.clean)]
    first, second = fault.planted(scene), fault.planted(scene)
    pd.testing.assert_frame_equal(first, second)
    assert list(first.columns) == SCHEMA.names
    assert len(first) == ROWS
    assert not first.equals(scene.clean.frame)
    for one, was in zip((scene.train, scene.holdout, scene.clean), before, strict=True):
        pd.testing.assert_frame_equal(one.frame, was)


def test_a_fault_can_be_read_unless_it_ought_to_be_refused(fault, scene):
    if fault.expected == "refuse":
        with pytest.raises(SynthError):
            Table.conform(fault.planted(scene), SCHEMA)
    else:
        assert len(Table.conform(fault.planted(scene), SCHEMA)) == ROWS


def test_names_are_distinct_and_every_fault_says_who_ought_to_see_it():
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 36
    assert all(fault.gates for fault in FAULTS)


@pytest.mark.parametrize(
    "name", [fault.name for fault in FAULTS if fault.family == "copies" and "verbatim" in fault.name]
)
def test_verbatim_copies_have_their_share(name, scene):
    fault = named(name)
    natural = copied(scene.clean.frame, scene.train, SCHEMA.modelled)
    assert copied(fault.planted(scene), scene.train, SCHEMA.modelled) == pytest.approx(
        natural + fault.strength, abs=1e-3
    )


@pytest.mark.parametrize("columns", [2, 3, 5])
def test_partial_copies_differ_in_so_many_columns(columns, scene):
    made = named(f"copies with {columns} columns redrawn").planted(scene)
    changed = made[(made != scene.clean.frame).drop(columns=["first gap", "second gap"]).any(axis=1)]
    compared = [name for name in scene.compared if "gap" not in name]
    agreeing = max((scene.train.frame[compared] == row[compared]).sum(axis=1).max() for _, row in changed.iterrows())
    assert len(compared) - columns <= agreeing <= len(compared)


def test_a_shift_moves_by_so_many_deviations(scene):
    made = named("shifted by 0.5 deviations").planted(scene)
    moved = next(
        name for name in ("amount", "first gap", "second gap") if not made[name].equals(scene.clean.frame[name])
    )
    gap = (made[moved] - scene.clean.frame[moved]).mean() / scene.train.frame[moved].std()
    assert gap == pytest.approx(0.5, rel=0.01)


def test_tails_rare_levels_and_constants_are_gone(scene):
    tail = named("upper 1 % dropped").planted(scene)
    assert (tail["amount"] <= scene.train.frame["amount"].quantile(0.99)).all()
    assert "rare" not in set(named("rare category dropped").planted(scene)["word"])
    distinct = named("constant column").planted(scene).nunique()
    assert (distinct < 2).sum() >= 2  # what was said is constant already


def test_labels_and_groups_are_as_stated(scene):
    clean = scene.clean.frame
    swapped = named("labels swapped 5 %").planted(scene)
    assert swapped["label"].sum() == clean["label"].sum()
    biased = named("bias amplified in one group").planted(scene)
    assert biased["label"].sum() == clean["label"].sum()
    rates = [frame.groupby("group")["label"].mean() for frame in (clean, biased)]
    assert np.abs(rates[1] - rates[0]).max() > 0.05
    thinned = named("rarest label thinned to a half").planted(scene)
    assert thinned["label"].sum() < 0.7 * clean["label"].sum()


def test_moments_and_gaps_are_as_stated(scene):
    ended = named("end before start 2 %").planted(scene)
    assert (ended["end"] < ended["start"]).mean() == pytest.approx(0.02, abs=0.015)
    late = named("dates out of range 1 %").planted(scene)
    assert (late["start"] > scene.train.frame["start"].max()).mean() == pytest.approx(0.01, abs=0.01)
    gaps = named("nulls independent").planted(scene)
    both = (gaps["first gap"].isna() & gaps["second gap"].isna()).mean()
    assert both == pytest.approx(0.04, abs=0.02)


def test_a_fault_needs_its_column():
    small = Schema(columns=(Column(name="only", kind=Kind.DECIMAL),))
    tables = [Table.conform(pd.DataFrame({"only": np.arange(50.0) + place}), small) for place in range(3)]
    bare = Scene(*tables)
    lacking = {"one canary 20 times", "unseen category 1 %", "end before start 2 %", "keys reused 1 %"}
    for name in lacking - {"one canary 20 times"}:
        with pytest.raises(NotApplicable, match="no"):
            named(name).planted(bare)
    assert len(verbatim(bare, 0.5)) == 50


def test_the_bench_tells_what_each_gate_says():
    """900 rows on each side: copies of a twentieth are blocked, a wrong type is refused, and clean rows hold."""
    bench = Bench(table(5, 3_600), (900, 900, 900), 0, target="label", key="person", preset="quick")
    assert bench.see(named("verbatim copies 5 %")).gates == {"memorisation": "block"}
    assert bench.see(named("wrong type")).by("refuse")
    assert bench.see(named("holdout leaked into training 5 %")).gates["sealed"] == "block"
    assert bench.clean(("memorisation",)).gates["memorisation"] in ("pass", "warn")
