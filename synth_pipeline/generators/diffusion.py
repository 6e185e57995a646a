"""``diffusion``: tabular diffusion in the manner of TabDDPM, on PyTorch.

As in Kotelnikov et al. (2022), arXiv 2209.15421, one network removes noise from all columns at once, numbers
being normal scores and levels categories.  It differs where that buys realism for the time of a CPU:

- Levels are diffused as points with Gaussian noise too, not by flips; the network gives their probabilities, and
  the denoised point is their mean (score interpolation, Dieleman et al. 2022, arXiv 2211.15089).
- Noise levels, scaling and the second-order solver of few steps are those of Karras et al. (2022), arXiv 2206.00364.
- What each column would tell alone is added in closed form, so that the network learns what is between columns.

It makes tables; free text is out of its scope.
"""

from dataclasses import dataclass
from itertools import pairwise
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
from synth_pipeline.generators.deep.network import Average, forward, new_weights
from synth_pipeline.generators.deep.network_spec import NetworkSpec
from synth_pipeline.generators.deep.training import Effort, Weights, one_torch, set_aside, train

FREQUENCIES = 16
NOISE = (0.02, 30.0)  # the least and the largest when rows are drawn; a normal score spreads by 1
TYPICAL, VARIED = -0.6, 1.3  # mean and deviation of the logarithm of the noise in training
BLOCK = 4096  # rows are drawn so many at a time


class Diffusion(NetworkSpec):
    """A diffusion model of the whole row; needs PyTorch to fit, the extra 'deep'."""

    kind: Literal["diffusion"] = "diffusion"
    steps: int = Field(default=3000, ge=1, le=1_000_000, description="Steps of the optimiser at most.")
    batch: int = Field(default=1024, ge=2, le=100_000, description="Rows per step.")
    width: int = Field(default=512, ge=8, le=4096, description="Neurons per layer.")
    rate: float = Field(default=1e-3, gt=0, le=1, description="Learning rate at its highest.")
    solver: int = Field(default=20, ge=2, le=1000, description="Noise levels through which a row is drawn.")
    patience: int = Field(default=8, ge=1, description="Looks without a better validation loss that end the training.")

    def fit(self, train: Train, seed: Seed) -> "DiffusionSampler":
        refuse_text(train.table, self.kind)
        with one_torch(self.kind, seed.child("torch")) as torch:
            codec, seen = Codec.learn(train.table, self.levels)
            layout = Layout.of(codec.shares, codec.scales)
            weights, curve = _learn(self, layout, seen, seed, torch)
        return DiffusionSampler(codec, layout, weights, self.solver, curve)


def _noise_features(noise: Any, cos: Any, sin: Any) -> list[Any]:
    """The logarithm of the noise as waves of growing frequency."""
    return [wave(noise * 2.0**power * 0.25) for power in np.linspace(-2, 4, FREQUENCIES) for wave in (cos, sin)]


def _learn(spec: Diffusion, layout: Layout, seen: Encoded, seed: Seed, torch: Any) -> tuple[Weights, np.ndarray]:
    stream = seed.child("training").stream()
    inner, aside = (seen.take(rows) for rows in set_aside(len(seen), stream))
    start = new_weights(layout.size, 2 * FREQUENCIES, layout.size, spec.width, spec.blocks, stream)
    weights = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
    average = Average(weights, 0.999)
    optimiser = torch.optim.AdamW(weights.values(), lr=spec.rate, betas=(0.9, 0.99), weight_decay=1e-4, fused=True)
    tensors = tuple(torch.tensor(array) for array in (layout.share, layout.spread))

    def loss(current: Any, rows: Encoded, random: np.random.Generator) -> Any:
        points = torch.from_numpy(layout.points(rows.ranks(random), rows.choices))
        points[:, layout.scales :] -= tensors[0]
        noise = np.exp(TYPICAL + VARIED * random.standard_normal((len(rows), 1)))
        blur = random.standard_normal(points.shape, np.float32)
        chosen = torch.from_numpy(rows.choices)
        return _loss(layout, tensors, current, points, chosen, torch.tensor(noise, dtype=torch.float32), blur, torch)

    def step(rows: np.ndarray, done: float) -> float:
        optimiser.param_groups[0]["lr"] = spec.rate * min(1.0, done * 50 + 0.02) * (0.5 + 0.5 * np.cos(np.pi * done))
        value = loss(weights, inner.take(rows), stream)
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        average.update(weights)
        return value.item()

    def judge() -> float:
        with torch.no_grad():
            return loss(average.weights, aside, seed.child("validation").stream()).item()

    effort = Effort(spec.steps, 40, spec.patience, spec.seconds)
    return train(effort, len(inner), spec.batch, step, judge, average.copy, stream)


def _loss(
    layout: Layout, tensors: Any, weights: Any, points: Any, chosen: Any, noise: Any, blur: Any, torch: Any
) -> Any:
    """Squared error of the scales, in units of what is unknown of them, and surprise at the choices, in nats."""
    share, spread = tensors
    noisy = points + noise * torch.from_numpy(blur)
    waves = torch.cat(_noise_features(noise.log(), torch.cos, torch.sin), 1)
    out = forward(weights, noisy / (noise**2 + spread).sqrt(), waves)
    own = noisy[:, : layout.scales]
    wanted = (points[:, : layout.scales] - own / (1 + noise**2)) * (1 + noise**2).sqrt() / noise
    total = ((out[:, : layout.scales] - wanted) ** 2).sum(1).mean()
    logits = out[:, layout.scales :] + share.log() + (noisy[:, layout.scales :] + share) / noise**2
    for (start, end), place in zip(layout.groups, layout.places, strict=True):
        part = logits[:, start - layout.scales : end - layout.scales]
        total = total + torch.nn.functional.cross_entropy(part, chosen[:, place])
    return total


@dataclass(frozen=True, slots=True, eq=False)
class DiffusionSampler:
    """A network that removes noise, and the way back to a table.  ``curve`` is an array of type ``CURVE``."""

    codec: Codec
    layout: Layout
    weights: Weights
    solver: int
    curve: np.ndarray

    def sample(self, rows: int, seed: Seed) -> Table:
        choices, scales = np.zeros((rows, self.layout.columns), int), np.zeros((rows, self.layout.scales))
        with pinned():
            for start in range(0, rows, BLOCK):
                part = slice(start, min(start + BLOCK, rows))
                stream = seed.child("block", start).stream()
                scales[part], choices[part] = self._draw(part.stop - part.start, stream)
        return assembled(self.codec.schema, self.codec.decode(scales, choices, seed), rows, seed)

    def _draw(self, rows: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Ranks and choices: Heun's method from pure noise down (Karras et al., algorithm 1)."""
        from scipy.special import ndtr

        least, most = (level ** (1 / 7) for level in NOISE)
        ladder = [(most + (least - most) * place / (self.solver - 1)) ** 7 for place in range(self.solver)]
        points = stream.standard_normal((rows, self.layout.size), np.float32)
        points *= np.sqrt(ladder[0] ** 2 + self.layout.spread)
        for noise, lower in pairwise(ladder):
            slope = (points - self._clean(points, noise)) / noise
            ahead = points + (lower - noise) * slope
            again = (ahead - self._clean(ahead, lower)) / lower
            points += (lower - noise) * (slope + again) / 2
        choices = np.zeros((rows, self.layout.columns), int)
        clean = self._clean(points, ladder[-1])
        for (start, end), place in zip(self.layout.groups, self.layout.places, strict=True):
            chance = np.cumsum(
                clean[:, start:end] + self.layout.share[start - self.layout.scales : end - self.layout.scales], 1
            )
            choices[:, place] = np.minimum((chance < stream.random((rows, 1))).sum(1), end - start - 1)
        return ndtr(clean[:, : self.layout.scales].astype(float)), choices

    def _clean(self, points: np.ndarray, noise: float) -> np.ndarray:
        """What the points are expected to be without noise."""
        layout, noise = self.layout, np.float32(noise)
        waves = np.array(_noise_features(np.log(noise), np.cos, np.sin), np.float32)
        out = forward(self.weights, points / np.sqrt(noise**2 + layout.spread), waves[None, :])
        own = slice(None, layout.scales)
        out[:, own] = points[:, own] / (1 + noise**2) + noise / np.sqrt(1 + noise**2) * out[:, own]
        rest = slice(layout.scales, None)
        out[:, rest] += np.log(layout.share) + (points[:, rest] + layout.share) / noise**2
        for start, end in layout.groups:
            part = out[:, start:end]
            part -= part.max(1, keepdims=True)
            np.exp(part, out=part)
            part /= part.sum(1, keepdims=True)
        out[:, rest] -= layout.share
        return out
