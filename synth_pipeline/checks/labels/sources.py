"""Sources: are all records made over documents of train, and over no other?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.tokens import encoded

FEWEST = 8  # words of a span by which a document can be told
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


class Sources:
    """Records over documents that nobody was to see.

    ``barred`` is the share of records that name a document of holdout or sealed, ``unknown`` the share that name one
    that no part has.  ``barred words`` is the share of those records with a span of at least eight words whose span
    stands in a document of holdout or sealed and in none of train, case and marks aside.  0: none, 1: all.
    """

    name = "sources"
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterator[Finding]:
        names = evidence.frame["document_id"]
        barred = names.isin(evidence.barred).to_numpy()
        known = names.isin(list(evidence.documents)).to_numpy()
        yield share(self.name, "all records", "barred", barred)
        yield share(self.name, "all records", "unknown", ~known & ~barred)
        spans = _Runs.of(evidence.frame["span"].tolist())
        long = spans.count > 0
        if long.any() and evidence.barred_texts:
            own, others = (_Runs.of(list(texts)) for texts in (evidence.documents.values(), evidence.barred_texts))
            elsewhere = spans.stand_in(others) & ~spans.stand_in(own)
            yield share(self.name, "spans of eight words", "barred words", elsewhere[long])


@dataclass(frozen=True, slots=True, eq=False)
class _Runs:
    """Every run of eight words of some texts as a 64-bit number, with its text, and how many each text has."""

    keys: np.ndarray
    owner: np.ndarray
    count: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> "_Runs":
        hashes, offsets = encoded(texts)
        owner = np.repeat(np.arange(len(texts)), np.diff(offsets))
        runs = max(0, len(hashes) - FEWEST + 1)
        keys = np.zeros(runs, np.uint64)
        for place in range(FEWEST):
            keys = keys * _SPREAD + hashes[place : place + runs]
        whole = owner[:runs] == owner[FEWEST - 1 : FEWEST - 1 + runs]
        return cls(keys[whole], owner[:runs][whole], np.bincount(owner[:runs][whole], minlength=len(texts)))

    def stand_in(self, others: "_Runs") -> np.ndarray:
        """A mask of the texts all of whose runs other texts have."""
        missing = ~np.isin(self.keys, others.keys)
        return (np.bincount(self.owner, missing, minlength=len(self.count)) == 0) & (self.count > 0)
