"""Unseen and lost levels, values beyond all real ones, tails, calendars and orders: 4,000 rows on each side."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import Evidence
from synth_pipeline.core.finding import Finding
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 4_000
SCHEMA = Schema(columns=(
    Column(name="amount", kind=Kind.DECIMAL, nullable=True), Column(name="tax", kind=Kind.DECIMAL, nullable=True),
    Column(name="shop", kind=Kind.CATEGORY), Column(name="colour", kind=Kind.CATEGORY, nullable=True),
    Column(name="start", kind=Kind.DATETIME, nullable=True), Column(name="end", kind=Kind.DATETIME, nullable=True),
))  # fmt: skip


def orders(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Orders on working days, delivered later; tax is part of the amount; 1 % are mauve, 2 % of shops alone."""
    stream = np.random.default_rng(seed)
    amount = stream.lognormal(3, 1, rows)
    days = np.busday_offset("2023-01-02", stream.integers(0, 500, rows), roll="forward")
    start = pd.Series(days).astype("datetime64[us]") + pd.to_timedelta(stream.integers(8, 18, rows), "h")
    shop = stream.choice(["here", "there"], rows).astype(object)
    shop[stream.permutation(rows)[: rows // 50]] = [f"shop {seed} {place}" for place in range(rows // 50)]
    return pd.DataFrame({
        "amount": amount, "tax": amount * stream.uniform(0.1, 0.9, rows), "shop": shop,
        "colour": np.where(stream.random(rows) < 0.01, "mauve", stream.choice(["red", "green"], rows)),
        "start": start,
        "end": (start + pd.to_timedelta(stream.integers(1, 10**6, rows), "s")).mask(stream.random(rows) < 0.1),
    })  # fmt: skip


@pytest.fixture
def seen(measured, evidence, verdicts) -> Callable[..., dict[tuple[str, str], tuple[Finding, str]]]:
    """Findings of a check with their verdicts, when this is done to a third sample of the orders."""

    def look(check: str, change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame, seed: int = 7):
        frames = [orders(seed), orders(seed + 1), change(orders(seed + 2))]
        compared: Evidence = evidence(*(Table.conform(frame, SCHEMA) for frame in frames))
        found = measured(check, compared)
        said = verdicts("fidelity", found)
        return {key: (finding, said[key]) for key, finding in found.items()}

    return look


def changed(frame: pd.DataFrame, share: float, name: str, value: object) -> pd.DataFrame:
    """The first rows hold this value."""
    out = frame.copy()
    out.loc[: round(share * len(frame)) - 1, name] = value
    return out


@pytest.mark.parametrize("check", ["levels", "extremes", "moments"])
@pytest.mark.parametrize("seed", [7, 17, 27])
def test_another_sample_of_the_same_passes(seen, check, seed):
    found = seen(check, seed=seed)
    assert found
    assert {verdict for _, verdict in found.values()} == {"pass"}


def test_a_level_that_no_real_row_has_is_counted_and_blocks_at_one_percent(seen):
    found, verdict = seen("levels", lambda frame: changed(frame, 0.01, "colour", "never seen"))["colour", "unseen"]
    assert (found.value, found.baseline, verdict) == (0.01, 0, "block")
    assert seen("levels", lambda frame: changed(frame, 0.004, "colour", "never seen"))["colour", "unseen"][1] == "warn"


def test_new_levels_are_held_against_a_column_only_beyond_those_to_be_expected(seen):
    """80 of 4,000 rows have a shop of their own, on every side."""
    clean, verdict = seen("levels")["shop", "new levels"]
    assert (clean.value, clean.baseline, verdict) == (0.02, 0.02, "pass")
    stream = np.random.default_rng(0)
    made_up = [f"new {number}" for number in stream.integers(0, 300, ROWS // 10)]
    found, verdict = seen("levels", lambda frame: changed(frame, 0.1, "shop", made_up))["shop", "new levels"]
    assert found.value == pytest.approx(0.118, abs=0.003)
    assert verdict == "block"


def test_a_rare_level_that_never_comes_is_lost(seen):
    found, verdict = seen("levels", lambda frame: frame.replace({"colour": {"mauve": "red"}}))["colour", "lost levels"]
    assert (found.value, verdict) == (1, "block")
    assert found.n == 3  # levels that are common enough
    assert "mauve" not in found.note


def test_a_level_of_one_person_is_no_loss_and_no_surprise(measured, evidence):
    """300 rows of each side are of one person, who alone writes to be at home."""
    schema = Schema(columns=(Column(name="person", kind=Kind.IDENTIFIER), *SCHEMA.columns))

    def table(seed: int, person: str) -> Table:
        frame = orders(seed).assign(person=[f"{seed} {place}" for place in range(ROWS)])
        frame.loc[:299, ["person", "shop"]] = person, f"home of {person}"
        return Table.conform(frame, schema)

    tables = [table(seed, person) for seed, person in ((1, "x"), (2, "y"), (3, "z"))]
    alone, by_person = (measured("levels", evidence(*tables, **roles)) for roles in ({}, {"entity": "person"}))
    assert alone["shop", "lost levels"].value == 2
    assert by_person["shop", "lost levels"].value == 0
    assert by_person["shop", "new levels"].baseline > 300 / ROWS > alone["shop", "new levels"].baseline


def test_values_beyond_all_real_ones_block_at_one_percent(seen):
    clean = seen("extremes")["amount", "beyond"][0]
    assert clean.value < 0.001
    assert clean.baseline == pytest.approx(2 / (2 * ROWS + 1))
    for value in (-1.0, 1e9, np.inf):
        found, verdict = seen("extremes", lambda frame, value=value: changed(frame, 0.01, "amount", value))[
            "amount", "beyond"
        ]
        assert 0.01 <= found.value < 0.011
        assert verdict == "block"


def test_moments_beyond_all_real_ones_block(seen):
    later = pd.Timestamp("2031-01-01")
    assert seen("extremes", lambda frame: changed(frame, 0.01, "start", later))["start", "beyond"][1] == "block"


def test_a_tail_that_is_cut_off_warns(seen):
    def cut(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(amount=frame["amount"].clip(upper=frame["amount"].quantile(0.96)))

    found, verdict = seen("extremes", cut)["amount", "tails"]
    assert found.value == pytest.approx(0.02, abs=0.005)
    assert verdict == "warn"
    assert seen("extremes", cut)["tax", "tails"][1] == "pass"


def test_ends_before_starts_block_at_two_percent_and_what_is_missing_keeps_the_order(seen):
    def swapped(frame: pd.DataFrame) -> pd.DataFrame:
        out = frame.copy()
        wrong = frame.dropna(subset=["end"]).index[: round(0.02 * len(frame))]
        out.loc[wrong, ["start", "end"]] = frame.loc[wrong, ["end", "start"]].to_numpy("datetime64[us]")
        return out

    assert seen("moments")["start ≤ end", "order"][0].value == 0
    found, verdict = seen("moments", swapped)["start ≤ end", "order"]
    assert (found.value, verdict) == (0.02, "block")
    alone = seen("moments", lambda frame: frame.assign(end=pd.NaT))["start ≤ end", "order"]
    assert alone[0].value == 0


def test_a_part_that_is_larger_than_the_whole_breaks_the_order(seen):
    found, verdict = seen("moments", lambda frame: changed(frame, 0.03, "tax", 1e4))["tax ≤ amount", "order"]
    assert found.value == pytest.approx(0.03, abs=0.001)
    assert verdict == "block"
    # Nobody expects an order where none is.
    assert ("amount ≤ tax", "order") not in seen("moments")


def test_orders_at_the_weekend_are_seen_and_only_there(seen):
    found = seen("moments", lambda frame: frame.assign(start=frame["start"] + pd.to_timedelta(
        np.where(np.arange(ROWS) % 4 == 0, (5 - frame["start"].dt.dayofweek), 0), "D")))  # fmt: skip
    assert found["start", "weekday"][1] == "block"
    assert found["start", "weekday"][0].value == pytest.approx(0.25, abs=0.05)
    assert found["start", "month"][1] == "pass"
    assert found["start", "hour"][1] == "pass"


def test_hours_and_months_are_told_in_utc(seen):
    at_night = seen("moments", lambda frame: frame.assign(start=frame["start"].dt.normalize()))
    assert at_night["start", "hour"][0].value == pytest.approx(1, abs=0.01)
    in_june = seen(
        "moments", lambda frame: frame.assign(start=frame["start"].apply(lambda one: one.replace(month=6, day=5)))
    )
    assert in_june["start", "month"][1] == "block"
