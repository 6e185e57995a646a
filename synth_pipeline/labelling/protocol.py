"""What every maker of records over real documents promises."""

from typing import Protocol

from synth_pipeline.core.records import Labelled
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train


class Labeller(Protocol):
    """A frozen declaration with behaviour.  The documents are real; only questions and answers are made."""

    @property
    def kind(self) -> str: ...

    @property
    def version(self) -> int:
        """Rises with every change that alters what equal seeds give."""
        ...

    @property
    def text(self) -> str:
        """Column that holds the documents."""
        ...

    @property
    def id(self) -> str:
        """Column that names them."""
        ...

    def label(self, train: Train, seed: Seed) -> Labelled:
        """Records over documents of train, each with a span that stands in its document.

        Raises SynthError for columns that are not there or do not fit.
        """
        ...
