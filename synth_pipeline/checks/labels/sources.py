"""Sources: are all records made over documents of train, and over no other?"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.tokens import tokens

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
        spans = [words for span in evidence.frame["span"] if len(words := tokens(span)) >= FEWEST]
        if spans and evidence.barred_texts:
            own, others = _runs(evidence.documents.values()), _runs(evidence.barred_texts)
            yield share(self.name, "spans of eight words", "barred words",
                        np.array([_stands(words, others) and not _stands(words, own) for words in spans]))  # fmt: skip


def _runs(texts: Iterable[str]) -> set[bytes]:
    """Every run of eight words of any text."""
    return {run for text in texts for run in _hashes(tokens(text))}


def _hashes(words: list[str]) -> Iterator[bytes]:
    for start in range(len(words) - FEWEST + 1):
        yield blake2b(" ".join(words[start : start + FEWEST]).encode(), digest_size=8).digest()


def _stands(words: list[str], runs: set[bytes]) -> bool:
    """Whether all runs of a span are among those of the documents."""
    return all(run in runs for run in _hashes(words))
