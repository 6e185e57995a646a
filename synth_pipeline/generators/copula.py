"""``copula``: a Gaussian copula with empirical margins that keep point masses, levels and missing values.

Every column is a place on normal axes (see ``latent.py``) whose covariance is learned for levels and ties as what
they are (see ``latent_correlation.py``).  A column that follows from another is looked up, since no normal axis
would keep that exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import assembled, refuse_text
from synth_pipeline.generators.followed import Followed, followers
from synth_pipeline.generators.latent import Margin, NominalMargin, Observed, margin
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Schema

_WORK = 300_000_000  # rows times squared axes: about 12,000 rows at 160 axes
_FEWEST = 3_000


class Copula(Spec):
    """A Gaussian copula that keeps point masses, levels and missing values."""

    kind: Literal["copula"] = "copula"
    correlation_rows: int = Field(
        default=12_000,
        ge=100,
        le=1_000_000,
        description="Correlations are learned from at most this many rows, fewer of a wide table.",
    )

    @property
    def version(self) -> int:
        return 1

    def fit(self, train: Train, seed: Seed) -> "CopulaSampler":
        from synth_pipeline.generators.latent_correlation import estimate

        table = train.table
        refuse_text(table, self.kind)
        followed = followers(table)
        margins: dict[str, Margin] = {}
        observed: list[Observed] = []
        for name in table.schema.modelled:
            if name not in followed:
                margins[name], seen = margin(table, name)
                observed += seen
        chosen = np.sort(seed.child("rows").stream().permutation(len(table))[: self._rows(observed)])
        seen = [one.of(chosen) for one in observed]
        mean, covariance = estimate(seen, len(chosen), seed.child("correlation").stream())
        root = np.linalg.cholesky(covariance) if len(mean) else covariance
        _meet_shares(margins, mean, root, seed.child("shares").stream())
        return CopulaSampler(table.schema, margins, followed, mean, root)

    def _rows(self, observed: list[Observed]) -> int:
        """Rows that correlations are learned from: fewer of a wide table, where each takes longer."""
        axes = sum(one.axes for one in observed)
        return min(self.correlation_rows, max(_FEWEST, _WORK // max(1, axes) ** 2))


@dataclass(frozen=True, slots=True, eq=False)
class CopulaSampler:
    """The margins, and the mean and root of the covariance of their axes."""

    schema: Schema
    margins: dict[str, Margin]
    followed: dict[str, Followed]
    mean: np.ndarray
    root: np.ndarray

    def sample(self, rows: int, seed: Seed) -> Table:
        places = _draw(self.mean, self.root, rows, seed.child("axes").stream())
        drawn: dict[str, pd.Series] = {}
        first = 0
        for name, one in self.margins.items():
            drawn[name] = one.draw(places[:, first : first + one.axes], seed.child(name).stream())
            first += one.axes
        drawn |= {name: one.look_up(drawn[one.leader]) for name, one in self.followed.items()}
        return assembled(self.schema, drawn, rows, seed)


def _draw(mean: np.ndarray, root: np.ndarray, rows: int, stream: np.random.Generator) -> np.ndarray:
    return stream.standard_normal((rows, root.shape[1])) @ root.T + mean


def _meet_shares(margins: Mapping[str, Margin], mean: np.ndarray, root: np.ndarray, stream: np.random.Generator,
                 rows: int = 60_000, rounds: int = 30) -> None:  # fmt: skip
    """Shift the axes of categories until each level is drawn as often as it occurs; in place."""
    first = 0
    for one in margins.values():
        mine = slice(first, first + one.axes)
        first += one.axes
        if isinstance(one, NominalMargin) and one.axes > 1:
            places = _draw(mean[mine], root[mine], rows, stream)
            shift = np.zeros(one.axes)
            for _ in range(rounds):
                found = np.bincount((places + shift).argmax(1), minlength=one.axes) / rows
                shift += 0.4 * np.log((one.targets + 1e-4) / (found + 1e-4))
            mean[mine] += shift
