"""What a report or a card is made from: that of a synthetic table, and that of records over real documents."""

from dataclasses import dataclass, field

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What every report shows.

    ``about`` is a table of labels and values (source, generator, seed, sizes, hashes) in the order in which
    it is shown.
    """

    title: str
    description: str
    verdict: Verdict
    reasons: list[str]
    about: dict[str, str]
    judgements: list[Judgement]


@dataclass(frozen=True, slots=True, eq=False)
class ReportFacts(Facts):
    """Everything that the report of a table shows: ``evidence`` as distributions only, and no row of it."""

    evidence: Evidence
    sensitive: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, eq=False)
class RecordFacts(Facts):
    """Everything that a report of records over documents shows: counts, and no record or document.

    ``kinds`` counts the records of each kind, ``dropped`` those that were left out, by reason.
    """

    kinds: dict[str, int]
    dropped: dict[str, int]

    @property
    def dropped_told(self) -> str:
        """In words."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.dropped.items() if count) or "none"
