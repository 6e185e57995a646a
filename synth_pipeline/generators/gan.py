"""``gan``: a conditional tabular GAN in the manner of CTGAN, on PyTorch.

From Xu et al. (2019), arXiv 1907.00503: the conditional vector with training by sampling, a critic that sees several
rows at once (PacGAN, Lin et al. 2018, arXiv 1712.04086), the Wasserstein loss with gradient penalty (Gulrajani et al.
2017, arXiv 1704.00028) and the Gumbel softmax, here with hard choices.  It differs where that buys realism for the
time of a CPU:

- Numbers are normal scores beside spikes (see ``deep/codec.py``), not modes of a mixture.
- Before any training each column comes out as it is alone, so that the network learns what is between columns.
- The condition is met by construction; the weights that draw are averages; at the end single columns are set right.
- Of a few candidates for a row, one is taken that a classifier finds likely (see ``deep/sieve.py``).

It makes tables; free text is out of its scope.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.generators.columns import assembled, refuse_text
from synth_pipeline.generators.deep.codec import Codec, Encoded
from synth_pipeline.generators.deep.layout import Layout
from synth_pipeline.generators.deep.maker import FORCED, NOISES, Maker, apart, gumbel
from synth_pipeline.generators.deep.network import Average, forward, new_weights
from synth_pipeline.generators.deep.network_spec import NetworkSpec
from synth_pipeline.generators.deep.sieve import Sieve
from synth_pipeline.generators.deep.training import Effort, Weights, one_torch, set_aside, train

SHARP = 0.2  # temperature of the Gumbel softmax
PENALTY = 10.0  # weight of the gradient penalty
BLOCK = 4096  # rows are drawn so many at a time
TRIAL = 10_000  # rows that are drawn to validate


class Gan(NetworkSpec):
    """A conditional GAN of the whole row; needs PyTorch to fit, the extra 'deep'."""

    kind: Literal["gan"] = "gan"
    steps: int = Field(default=1000, ge=1, le=1_000_000, description="Steps of the generating network at most.")
    batch: int = Field(default=500, ge=2, le=100_000, description="Rows per step.")
    pack: int = Field(default=1, ge=1, le=100, description="Rows that the critic sees at once; 1 learns fastest.")
    width: int = Field(default=256, ge=8, le=4096, description="Neurons per layer.")
    rate: float = Field(default=5e-4, gt=0, le=1, description="Learning rate at its highest.")
    conditional: bool = Field(
        default=True, description="Give one choice of each row, rare ones more often in training."
    )
    candidates: int = Field(
        default=16,
        ge=1,
        le=1000,
        description="Rows that are drawn for each that is kept, likely ones rather; 1 for none.",
    )
    patience: int = Field(default=10, ge=1, description="Looks without a better validation loss that end the training.")

    def fit(self, train: Train, seed: Seed) -> "GanSampler":
        refuse_text(train.table, self.kind)
        with one_torch(self.kind, seed.child("torch")) as torch:
            codec, seen = Codec.learn(train.table, self.levels)
            layout = Layout.of(codec.shares, codec.scales)
            return _Duel(self, layout, seen, seed, torch).fought(codec)


class _Duel:
    """The generating network against its critic."""

    def __init__(self, spec: Gan, layout: Layout, seen: Encoded, seed: Seed, torch: Any) -> None:
        self.spec, self.layout, self.torch, self.seed = spec, layout, torch, seed
        self.stream = seed.child("training").stream()
        self.inner, self.aside = (seen.take(rows) for rows in set_aside(len(seen), self.stream))
        choices, width = len(layout.share), spec.width
        drawn = new_weights(layout.scales + NOISES + choices, choices, layout.size, width, spec.blocks, self.stream)
        packed = spec.pack * (layout.size + choices)
        judged = new_weights(packed, 0, 1, width, 1, self.stream)
        judged["out"] = (self.stream.standard_normal((width, 1)) / np.sqrt(width)).astype(np.float32)
        self.maker = {name: torch.tensor(array, requires_grad=True) for name, array in drawn.items()}
        self.critic = {name: torch.tensor(array, requires_grad=True) for name, array in judged.items()}
        self.average = Average(self.maker, 0.999)
        adam = {"betas": (0.5, 0.9), "fused": True, "lr": spec.rate}
        self.steps = [torch.optim.Adam(one.values(), **adam) for one in (self.maker, self.critic)]
        self.prior = torch.tensor(np.log(layout.share))
        self.rows = self._rows_by_choice()

    def fought(self, codec: Codec) -> "GanSampler":
        spec = self.spec
        effort = Effort(spec.steps, 40, spec.patience, spec.seconds and spec.seconds * 3 / 4)
        weights, curve = train(
            effort, len(self.inner), spec.batch, self._step, self._judge, self.average.copy, self.stream
        )
        maker = self._made(weights).set_right(self.seed.child("trial"))
        return GanSampler(codec, maker, self._sieve(maker), curve)

    def _sieve(self, maker: Maker) -> Sieve | None:
        spec = self.spec
        if spec.candidates == 1:
            return None
        effort = Effort(max(1, spec.steps // 2), 20, 5, spec.seconds and spec.seconds / 4)
        return Sieve.fit(
            self.layout,
            maker.draw,
            self.inner,
            self.aside,
            effort,
            spec.candidates,
            self.seed.child("sieve"),
            self.torch,
        )

    def _made(self, weights: Weights) -> Maker:
        return Maker(self.layout, weights, self.spec.conditional, np.log(self.layout.share), [])

    def _rows_by_choice(self) -> list[list[np.ndarray]]:
        """For each group and choice, which rows have it."""
        return [
            [np.flatnonzero(self.inner.choices[:, place] == choice) for choice in range(end - start)]
            for (start, end), place in zip(self.layout.groups, self.layout.places, strict=True)
        ]

    def _given(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Conditions and rows that meet them: choices by the logarithm of their number, as CTGAN has them."""
        given = np.zeros((len(batch), len(self.layout.share)), np.float32)
        rows = batch.copy()
        if not self.spec.conditional or not self.rows:
            return given, rows
        picked = self.stream.integers(len(self.rows), size=len(batch))
        for number, (by_choice, (start, _)) in enumerate(zip(self.rows, self.layout.groups, strict=True)):
            mine = np.flatnonzero(picked == number)
            weight = np.log1p([len(one) for one in by_choice])
            chosen = self.stream.choice(len(by_choice), len(mine), p=weight / weight.sum())
            given[mine, start - self.layout.scales + chosen] = 1
            at = self.stream.random(len(mine))
            for choice in np.unique(chosen):
                of = chosen == choice
                rows[mine[of]] = by_choice[choice][(at[of] * len(by_choice[choice])).astype(int)]
        return given, rows

    def _fake(self, given: Any) -> Any:
        torch, layout = self.torch, self.layout
        noise = torch.from_numpy(self.stream.standard_normal((len(given), layout.scales + NOISES), np.float32))
        out = forward(self.maker, torch.cat([noise, given], 1), given)
        luck = torch.from_numpy(gumbel(given.shape, self.stream))
        logits = out[:, layout.scales :] + self.prior + FORCED * given + luck
        parts = [logits[:, start - layout.scales : end - layout.scales] / SHARP for start, end in layout.groups]
        soft = torch.cat([noise[:, :0], *(part.softmax(1) for part in parts)], 1)
        hard = torch.cat([noise[:, :0], *((part == part.amax(1, keepdim=True)).float() for part in parts)], 1)
        choices = hard + soft - soft.detach()  # what is not quite 0 or 1 would give a made row away
        scores = list((noise[:, : layout.scales] + out[:, : layout.scales]).unbind(1))
        for scale, gate in layout.gates:
            scores[scale] = scores[scale] * choices[:, gate - layout.scales]
        return torch.cat([*(score[:, None] for score in scores), choices], 1)

    def _score(self, rows: Any, given: Any) -> Any:
        packed = self.torch.cat([rows, given], 1).reshape(len(rows) // self.spec.pack, -1)
        return forward(self.critic, packed, packed[:, :0])

    def _step(self, batch: np.ndarray, done: float) -> float:
        torch, spec = self.torch, self.spec
        batch = np.resize(batch, max(spec.pack, len(batch) // spec.pack * spec.pack))
        for optimiser in self.steps:
            optimiser.param_groups[0]["lr"] = spec.rate * min(1.0, 2 * (1 - done))
        given, rows = self._given(batch)
        condition = torch.from_numpy(given)
        picked = self.inner.take(rows)
        real = torch.from_numpy(self.layout.shown(picked.ranks(self.stream), picked.choices))
        fake = self._fake(condition).detach()
        apart = self._score(fake, condition).mean() - self._score(real, condition).mean()
        loss = apart + 10 * self._penalty(real, fake, condition)
        self.steps[1].zero_grad()
        loss.backward()
        self.steps[1].step()
        won = -self._score(self._fake(condition), condition).mean()
        self.steps[0].zero_grad()
        won.backward()
        self.steps[0].step()
        self.average.update(self.maker)
        return apart.item()

    def _penalty(self, real: Any, fake: Any, given: Any) -> Any:
        torch = self.torch
        packs = len(real) // self.spec.pack
        share = torch.from_numpy(self.stream.random((packs, 1), np.float32)).repeat_interleave(self.spec.pack, 0)
        between = (share * real + (1 - share) * fake).requires_grad_()
        slope = torch.autograd.grad(self._score(between, given).sum(), between, create_graph=True)[0]
        return ((slope.reshape(packs, -1).square().sum(1) + 1e-12).sqrt() - 1).square().mean()

    def _judge(self) -> float:
        drawn = self._made(self.average.copy()).draw(TRIAL, self.seed.child("validation").stream())
        real = self.aside.ranks(self.seed.child("aside").stream()), self.aside.choices
        return apart(self.layout, drawn, real)


@dataclass(frozen=True, slots=True, eq=False)
class GanSampler:
    """The generating network, what looks over its rows, and the way back to a table.

    ``curve`` is an array of type ``CURVE``: of the critic, how much it tells the two apart, and of rows kept aside,
    the distance of all pairs of columns.
    """

    codec: Codec
    maker: Maker
    sieve: Sieve | None
    curve: np.ndarray

    def sample(self, rows: int, seed: Seed) -> Table:
        layout = self.maker.layout
        choices, ranks = np.zeros((rows, layout.columns), int), np.zeros((rows, layout.scales))
        with pinned():
            for start in range(0, rows, BLOCK):
                part = slice(start, min(start + BLOCK, rows))
                ranks[part], choices[part] = self._draw(part.stop - part.start, seed.child("block", start).stream())
        return assembled(self.codec.schema, self.codec.decode(ranks, choices, seed), rows, seed)

    def _draw(self, rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        if self.sieve is None:
            return self.maker.draw(rows, stream)
        return self.sieve.choose(*self.maker.draw(rows * self.sieve.candidates, stream), stream)
