"""The generators on neural networks: what they learn, when they stop, and what they keep; 400 to 2,000 rows."""

import pickle
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.progress import listening
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.deep.codec import Codec
from synth_pipeline.generators.deep.layout import Layout
from synth_pipeline.generators.deep.maker import apart
from synth_pipeline.generators.deep.network import forward, new_weights
from synth_pipeline.generators.deep.sieve import Sieve
from synth_pipeline.generators.deep.training import CURVE, Effort, one_torch, set_aside, train
from synth_pipeline.generators.diffusion import Diffusion
from synth_pipeline.generators.gan import Gan
from synth_pipeline.spec.columns import Column, Kind, Schema

SMALL = {
    "diffusion": Diffusion(steps=150, width=64, batch=256, solver=10),
    "gan": Gan(steps=300, width=64, batch=250, candidates=4),
}
both = pytest.mark.parametrize("generator", SMALL.values(), ids=SMALL)
fitted = pytest.mark.parametrize("sampler", SMALL, indirect=True)


def table_of(kinds: dict[str, Kind], **columns: object) -> Table:
    schema = Schema(columns=tuple(Column(name=name, kind=kind, nullable=True) for name, kind in kinds.items()))
    return Table.conform(pd.DataFrame(columns), schema)


def planted(rows: int, seed: int) -> Table:
    """A number that follows another, a level that follows the number, and one that follows that level."""
    stream = np.random.default_rng(seed)
    first = stream.normal(size=rows)
    level = np.where(first + 0.3 * stream.normal(size=rows) > 0, "high", "low")
    agrees = stream.random(rows) < 0.9
    return table_of(
        {"first": Kind.DECIMAL, "second": Kind.DECIMAL, "level": Kind.CATEGORY, "flag": Kind.BOOLEAN},
        first=first, second=np.exp(first + 0.3 * stream.normal(size=rows)), level=level,
        flag=np.where(agrees, level == "high", level == "low"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def real() -> Table:
    return planted(2_000, 1)


@pytest.fixture(scope="module")
def sampler(request: pytest.FixtureRequest, real: Table):
    return SMALL[request.param].fit(Train(real), Seed(1))


@pytest.mark.deep
@fitted
def test_what_goes_together_still_does(sampler):
    frame = sampler.sample(2_000, Seed(2)).frame
    assert frame["first"].corr(frame["second"], "spearman") > 0.7  # .95 in the real table, 0 in independent columns
    assert (frame["flag"] == (frame["level"] == "high")).mean() > 0.75  # .9 and .5
    assert frame.groupby("level")["first"].mean().diff()["low"] < -0.9  # -1.5 and 0


@pytest.mark.deep
@fitted
def test_no_number_of_a_training_row_is_drawn(sampler, real):
    made = sampler.sample(4_000, Seed(2))
    for name in ("first", "second"):
        shared = set(made.frame[name]) & set(real.frame[name])
        assert len(shared) <= 2, name  # the ends of the range are kept


@pytest.mark.deep
@fitted
def test_the_curve_is_kept_and_falls(sampler):
    curve = sampler.curve
    assert curve.dtype == CURVE
    assert (np.diff(curve["step"]) > 0).all()
    assert curve["validation"].min() < 0.9 * curve["validation"][0]
    assert curve["epoch"] == pytest.approx(curve["step"] * curve["epoch"][0] / curve["step"][0])


@pytest.mark.deep
@fitted
def test_a_sampler_needs_no_pytorch(sampler, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        assert len(pickle.loads(pickle.dumps(sampler)).sample(50, Seed(2))) == 50


@pytest.mark.deep
@both
def test_pytorch_is_left_as_it_was(generator, real):
    import torch

    before = torch.get_num_threads(), torch.get_rng_state()
    generator.model_copy(update={"steps": 2}).fit(Train(real), Seed(1))
    assert torch.get_num_threads() == before[0]
    assert torch.equal(torch.get_rng_state(), before[1])


@pytest.mark.deep
@both
def test_it_tells_how_far_it_is_and_no_value(generator, real):
    lines: list[str] = []
    with listening(lines.append):
        generator.model_copy(update={"steps": 8}).fit(Train(real), Seed(1))
    assert lines[0].startswith("step 1 of at most 8: train ")
    generator.model_copy(update={"steps": 8}).fit(Train(real), Seed(1))
    assert sum("of at most 8" in line for line in lines) == 8


@pytest.mark.deep
def test_a_rare_level_is_given_as_a_condition_and_comes_out():
    stream = np.random.default_rng(3)
    rare = stream.permutation(2_000) < 40
    table = table_of({"level": Kind.CATEGORY, "flag": Kind.BOOLEAN},
                     level=np.where(rare, "rare", stream.choice(["a", "b"], 2_000)),
                     flag=stream.random(2_000) < 0.5)  # fmt: skip
    made = SMALL["gan"].fit(Train(table), Seed(1)).sample(4_000, Seed(2))
    assert 40 <= (made.frame["level"] == "rare").sum() <= 160


@pytest.mark.deep
def test_choosing_among_candidates_brings_rows_closer(real):
    """Candidates are drawn column by column; in the real rows the two numbers go together."""
    codec, seen = Codec.learn(real, 64)
    layout = Layout.of(codec.shares, codec.scales)
    ranks = seen.ranks(Seed(1).stream())

    def draw(rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        taken = stream.integers(len(ranks), size=rows)
        return stream.permuted(ranks[taken], axis=0), stream.permuted(seen.choices[taken], axis=0)

    inner, aside = (seen.take(rows) for rows in set_aside(len(seen), Seed(2).stream()))
    with one_torch("gan", Seed(3)) as torch:
        sieve = Sieve.fit(layout, draw, inner, aside, Effort(60, 3, 9, None), 8, Seed(3), torch)
    candidates = draw(16_000, Seed(4).stream())
    chosen = sieve.choose(*candidates, Seed(5).stream())
    assert chosen[0].shape == (2_000, 2)
    assert abs(np.corrcoef(candidates[0].T)[0, 1]) < 0.05
    assert np.corrcoef(chosen[0].T)[0, 1] > 0.5
    assert apart(layout, chosen, (ranks, seen.choices)) < 0.7 * apart(layout, candidates, (ranks, seen.choices))


@pytest.mark.deep
def test_the_network_is_the_same_to_pytorch_and_to_numpy():
    import torch

    stream = np.random.default_rng(1)
    weights = new_weights(5, 3, 4, 16, 2, stream)
    weights = {name: stream.normal(size=array.shape).astype(np.float32) for name, array in weights.items()}
    points, context = (stream.normal(size=(7, size)).astype(np.float32) for size in (5, 3))
    tensors = {name: torch.from_numpy(array) for name, array in weights.items()}
    expected = forward(tensors, torch.from_numpy(points), torch.from_numpy(context)).numpy()
    assert np.allclose(forward(weights, points, context), expected, rtol=1e-4, atol=1e-3)


@both
def test_without_pytorch_the_error_says_how_to_install_it(generator, real, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(SynthError) as refusal:
        generator.fit(Train(real), Seed(1))
    assert refusal.value.problem == f"Generator {generator.kind!r} needs PyTorch."
    assert refusal.value.fix == "install it: pip install 'synth_pipeline[deep]'."


def test_the_list_of_generators_is_read_without_pytorch():
    code = "import sys, synth_pipeline.generators; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def trained(losses: list[float], effort: Effort, pause: float = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Training whose validation losses are given; its weights are the number of the look."""
    looks = iter(range(len(losses)))
    last = [-1]

    def judge() -> float:
        last[0] = next(looks)
        time.sleep(pause)
        return losses[last[0]]

    return train(effort, 100, 10, lambda rows, done: done, judge, lambda: {"w": np.array(last)}, Seed(1).stream())


def test_training_stops_when_rows_kept_aside_are_no_longer_explained_better():
    weights, curve = trained([5, 3, 4, 3.5, 1, 0, 0, 0, 0, 0], Effort(100, 10, 2, None))
    assert curve["validation"].tolist() == [5, 3, 4, 3.5]
    assert curve["step"].tolist() == [10, 20, 30, 40]
    assert curve["epoch"].tolist() == [1, 2, 3, 4]
    assert weights["w"].tolist() == [1]  # the best, not the last


def test_training_stops_when_time_is_up_or_steps_are_done():
    assert len(trained([3, 2, 1, 0.5], Effort(4, 4, 9, 0.01), pause=0.02)[1]) == 1
    assert len(trained([3, 2, 1, 0.5], Effort(4, 4, 9, None))[1]) == 4
    assert len(trained([3, 2, 1, 0.5], Effort(2, 4, 9, None))[1]) == 2


def test_every_row_is_taken_once_before_any_is_taken_again():
    taken: list[np.ndarray] = []

    def step(rows: np.ndarray, done: float) -> float:
        taken.append(rows)
        return 0.0

    train(Effort(20, 1, 1, None), 50, 10, step, lambda: 0.0, dict, Seed(1).stream())
    assert (np.bincount(np.concatenate(taken)) == 4).all()
    for start in range(0, 20, 5):
        assert len(np.unique(np.concatenate(taken[start : start + 5]))) == 50


def test_rows_are_kept_aside_and_only_of_a_few_none():
    learn, aside = set_aside(200, Seed(1).stream())
    assert len(aside) == 20
    assert sorted(np.r_[learn, aside]) == list(range(200))
    assert all(len(part) == 7 for part in set_aside(7, Seed(1).stream()))


def test_a_table_survives_being_encoded_and_decoded(every_kind):
    table = every_kind(600, 3)
    codec, seen = Codec.learn(table, 64)
    back = pd.DataFrame(codec.decode(seen.ranks(Seed(1).stream()), seen.choices, Seed(2)))
    for name in ("it's; DROP TABLE x", "colour 🦊", "same word"):
        assert back[name].equals(table.frame[name]), name
    for name in ("measure", "select", "amount, in €"):
        assert back[name].isna().equals(table.frame[name].isna()), name
        assert back[name].corr(table.frame[name], "spearman") > 0.995, name
    assert np.isin(back["measure"], table.frame["measure"]).sum() <= 2


def test_what_a_rare_level_goes_with_is_not_learned():
    table = table_of({"level": Kind.CATEGORY}, level=["a"] * 50 + ["b"] * 40 + ["c"] * 9 + ["d"])
    codec, _ = Codec.learn(table, 64)
    assert codec.shares[0].tolist() == [0.5, 0.4, 0.1]
    drawn = codec.decode(np.zeros((1_000, 0)), np.full((1_000, 1), 2), Seed(1))["level"]
    assert set(drawn) == {"c", "d"}
    assert (drawn == "d").mean() == pytest.approx(0.1, abs=0.04)


def test_a_level_that_another_decides_is_not_learned_but_looked_up():
    stream = np.random.default_rng(1)
    place = stream.integers(0, 6, 600)
    table = table_of(
        {"town": Kind.CATEGORY, "country": Kind.CATEGORY, "other": Kind.CATEGORY},
        town=[f"town {one}" for one in place], country=[f"country {one // 2}" for one in place],
        other=stream.choice(["x", "y"], 600),
    )  # fmt: skip
    codec, seen = Codec.learn(table, 64)
    assert list(codec.implied) == ["country"]
    assert seen.choices.shape == (600, 2)
    drawn = codec.decode(np.zeros((600, 0)), stream.permuted(seen.choices, axis=0), Seed(1))
    assert (drawn["town"].str[-1].astype(int) // 2 == drawn["country"].str[-1].astype(int)).all()


def test_a_level_of_one_record_is_no_evidence_that_it_decides_another():
    alone = np.arange(600) == 0
    table = table_of({"a": Kind.CATEGORY, "b": Kind.CATEGORY},
                     a=np.where(alone, "odd", "even"), b=np.where(alone, "secret", "plain"))  # fmt: skip
    assert not Codec.learn(table, 64)[0].implied


def test_the_distance_of_two_tables_is_nought_for_equals_and_sees_what_goes_together(real):
    codec, seen = Codec.learn(real, 64)
    layout = Layout.of(codec.shares, codec.scales)
    ranks, stream = seen.ranks(Seed(1).stream()), np.random.default_rng(2)
    same = (ranks, seen.choices)
    loose = (stream.permuted(ranks, axis=0), stream.permuted(seen.choices, axis=0))
    assert apart(layout, same, same) == 0
    assert apart(layout, same, loose) > 0.2
