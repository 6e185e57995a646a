"""Real rows that are opened once per release that is about to be published."""

from dataclasses import dataclass

from synth_pipeline.core.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Sealed:
    """Real rows that are opened once per release that is about to be published."""

    table: Table
