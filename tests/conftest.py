"""Tables that the tests share: two real ones that come with statsmodels, and one that holds every kind of column."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import Suites
from synth_pipeline.adapters.ingest import read_frame
from synth_pipeline.checks import CHECKS, Check, Evidence
from synth_pipeline.core.finding import Finding
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.defs.fair.survey import women
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.spec.columns import Column, Kind, Schema

ROOT = Path(__file__).resolve().parents[1]

EVERY_KIND = Schema(columns=(
    Column(name="person id", kind=Kind.IDENTIFIER),
    Column(name="amount, in €", kind=Kind.DECIMAL, grid=0.01, nullable=True),
    Column(name="measure", kind=Kind.DECIMAL),
    Column(name="count", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="select", kind=Kind.INTEGER, grid=1.0),
    Column(name='with "double" quotes', kind=Kind.BOOLEAN, nullable=True),
    Column(name="it's; DROP TABLE x", kind=Kind.BOOLEAN),
    Column(name="colour 🦊", kind=Kind.CATEGORY, nullable=True),
    Column(name="day", kind=Kind.DATETIME, grid=86400.0, nullable=True),
    Column(name="moment", kind=Kind.DATETIME, grid=1.0),
    Column(name="constant", kind=Kind.INTEGER, grid=1.0),
    Column(name="same word", kind=Kind.CATEGORY),
    Column(name="no number", kind=Kind.DECIMAL, nullable=True),
    Column(name="no word", kind=Kind.CATEGORY, nullable=True),
    Column(name="no truth", kind=Kind.BOOLEAN, nullable=True),
    Column(name="no day", kind=Kind.DATETIME, grid=86400.0, nullable=True),
))  # fmt: skip


@dataclass(frozen=True)
class Parts:
    """A random split of a real table: spare plays the synthetic table of a perfect generator."""

    train: Table
    holdout: Table
    spare: Table


def inferred(frame: pd.DataFrame, folder: Path) -> Table:
    """The frame under the schema that ingestion infers for it."""
    path = folder / "frame.parquet"
    frame.to_parquet(path, index=False)
    read, schema = read_frame(path)
    return Table.conform(read, schema)


def split_at_random(table: Table, rows: int | tuple[int, int, int], seed: int) -> Parts:
    """Train, holdout and spare of so many rows each."""
    sizes = (rows, rows, rows) if isinstance(rows, int) else rows
    order = np.random.default_rng(seed).permutation(len(table))
    places = np.split(order[: sum(sizes)], np.cumsum(sizes)[:-1])
    return Parts(*map(table.take, places))


def evidence_of(train: Table, holdout: Table, synthetic: Table, seed: int = 0, **roles: str) -> Evidence:
    return Evidence(Train(train), Holdout(holdout), synthetic, seed=Seed(seed, ("tests",)), **roles)


def every_kind_frame(rows: int, seed: int) -> pd.DataFrame:
    stream = np.random.default_rng(seed)

    def gaps(values: object, share: float = 0.1) -> pd.Series:
        return pd.Series(values).mask(stream.random(rows) < share)

    count = stream.poisson(2, rows)
    return pd.DataFrame({
        "person id": [f"person-{seed}-{place}" for place in range(rows)],
        "amount, in €": gaps(np.round(stream.lognormal(4, 1, rows), 2)),
        "measure": stream.normal(size=rows) + count,
        "count": gaps(count).astype("Int64"),
        "select": stream.integers(0, 5000, rows),
        'with "double" quotes': gaps(stream.random(rows) < 0.3).astype("boolean"),
        "it's; DROP TABLE x": stream.random(rows) < 0.6,
        "colour 🦊": gaps(stream.choice(["red", "green 🌲", "it's blue"], rows)),
        "day": gaps(pd.Timestamp("1965-03-01") + pd.to_timedelta(stream.integers(0, 9000, rows), "D")),
        "moment": pd.Timestamp("2021-01-01") + pd.to_timedelta(stream.integers(0, 10**8, rows), "s"),
        "constant": 7,
        "same word": "always",
        "no number": np.nan,
        "no word": pd.Series([None] * rows, dtype="str"),
        "no truth": pd.Series([pd.NA] * rows, dtype="boolean"),
        "no day": pd.Series([pd.NaT] * rows, dtype="datetime64[us]"),
    })  # fmt: skip


@pytest.fixture(scope="session", autouse=True)
def one_numeric_thread() -> Iterator[None]:
    """As in every step of the pipeline.  Only libraries that are loaded already can be pinned."""
    import sklearn.ensemble  # noqa: F401

    with pinned():
        yield


@pytest.fixture(scope="session")
def infer(tmp_path_factory: pytest.TempPathFactory) -> Callable[[pd.DataFrame], Table]:
    return lambda frame: inferred(frame, tmp_path_factory.mktemp("frame"))


@pytest.fixture(scope="session")
def fair_frame() -> pd.DataFrame:
    """6,366 rows, 1,178 of which repeat an earlier one."""
    return women()


@pytest.fixture(scope="session")
def fair(infer: Callable[[pd.DataFrame], Table], fair_frame: pd.DataFrame) -> Table:
    return infer(fair_frame)


@pytest.fixture(scope="session")
def randhie(infer: Callable[[pd.DataFrame], Table]) -> Table:
    """20,190 rows of ten numeric columns, many of them with few values."""
    from statsmodels.datasets import randhie as dataset

    return infer(dataset.load_pandas().data)


@pytest.fixture(scope="session")
def split() -> Callable[..., Parts]:
    return split_at_random


@pytest.fixture(scope="session")
def evidence() -> Callable[..., Evidence]:
    return evidence_of


@pytest.fixture(scope="session")
def every_kind() -> Callable[[int, int], Table]:
    """A table of so many rows with every kind of column, missing values wherever they may be, and odd names."""
    return lambda rows, seed: Table.conform(every_kind_frame(rows, seed), EVERY_KIND)


@pytest.fixture(scope="session")
def measured() -> Callable[[str, Evidence], dict[tuple[str, str], Finding]]:
    """The findings of one check, by subject and metric."""

    def findings(check: str, evidence: Evidence) -> dict[tuple[str, str], Finding]:
        return {(one.subject, one.metric): one for one in named(check).measure(evidence)}

    return findings


def named(check: str) -> Check:
    return next(one for one in CHECKS if one.name == check)


@pytest.fixture(scope="session")
def shipped() -> Suites:
    return Suites(ROOT / "expectations")


@pytest.fixture
def serve_mock() -> Iterator[Callable[..., Running]]:
    """Starts an endpoint that costs nothing, with the fields of its plan; the tests may have several."""
    with ExitStack() as stack:
        yield lambda **plan: stack.enter_context(running(plan_of(plan)))


@pytest.fixture
def mock_server(serve_mock: Callable[..., Running]) -> Running:
    """One that answers everybody at once and well: ``base_url`` and ``stats()``."""
    return serve_mock()
