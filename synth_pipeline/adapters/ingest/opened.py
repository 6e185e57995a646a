"""What every kind of source becomes: a relation in SQL and the names that its columns have at the source."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_pipeline.spec.columns import Kind


@dataclass(frozen=True, slots=True)
class Opened:
    """``sql`` selects all columns, in the order of ``names``, whatever DuckDB calls them.

    ``loose`` names the columns whose text may stand for numbers or dates, None for all of them;
    ``categories`` those that the source itself declares to be categories; ``hints`` are kinds that it implies.
    """

    sql: str
    names: list[str]
    loose: frozenset[str] | None = frozenset()
    categories: frozenset[str] = frozenset()
    hints: Mapping[str, Kind] = field(default_factory=dict)
