"""What every generator promises."""

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.spec.asking import Spoken


class Sampler(Protocol):
    """A fitted generator: picklable, and without a whole training row inside."""

    def sample(self, rows: int, seed: Seed) -> Table:
        """Draw this many synthetic rows under the schema of the training table; equal seeds, equal rows."""
        ...


Wanted = Callable[[pd.Series], np.ndarray]
Keeps = Callable[[Table], np.ndarray]  # a mask of rows that break no rule about the columns that the table has


@runtime_checkable
class EarlySampler(Sampler, Protocol):
    """A sampler that draws column after column, and can drop a row as soon as one of its values is not wanted."""

    def sample_where(self, rows: int, seed: Seed, wanted: Mapping[str, Wanted]) -> tuple[Table, float]:
        """Begin so many rows and finish those whose values are wanted; and the work, in whole rows.

        A column that is named goes to its test as it is drawn, which returns a mask of the rows to go on with.
        """
        ...


@runtime_checkable
class FiniteSampler(Sampler, Protocol):
    """A sampler of rows that are there already: one call gives none of them twice."""

    @property
    def size(self) -> int:
        """How many there are; ``sample`` raises SynthError where more are asked for."""
        ...


@runtime_checkable
class PaidSampler(Sampler, Protocol):
    """A sampler whose rows cost money: it is asked once, for all of them, and may give fewer where that is declared."""

    @property
    def spoken(self) -> Spoken:
        """Who is asked, and what that may cost."""
        ...


@runtime_checkable
class DraftingSampler(PaidSampler, Protocol):
    """A sampler that pays for cells, and can drop a row before they are paid for."""

    def sample_kept(self, rows: int, seed: Seed, keeps: Keeps | None) -> Table:
        """So many rows all of which are kept."""
        ...


class Generator(Protocol):
    """A frozen declaration with behaviour; its fields are the generator's parameters."""

    @property
    def kind(self) -> str: ...

    @property
    def version(self) -> int:
        """Rises with every change that alters what equal seeds give."""
        ...

    def fit(self, train: Train, seed: Seed) -> Sampler:
        """Learn from the training part; raises SynthError for columns that this generator cannot imitate."""
        ...
