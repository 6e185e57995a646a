"""The control of every audit and the test set of the utility gate."""

from dataclasses import dataclass

from synth_pipeline.core.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Holdout:
    """The control of every audit and the test set of the utility gate."""

    table: Table
