"""What every generator promises, on tables of 30 to 12,000 rows.

``imported`` brings in rows that ``marginals`` made.  ``autoregressive`` is tested by ``pytest -m engine``, where
SYNTH_AUTOREGRESSIVE_PYTHON names an interpreter that has mostlyai-engine, which takes minutes.
"""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from scipy.stats import ks_2samp
from threadpoolctl import threadpool_limits

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import Imported, Marginals
from synth_pipeline.generators.imported import ImportedSampler
from synth_pipeline.generators.protocol import Generator
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import fit, sample
from tests.every_generator import KINDS, small

ROWS = 600
# whose samplers hold no number of a training row at all: the networks keep smoothed ones
WITHOUT_NUMBERS = {"autoregressive", "diffusion", "gan", "imported", "rules"}


class ImportedFromMarginals(Imported):
    """Imports what the baseline made of the same rows."""

    def fit(self, train: Train, seed: Seed) -> ImportedSampler:
        if not train.table.schema.of(Kind.TEXT):
            made = Marginals().fit(train, Seed(5)).sample(max(2 * ROWS, len(train.table)), Seed(6))
            made.frame.to_parquet(self.path, index=False)
        return super().fit(train, seed)


@pytest.fixture(params=KINDS)
def generator(request: pytest.FixtureRequest, tmp_path: Path) -> Generator:
    if request.param == "imported":
        return ImportedFromMarginals(path=str(tmp_path / "made.parquet"))
    return small(request.param, tmp_path)


@pytest.fixture(scope="module")
def train(every_kind) -> Table:
    return every_kind(ROWS, 1)


def drawn(generator: Generator, table: Table, rows: int, seed: int = 2) -> Table:
    return generator.fit(Train(table), Seed(1)).sample(rows, Seed(seed))


def of_decimals(rows: int, columns: int, seed: int) -> Table:
    """Numbers none of which occurs twice."""
    numbers = np.random.default_rng(seed).normal(size=(rows, columns))
    names = [f"c{place}" for place in range(columns)]
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in names))
    return Table.conform(pd.DataFrame(numbers, columns=names), schema)


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(generator, train):
    first, again, other = (of_frame(drawn(generator, train, ROWS, seed).frame) for seed in (2, 2, 3))
    assert first == again != other


def test_the_rows_do_not_depend_on_the_number_of_threads(generator, train):
    spec = DatasetSpec(name="threads", source={"kind": "file", "path": "a.csv"}, generator=generator)
    hashes = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            hashes.append(of_frame(sample(spec, fit(spec, Train(train)), ROWS).frame))
    assert hashes[0] == hashes[1]


def test_the_schema_of_the_training_table_is_kept(generator, train):
    made = drawn(generator, train, ROWS)
    assert made.schema == train.schema
    assert list(made.frame.columns) == train.schema.names
    assert len(made) == ROWS
    assert made.ids is None
    for column in train.schema.columns:
        values = made.frame[column.name]
        assert values.dtype == Table.conform(made.frame, train.schema).frame[column.name].dtype, column.name
        assert type(values.dtype) is type(train.frame[column.name].dtype), column.name
        assert column.nullable or not values.isna().any(), column.name


def test_numbers_lie_on_the_grid_and_inside_the_range_of_the_training_table(generator, train):
    made = drawn(generator, train, ROWS)
    for column in train.schema.columns:
        if not column.kind.is_numeric or column.name.startswith("no "):
            continue
        known, real = (side[~np.isnan(side)] for side in (made.numbers(column.name), train.numbers(column.name)))
        assert real.min() <= known.min() <= known.max() <= real.max(), column.name
        if column.grid:
            assert np.allclose(known, np.round(known / column.grid) * column.grid, rtol=0, atol=1e-6), column.name


@pytest.mark.parametrize("places", [4, 5, 6])
def test_decimals_lie_on_a_fine_grid(generator, places):
    grid = float(f"1e-{places}")
    numbers = np.round(np.random.default_rng(1).random((ROWS, 2)), places)
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL, grid=grid) for name in "ab"))
    made = drawn(generator, Table.conform(pd.DataFrame(numbers, columns=list("ab")), schema), ROWS)
    for name in "ab":
        ratio = made.numbers(name) / grid
        assert np.abs(ratio - np.round(ratio)).max() < 1e-4


@pytest.mark.parametrize("factor", [1e-9, 1e-5, 1e-3, 1.0, 1e6, 1e12])
def test_numbers_of_any_size_keep_their_distribution(generator, factor):
    """1,000 rows of a skewed and a symmetric number; the distance is .09 by chance once in a thousand times."""
    stream = np.random.default_rng(12)
    frame = pd.DataFrame({"a": factor * stream.lognormal(size=1_000), "b": factor * stream.normal(size=1_000)})
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in "ab"))
    made = drawn(generator, Table.conform(frame, schema), 1_000)
    for name in "ab":
        assert ks_2samp(made.frame[name], frame[name]).statistic < 0.1


def test_levels_come_from_the_training_table(generator, train):
    made = drawn(generator, train, ROWS)
    for name in train.schema.of(Kind.CATEGORY, Kind.BOOLEAN):
        assert set(made.frame[name].dropna()) <= set(train.frame[name].dropna()), name


def test_missing_values_are_as_frequent_as_in_the_training_table(generator, train):
    made = drawn(generator, train, ROWS)
    shares = made.frame.isna().mean() - train.frame.isna().mean()
    assert shares.abs().max() < 0.06  # four standard errors of a tenth among 600
    for name in ("no number", "no word", "no truth", "no day"):
        assert made.frame[name].isna().all(), name


def test_a_constant_column_stays_constant(generator, train):
    made = drawn(generator, train, ROWS)
    assert set(made.frame["constant"]) == {7}
    assert set(made.frame["same word"]) == {"always"}


def test_identifiers_are_made_up_and_unique(generator, train):
    names = drawn(generator, train, ROWS).frame["person id"]
    assert names.is_unique
    assert not set(names) & set(train.frame["person id"])
    assert names.str.startswith("synthetic-").all()


def test_ten_thousand_categories_can_be_drawn(generator):
    stream = np.random.default_rng(4)
    rows = 12_000
    codes = np.r_[np.arange(10_000), stream.integers(0, 10_000, rows - 10_000)]
    frame = pd.DataFrame({
        "number": stream.normal(size=rows), "level": [f"level {code}" for code in codes], "flag": codes % 2 == 0,
    })  # fmt: skip
    schema = Schema(columns=(
        Column(name="number", kind=Kind.DECIMAL), Column(name="level", kind=Kind.CATEGORY),
        Column(name="flag", kind=Kind.BOOLEAN),
    ))  # fmt: skip
    made = drawn(generator, Table.conform(frame, schema), rows)
    assert made.frame["level"].nunique() > 3_000
    assert set(made.frame["level"]) <= set(frame["level"])


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_and_none_can_be_drawn(generator, train, rows):
    made = drawn(generator, train, rows)
    assert len(made) == rows
    assert list(made.frame.columns) == train.schema.names
    assert made.schema == train.schema


@pytest.mark.parametrize("rows", [2, 5, 30])
def test_few_training_rows_suffice(generator, every_kind, rows):
    made = drawn(generator, every_kind(rows, 6), 40)
    assert len(made) == 40


def test_more_rows_can_be_drawn_than_were_seen(generator, every_kind):
    assert len(drawn(generator, every_kind(100, 7), 1_000)) == 1_000


def test_sixty_four_columns_can_be_imitated(generator):
    made = drawn(generator, of_decimals(300, 64, 8), 300)
    assert made.frame.shape == (300, 64)
    assert np.isfinite(made.frame.to_numpy()).all()


def test_a_table_of_identifiers_alone_gives_surrogates(generator):
    schema = Schema(columns=(Column(name="id", kind=Kind.IDENTIFIER),))
    made = drawn(generator, Table.conform(pd.DataFrame({"id": list("abcdef")}), schema), 4)
    assert made.frame["id"].tolist() == [f"synthetic-{number}" for number in range(1, 5)]


def test_free_text_is_refused_with_the_columns_named(generator):
    schema = Schema(columns=(Column(name="remark", kind=Kind.TEXT), Column(name="n", kind=Kind.INTEGER)))
    table = Table.conform(pd.DataFrame({"remark": ["a secret of hers"] * 60, "n": range(60)}), schema)
    with pytest.raises(SynthError, match="remark") as refusal:
        generator.fit(Train(table), Seed(1))
    assert "secret" not in str(refusal.value)


def test_a_sampler_survives_pickling_with_its_rows(generator, train):
    sampler = generator.fit(Train(train), Seed(1))
    again = pickle.loads(pickle.dumps(sampler))
    assert of_frame(again.sample(ROWS, Seed(2)).frame) == of_frame(sampler.sample(ROWS, Seed(2)).frame)


def test_drawing_leaves_a_sampler_as_it_was(generator, train):
    sampler = generator.fit(Train(train), Seed(1))
    before = pickle.dumps(sampler)
    sampler.sample(ROWS, Seed(2))
    assert pickle.dumps(sampler) == before


def test_fitting_and_drawing_leave_the_training_table_as_it_was(generator, every_kind):
    table = every_kind(200, 9)
    before = of_frame(table.frame)
    drawn(generator, table, 100)
    assert of_frame(table.frame) == before


def test_a_generator_is_frozen_and_refuses_unknown_parameters(generator):
    with pytest.raises(ValidationError):
        generator.kind = "other"
    for name in type(generator).model_fields:
        with pytest.raises(ValidationError):
            setattr(generator, name, 3)
    with pytest.raises(ValidationError, match="colour"):
        type(generator)(colour="blue")


def test_no_array_of_a_sampler_is_in_the_order_of_the_training_rows(generator):
    """Two arrays that hold values of two columns agree on a row only where chance has it.

    In 400 rows without equal numbers, the row behind a number is known.  A random order agrees with another at
    one place on average (and at a few where both are ordered by leaves); a whole training row anywhere in the
    sampler needs arrays that agree.
    """
    rows, columns = 400, 4
    table = of_decimals(rows, columns, 10)
    sampler = pickle.loads(pickle.dumps(generator.fit(Train(table), Seed(1))))
    traced = list(_rows_behind(sampler, table))
    if generator.kind in WITHOUT_NUMBERS:
        assert not traced
    else:  # the numbers themselves are in there, so that the test has something to look at
        assert len(traced) >= columns
    worst = 0
    for place, (column, first) in enumerate(traced):
        for other, second in traced[:place]:
            if column != other and len(first) == len(second):
                worst = max(worst, int(((first == second) & (first >= 0)).sum()))
    assert worst <= 20


def test_what_a_sampler_knows_of_a_level_that_one_record_has_does_not_tell_that_record(generator):
    """Each of 400 records has a level of its own and three numbers.

    An array with one entry per level must not follow the numbers of the records behind the levels: all such
    arrays together would be the training table.
    """
    rows = 400
    numbers = of_decimals(rows, 3, 11)
    levels = [f"level {place:04d}" for place in range(rows)]
    schema = Schema(columns=(Column(name="level", kind=Kind.CATEGORY), *numbers.schema.columns))
    table = Table.conform(numbers.frame.assign(level=levels)[schema.names], schema)
    sampler = generator.fit(Train(table), Seed(1))
    by_level = np.argsort(levels)
    closest = [
        abs(np.corrcoef(array, np.argsort(np.argsort(table.numbers(name)))[by_level])[0, 1])
        for array in _arrays(sampler)
        if len(array) == rows and array.dtype.kind == "f" and array.std() > 0
        for name in numbers.schema.names
    ]
    assert max(closest, default=0) < 0.5


def _rows_behind(sampler: Any, table: Table) -> Iterator[tuple[str, np.ndarray]]:
    """Arrays that hold numbers of one column, as the training rows that these come from, -1 for other numbers."""
    numbers = {name: table.numbers(name) for name in table.schema.names}
    orders = {name: np.argsort(values) for name, values in numbers.items()}
    for array in _arrays(sampler):
        if array.dtype.kind != "f" or len(array) < 50:
            continue
        for name, values in numbers.items():
            ordered = values[orders[name]]
            places = np.clip(np.searchsorted(ordered, array), 0, len(ordered) - 1)
            rows = np.where(ordered[places] == array, orders[name][places], -1)
            if (rows >= 0).mean() > 0.2:
                yield name, rows


def _arrays(thing: Any, seen: dict[int, Any] | None = None) -> Iterator[np.ndarray]:
    """Every array inside an object, fields, rows and columns on their own; ``seen`` keeps what it names alive."""
    seen = {} if seen is None else seen
    if id(thing) in seen or isinstance(thing, str | bytes | int | float | type):
        return
    seen[id(thing)] = thing
    if isinstance(thing, np.ndarray) and thing.ndim == 1 and not thing.dtype.names:
        yield thing
        return
    for part in _parts(thing):
        yield from _arrays(part, seen)


def _parts(thing: Any) -> list[Any]:
    if isinstance(thing, np.ndarray):
        if thing.dtype.names:
            return [thing[name] for name in thing.dtype.names]
        flat = thing.reshape(len(thing), -1) if thing.size and thing.ndim > 1 else thing.reshape(-1, 1)
        return [*flat.T, *flat]
    if isinstance(thing, pd.DataFrame | pd.Series):
        return [thing.to_numpy()]
    if isinstance(thing, dict):
        return list(thing.values())
    if isinstance(thing, list | tuple | set):
        return list(thing)
    names = {*getattr(thing, "__dict__", {}), *getattr(thing, "__slots__", ())}
    state = [thing.__getstate__()] if hasattr(thing, "__getstate__") else []
    return [getattr(thing, name) for name in names] + state
