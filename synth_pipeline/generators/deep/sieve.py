"""A last look at what a generator draws: of several candidates the one that looks most like a real row is likeliest.

A classifier that tells real from drawn rows estimates how much denser real rows lie at a place.  One of a few
candidates, taken in proportion to that, follows the real rows more closely than any one (Azadi et al. 2018,
arXiv 1810.06758, reject candidates by it; Turner et al. 2018, arXiv 1811.11357, walk along them).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.deep.codec import Encoded
from synth_pipeline.generators.deep.layout import Layout
from synth_pipeline.generators.deep.maker import gumbel
from synth_pipeline.generators.deep.network import Average, forward, new_weights
from synth_pipeline.generators.deep.training import Effort, Weights, train

Drawn = tuple[np.ndarray, np.ndarray]  # ranks and choices
_NONE = np.zeros((1, 0), np.float32)  # the network has no context
_POOL = 20_000  # rows that are drawn at a time to be told from real ones


@dataclass(frozen=True, slots=True, eq=False)
class Sieve:
    """The classifier, and among how many candidates it chooses."""

    layout: Layout
    weights: Weights
    candidates: int

    @classmethod
    def fit(
        cls, layout: Layout, draw: Callable[[int, np.random.Generator], Drawn], inner: Encoded, aside: Encoded,
        effort: Effort, candidates: int, seed: Seed, torch: Any,
    ) -> "Sieve":  # fmt: skip
        """Learn to tell ``inner`` from drawn rows for as long as ``aside`` is told better too."""
        stream = seed.stream()
        start = new_weights(layout.size, 0, 1, 256, 1, stream)
        weights = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
        average = Average(weights, 0.995)
        optimiser = torch.optim.AdamW(weights.values(), lr=1e-3, weight_decay=1e-2, fused=True)
        pool = _Pool(layout, draw, seed)

        def loss(current: Any, real: Encoded, drawn: np.ndarray, random: np.random.Generator) -> Any:
            points = layout.shown(real.ranks(random), real.choices)
            out = forward(current, torch.from_numpy(np.vstack([points, drawn])), torch.from_numpy(_NONE))[:, 0]
            soft = torch.nn.functional.softplus
            return soft(-out[: len(points)]).mean() + soft(out[len(points) :]).mean()

        def step(rows: np.ndarray, done: float) -> float:
            optimiser.param_groups[0]["lr"] = 1e-3 * (1 - done) + 1e-5
            value = loss(weights, inner.take(rows), pool.take(len(rows)), stream)
            optimiser.zero_grad()
            value.backward()
            optimiser.step()
            average.update(weights)
            return value.item()

        others = layout.shown(*draw(len(aside), seed.child("validation").stream()))

        def judge() -> float:
            with torch.no_grad():
                return loss(average.weights, aside, others, seed.child("aside").stream()).item()

        kept, _ = train(effort, len(inner), 512, step, judge, average.copy, stream)
        return cls(layout, kept, candidates)

    def choose(self, ranks: np.ndarray, choices: np.ndarray, stream: np.random.Generator) -> Drawn:
        """One of each ``candidates`` consecutive rows."""
        points = self.layout.shown(ranks, choices)
        likely = forward(self.weights, points, _NONE)[:, 0] + gumbel((len(points),), stream)
        taken = likely.reshape(-1, self.candidates).argmax(1) + np.arange(0, len(points), self.candidates)
        return ranks[taken], choices[taken]


class _Pool:
    """Drawn rows, so many at a time and no row twice."""

    def __init__(self, layout: Layout, draw: Callable[[int, np.random.Generator], Drawn], seed: Seed) -> None:
        self.layout, self.draw, self.stream = layout, draw, seed.child("pool").stream()
        self.points, self.used = np.empty((0, layout.size), np.float32), 0

    def take(self, rows: int) -> np.ndarray:
        if self.used + rows > len(self.points):
            self.points, self.used = self.layout.shown(*self.draw(max(rows, _POOL), self.stream)), 0
        self.used += rows
        return self.points[self.used - rows : self.used]
