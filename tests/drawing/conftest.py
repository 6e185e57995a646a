"""Tables that keep every kind of constraint, and rules about them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.drawing import Drawer, fit_drawer
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.constraints import Constraint
from tests.every_generator import small

SCHEMA = Schema(columns=(
    Column(name="id", kind=Kind.IDENTIFIER),
    Column(name="net", kind=Kind.DECIMAL, grid=0.01, nullable=True),
    Column(name="tax", kind=Kind.DECIMAL, grid=0.01),
    Column(name="gross", kind=Kind.DECIMAL, grid=0.01, nullable=True),
    Column(name="adults", kind=Kind.INTEGER, grid=1.0),
    Column(name="children", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="people", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="ordered", kind=Kind.DATETIME, grid=86400.0),
    Column(name="shipped", kind=Kind.DATETIME, grid=86400.0, nullable=True),
    Column(name="city", kind=Kind.CATEGORY),
    Column(name="country", kind=Kind.CATEGORY),
    Column(name="currency", kind=Kind.CATEGORY, nullable=True),
    Column(name="price", kind=Kind.DECIMAL, grid=0.05),
    Column(name="band", kind=Kind.CATEGORY),
    Column(name="paid", kind=Kind.BOOLEAN),
))  # fmt: skip

RULES: list[dict[str, Any]] = [
    {"kind": "sum", "total": "gross", "parts": ["net", "tax"]},
    {"kind": "sum", "total": "people", "parts": ["adults", "children"]},
    {"kind": "order", "columns": ["ordered", "shipped"]},
    {"kind": "order", "columns": ["tax", "gross"]},
    {"kind": "determines", "columns": ["city"], "of": "country"},
    {"kind": "determines", "columns": ["price"], "of": "band"},
    {"kind": "combinations", "columns": ["country", "currency"]},
    {"kind": "combinations", "columns": ["city", "currency"]},
    {"kind": "unique", "columns": ["net", "ordered"]},
    {"kind": "unique", "columns": ["id"]},
    {"kind": "range", "column": "people", "min": 1, "max": 14},
    {"kind": "range", "column": "price", "min": 0},
    {"kind": "grid", "column": "price", "step": 0.05},
    {"kind": "grid", "column": "ordered", "step": 86400},
    {"kind": "pattern", "column": "city", "regex": r"city \d+"},
    {"kind": "not_null", "columns": ["ordered", "tax"]},
]


def orders(rows: int, seed: int) -> Table:
    """Rows that keep all of ``RULES``, with gaps; one in thirty is paid."""
    stream = np.random.default_rng(seed)
    net, ordered = np.round(stream.lognormal(3, 1, rows), 2), stream.permutation(rows)
    tax = np.round(net * stream.choice([0.07, 0.19], rows), 2)
    adults, children = stream.integers(1, 4, rows), stream.poisson(1, rows).clip(0, 9)
    city = stream.integers(0, 12, rows)
    price = np.round(stream.integers(0, 400, rows) * 0.05, 2)
    day = pd.Timestamp("2021-01-01") + pd.to_timedelta(ordered, "D")
    few = stream.random(rows) < 0.1
    frame = pd.DataFrame({
        "id": [f"order-{seed}-{place}" for place in range(rows)],
        "net": pd.Series(net).mask(few), "tax": tax, "gross": pd.Series(np.round(net + tax, 2)).mask(few),
        "adults": adults, "children": pd.Series(children).mask(few),
        "people": pd.Series(adults + children).mask(stream.random(rows) < 0.1),
        "ordered": day, "shipped": pd.Series(day + pd.to_timedelta(stream.integers(0, 9, rows), "D")).mask(few),
        "city": [f"city {code}" for code in city], "country": [f"country {code % 4}" for code in city],
        "currency": pd.Series([f"currency {code % 4 // 2}" for code in city]).mask(city % 4 == 0),
        "price": price, "band": np.where(price < 8, "cheap", "dear"), "paid": stream.random(rows) < 1 / 30,
    })  # fmt: skip
    return Table.conform(frame, SCHEMA)


def read_rules(rules: Sequence[dict[str, Any]]) -> list[Constraint]:
    return TypeAdapter(list[Constraint]).validate_python(list(rules))


@pytest.fixture(scope="session")
def rules() -> list[Constraint]:
    return read_rules(RULES)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory) -> Callable[..., Drawer]:
    """A drawer of a table under some rules, by default of independent columns, which break them the most."""
    folder = tmp_path_factory.mktemp("imported")
    others = orders(60_000, 9).frame

    def fit(table: Table, constraints: Sequence[Any] = (), kind: str = "marginals") -> Drawer:
        generator = small(kind, folder, others)
        given = read_rules(constraints) if constraints and isinstance(constraints[0], dict) else constraints
        return fit_drawer(generator, Train(table), given, Seed(1))

    return fit


@pytest.fixture(scope="session")
def shop() -> Table:
    return orders(500, 1)
