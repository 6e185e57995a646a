"""Shards, the files that they are written to, and drawers that are kept for later."""

import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from synth_pipeline.core.constraints import violations
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame, of_frames
from synth_pipeline.core.parquet import frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.drawing import drawer as drawing
from synth_pipeline.drawing import dumps, loads, saved, write
from synth_pipeline.spec.conditions import Conditions
from tests.conftest import ROOT
from tests.drawing.conftest import RULES, read_rules
from tests.every_generator import KINDS

SEED = Seed(4)
PER_ROW = [rule for rule in RULES if rule["kind"] != "unique"]
WHERE = Conditions.model_validate(
    {"balance": [{"columns": ["paid"]}], "at_least": [{"rows": 30, "fixed": {"city": "city 1"}}]}
)


@pytest.fixture
def small_shards(monkeypatch):
    monkeypatch.setattr(drawing, "SHARD", 100)


@pytest.mark.parametrize("where", [None, WHERE])
@pytest.mark.parametrize("kind", KINDS)
def test_one_worker_and_more_draw_the_same_rows_in_the_same_order(fitted, shop, kind, where, small_shards):
    drawer = fitted(shop, PER_ROW, kind)
    hashes = {of_frame(drawer.sample(450, SEED, where, workers).frame) for workers in (1, 2, 3)}
    assert len(hashes) == 1
    assert of_frame(drawer.sample(450, Seed(5), where).frame) not in hashes


def test_shards_are_the_table_in_order_and_do_not_repeat_each_other(fitted, shop, small_shards):
    drawer = fitted(shop, PER_ROW)
    shards = [shard.table.frame for shard in drawer.shards(250, SEED)]
    assert [len(shard) for shard in shards] == [100, 100, 50]
    assert of_frames(shards) == of_frame(drawer.sample(250, SEED).frame)
    assert not shards[0]["net"].reset_index(drop=True).equals(shards[1]["net"].reset_index(drop=True))


def test_identifiers_are_numbered_through(fitted, shop, small_shards):
    names = fitted(shop).sample(250, SEED).frame["id"]
    assert names.tolist() == [f"synthetic-{number}" for number in range(1, 251)]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_unique_is_so_across_shards(fitted, shop, small_shards, workers):
    """220 of some 400 prices, so that shards would surely share some."""
    rule = {"kind": "unique", "columns": ["price", "band"]}
    table = shop.take(~shop.frame["price"].duplicated().to_numpy())
    prices = len(table)
    drawer = fitted(table, [rule])
    made = drawer.sample(prices // 2, SEED, workers=workers)
    assert not violations(read_rules([rule])[0], made).any()
    assert of_frame(made.frame) == of_frame(drawer.sample(prices // 2, SEED).frame)


@pytest.mark.parametrize("rows", [0, 1])
def test_no_row_and_one(fitted, shop, rules, rows):
    made = fitted(shop, rules).sample(rows, SEED)
    assert (len(made), list(made.frame.columns)) == (rows, shop.schema.names)
    assert made.frame["net"].dtype == shop.frame["net"].dtype


def test_no_more_shards_are_in_the_making_than_workers_ask_for(fitted, shop, small_shards):
    """Whoever takes the shards slowly does not find them all in memory."""
    drawer = fitted(shop)
    begun: list[str] = []
    lock = threading.Lock()
    inner = drawer.sampler

    class Watched:
        def sample(self, rows, seed):
            with lock:
                begun.append(seed.path[-3])
            return inner.sample(rows, seed)

    watched = drawing.Drawer(Watched(), drawer.rules, drawer.known, drawer.name, drawer.version, 1.0)
    shards = watched.shards(2_000, SEED, workers=2)
    next(shards)
    time.sleep(0.3)
    assert len(begun) <= 4
    assert len(list(shards)) == 19
    assert len(begun) == 20


def test_a_file_holds_what_would_be_drawn_with_the_types_of_the_schema(fitted, shop, rules, small_shards, tmp_path):
    drawer, seen = fitted(shop, rules), []
    write(drawer, 250, tmp_path / "a.parquet", SEED, workers=2, progress=seen.append, metadata={"batch": "7"})
    read = pq.ParquetFile(tmp_path / "a.parquet")
    assert of_frame(frame(tmp_path / "a.parquet")) == of_frame(drawer.sample(250, SEED).frame)
    assert read.metadata.num_row_groups == 3
    assert seen == [100, 200, 250]
    assert {read.metadata.metadata[b"synthetic"], read.metadata.metadata[b"batch"]} == {b"true", b"7"}
    assert {str(field.type) for field in read.schema_arrow} == {
        "large_string", "double", "int64", "timestamp[us]", "bool",
    }  # fmt: skip


def test_a_file_of_no_rows_has_all_columns(fitted, shop, tmp_path):
    write(fitted(shop), 0, tmp_path / "a.parquet", SEED)
    assert pd.read_parquet(tmp_path / "a.parquet").columns.tolist() == shop.schema.names


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(fitted, shop, small_shards, tmp_path):
    path = tmp_path / "a.parquet"
    path.write_text("the old one")

    def stop(done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(fitted(shop), 500, path, SEED, workers=2, progress=stop)
    none = Conditions.model_validate({"fixed": {"city": "city 1", "country": "country 2"}})
    with pytest.raises(SynthError, match="cannot be met"):
        write(fitted(shop, PER_ROW), 500, path, SEED, none)
    assert [one.name for one in tmp_path.iterdir()] == ["a.parquet"]
    assert path.read_text() == "the old one"


def test_a_place_that_cannot_be_written_to_is_said(fitted, shop, tmp_path):
    with pytest.raises(SynthError, match="cannot be written"):
        write(fitted(shop), 5, tmp_path / "nowhere" / "a.parquet", SEED)


KILLED = """
import pickle, sys
from pathlib import Path
from synth_pipeline.core.seeds import Seed
from synth_pipeline.drawing import loads, write
drawer = loads(Path(sys.argv[1]).read_bytes(), "marginals-%d")
write(drawer, 10**8, Path(sys.argv[2]), Seed(1), progress=lambda done: print(done, flush=True))
"""


def test_a_killed_write_leaves_no_file_under_the_name(fitted, shop, tmp_path):
    drawer = fitted(shop)
    (tmp_path / "drawer").write_bytes(dumps(drawer))
    out = tmp_path / "out"
    out.mkdir()
    command = [sys.executable, "-c", KILLED % drawer.version, str(tmp_path / "drawer"), str(out / "a.parquet")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"65536"
        process.kill()
    assert not (out / "a.parquet").exists()
    assert all(one.name.startswith(".") for one in out.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawer_survives_being_kept(fitted, shop, rules, kind):
    drawer = fitted(shop, rules, kind)
    again = loads(dumps(drawer), f"{kind}-{drawer.version}")
    assert of_frame(again.sample(200, SEED).frame) == of_frame(drawer.sample(200, SEED).frame)


def test_a_drawer_of_another_version_is_refused_with_both_named(fitted, shop, monkeypatch):
    data = dumps(fitted(shop))
    with pytest.raises(SynthError, match="generator marginals-2 instead of generator marginals-3"):
        loads(data, "marginals-3")
    with pytest.raises(SynthError, match="generator marginals-2 instead of generator forest-1"):
        loads(data, "forest-1")
    monkeypatch.setattr(saved, "FORMAT", 2)
    with pytest.raises(SynthError, match="format 1 instead of format 2") as refusal:
        loads(data, "marginals-2")
    assert refusal.value.fix == "fit the generator again."


def test_what_is_no_drawer_is_refused_before_it_is_unpickled():
    for data in (pickle.dumps([np.zeros(3)]), b"", b"[]\n", b"{}\nrubbish"):
        with pytest.raises(SynthError, match="unknown instead of generator forest-1"):
            loads(data, "forest-1")


def test_drawing_leaves_a_drawer_as_it_was(fitted, shop, rules):
    drawer = fitted(shop, rules)
    before = dumps(drawer)
    drawer.sample(300, SEED, WHERE)
    assert dumps(drawer) == before
