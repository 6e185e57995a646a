"""The only real rows that a generator may see."""

from dataclasses import dataclass

from synth_pipeline.core.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Train:
    """The only real rows that a generator may see."""

    table: Table
