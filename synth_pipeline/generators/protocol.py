"""What every generator promises."""

from typing import Protocol

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table


class Sampler(Protocol):
    """A fitted generator: picklable, and without a whole training row inside."""

    def sample(self, rows: int, seed: Seed) -> Table:
        """Draw this many synthetic rows under the schema of the training table; equal seeds, equal rows."""
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
