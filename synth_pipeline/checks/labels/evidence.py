"""What an audit of records over real documents has to go by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from synth_pipeline.core.judged import Judged
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table


@dataclass(frozen=True, eq=False)
class LabelEvidence:
    """Records, the documents of train that they were to be made over, and what they must not touch.

    ``documents`` are texts by name; ``barred`` holds the names, and ``barred_texts`` the documents themselves, of
    holdout and sealed.  ``at_odds`` counts records that were dropped since samples answered otherwise, None where
    nobody asked again; ``judged`` is what a judge said, if one is declared.
    """

    records: Table
    documents: Mapping[str, str]
    barred: frozenset[str] = frozenset()
    barred_texts: tuple[str, ...] = ()
    seed: Seed = field(default_factory=lambda: Seed(0, ("audit of labels",)))

    at_odds: int | None = None
    judged: Judged | None = None

    def __post_init__(self) -> None:
        assert self.records.schema == RECORDS

    @property
    def frame(self) -> pd.DataFrame:
        return self.records.frame

    @cached_property
    def texts(self) -> list[str | None]:
        """The document of each record; None where train has none of that name."""
        return [self.documents.get(name) for name in self.frame["document_id"]]
