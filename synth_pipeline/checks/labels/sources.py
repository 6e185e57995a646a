"""Sources: are all records made over documents of train, and over no other?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams

FEWEST = 8  # words of a span by which a document can be told


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
        spans = Grams.of_words(evidence.frame["span"].tolist()).runs(FEWEST)
        long = spans.lengths > 0
        if long.any() and evidence.barred_texts:
            own, others = (Grams.of_words(list(texts)).runs(FEWEST)
                           for texts in (evidence.documents.values(), evidence.barred_texts))  # fmt: skip
            elsewhere = _stand_in(spans, others) & ~_stand_in(spans, own)
            yield share(self.name, "spans of eight words", "barred words", elsewhere[long])


def _stand_in(spans: Grams, others: Grams) -> np.ndarray:
    """A mask of the spans all of whose runs other texts have."""
    missing = ~np.isin(spans.codes, others.codes)
    return (np.bincount(spans.places, missing, minlength=len(spans)) == 0) & (spans.lengths > 0)
