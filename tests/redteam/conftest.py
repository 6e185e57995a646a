"""Clean scenes to plant faults in: a made-up clinic with whatever a fault wants, all kinds, Fair's survey."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.redteam import Fault, NotApplicable, Scene
from synth_pipeline.spec.columns import Column, Kind, Schema

CLINIC = Schema(columns=(
    Column(name="person", kind=Kind.IDENTIFIER),
    Column(name="age", kind=Kind.INTEGER, grid=1.0),
    Column(name="income", kind=Kind.DECIMAL, grid=0.01),
    Column(name="measure", kind=Kind.DECIMAL),
    Column(name="visits", kind=Kind.INTEGER, grid=1.0),
    Column(name="dose", kind=Kind.DECIMAL, grid=0.1, nullable=True),
    Column(name="weeks", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="group", kind=Kind.CATEGORY),
    Column(name="region", kind=Kind.CATEGORY, nullable=True),
    Column(name="ill", kind=Kind.BOOLEAN, nullable=True),
    Column(name="in", kind=Kind.DATETIME, grid=86400.0),
    Column(name="out", kind=Kind.DATETIME, grid=86400.0, nullable=True),
    Column(name="note", kind=Kind.TEXT),
))  # fmt: skip
SIZES = (400, 300, 400)  # train, holdout, clean


def clinic_frame(rows: int, seed: int) -> pd.DataFrame:
    """Gaps of dose and weeks go together, income with age and illness, out comes after in; each note is its own."""
    stream = np.random.default_rng(seed)
    age, untreated = stream.integers(18, 90, rows), stream.random(rows) < 0.2
    ill = pd.Series(stream.random(rows) < 0.15 + age / 300).astype("boolean").mask(stream.random(rows) < 0.03)
    came = pd.Timestamp("2019-01-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D")
    gone = pd.Series(came + pd.to_timedelta(stream.integers(1, 60, rows), "D"))
    number = [f"seed {seed} row {place}" for place in range(rows)]
    return pd.DataFrame({
        "person": [f"person-{one}" for one in number],
        "age": age,
        "income": np.round(stream.lognormal(9, 0.4, rows) + 40 * age, 2),
        "measure": stream.normal(size=rows) + age / 20,
        "visits": stream.poisson(2, rows),
        "dose": pd.Series(np.round(stream.gamma(3, 2, rows), 1)).mask(untreated),
        "weeks": pd.Series(stream.integers(1, 30, rows)).astype("Int64").mask(untreated),
        "group": stream.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
        "region": pd.Series(stream.choice(["north", "south", "isle"], rows, p=[0.6, 0.37, 0.03])).where(
            stream.random(rows) < 0.95),
        "ill": ill,
        "in": came,
        "out": gone.mask(stream.random(rows) < 0.05),
        "note": [f"the patient with number {one} was seen" + f", write to p{place}@clinic.example" * (place % 10 == 0)
                 for place, one in enumerate(stream.permutation(10**6)[:rows])],
    })  # fmt: skip


@pytest.fixture(scope="session")
def clinic_table() -> Callable[[int, int], Table]:
    """So many rows of the clinic."""
    return lambda rows, seed: Table.conform(clinic_frame(rows, seed), CLINIC)


@pytest.fixture(scope="session")
def clinic(clinic_table) -> Callable[[int], Scene]:
    """A scene with every role, under this seed."""
    train, holdout, clean = (clinic_table(rows, seed) for seed, rows in enumerate(SIZES, start=1))
    return lambda seed: Scene(train, holdout, clean, "ill", ("group",), "person", Seed(seed, ("redteam",)))


@pytest.fixture(scope="session")
def scenes(clinic, every_kind, fair, split) -> dict[str, Callable[[int], Scene]]:
    """The three scenes by name; each takes a seed."""
    kinds = [every_kind(rows, seed) for seed, rows in enumerate(SIZES, start=1)]
    parts = split(fair, 500, 1)
    return {
        "clinic": clinic,
        "every kind": lambda seed: Scene(*kinds, seed=Seed(seed, ("redteam",))),
        "fair": lambda seed: Scene(*vars(parts).values(), "had_affair", seed=Seed(seed, ("redteam",))),
    }


@pytest.fixture(scope="session")
def planted(scenes) -> Callable[[str, Fault, int], pd.DataFrame | NotApplicable]:
    """The faulty table, made once for each scene, fault and seed; or why there is none."""
    known: dict[tuple[str, str, int], pd.DataFrame | NotApplicable] = {}

    def plant(scene: str, fault: Fault, seed: int = 0) -> pd.DataFrame | NotApplicable:
        key = (scene, fault.name, seed)
        if key not in known:
            try:
                known[key] = fault.planted(scenes[scene](seed))
            except NotApplicable as reason:
                known[key] = reason
        return known[key]

    return plant
