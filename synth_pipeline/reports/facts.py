"""What a report or a card is made from: that of a synthetic table, and that of records over real documents."""

from dataclasses import dataclass, field

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.verdict import Judgement, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class ReportFacts:
    """Everything that a report shows.

    ``about`` is a table of labels and values (source, generator, seed, sizes, hashes) in the order in which
    it is shown; ``evidence`` is drawn as distributions only: no row of it is printed.
    """

    title: str
    description: str
    verdict: Verdict
    reasons: list[str]
    about: dict[str, str]
    judgements: list[Judgement]
    evidence: Evidence
    sensitive: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True, eq=False)
class RecordFacts:
    """Everything that a report of records over documents shows: counts, and no record or document.

    ``kinds`` counts the records of each kind, ``dropped`` those that were left out, by reason.
    """

    title: str
    description: str
    verdict: Verdict
    reasons: list[str]
    about: dict[str, str]
    judgements: list[Judgement]
    kinds: dict[str, int]
    dropped: dict[str, int]

    @property
    def dropped_told(self) -> str:
        """In words."""
        return ", ".join(f"{count:,} {reason}" for reason, count in self.dropped.items() if count) or "none"
