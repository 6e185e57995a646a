"""Round trip: does a question find its document again among all?"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.space import Weights

ASKED = 2_000  # questions that are tried
FOUND = 10  # documents among which the right one must be
FEWEST = 5 * FOUND  # documents, or finding one among ten says nothing
LARGEST = 100_000  # documents that are searched
_HELD = 256  # questions whose distances to all documents are held at a time


class RoundTrip:
    """Questions that cannot be told what they are about.

    ``lost`` is the share of up to 2,000 random questions whose document is not among the ten nearest of all documents
    of train, by the cosine of TF-IDF weights of words (0: each finds its own, 1 - 10 / documents: no better than
    chance).  Its baseline is the same share for the quoted spans: the words of a document itself.
    """

    name = "round_trip"
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterator[Finding]:
        known = np.flatnonzero([text is not None for text in evidence.texts])
        stream = evidence.seed.child(self.name).stream()
        chosen = np.sort(stream.permutation(known)[:ASKED])
        count = len(evidence.documents)
        if not len(chosen) or count < FEWEST:
            told = f"there are {count:,} documents and {len(known):,} records of them; {FEWEST} documents are needed"
            yield Finding(self.name, self.family, "all records", "lost", np.nan, note=told)
            return
        names, texts = _searched(evidence, chosen, stream)
        documents = Grams.of_words(texts)
        weights = Weights.fit(documents)
        index = weights.of(documents).T.tocsc()
        place = {name: number for number, name in enumerate(names)}
        sample = evidence.frame.iloc[chosen]
        own = np.array([place[name] for name in sample["document_id"]])
        lost = _lost(weights.of(Grams.of_words(sample["question"].tolist())), index, own)
        quoted = _lost(weights.of(Grams.of_words(sample["span"].tolist())), index, own)
        chance = 1 - min(FOUND, len(names)) / len(names)
        note = f"by chance {chance:.3g}; among {len(names):,} documents"
        yield share(self.name, "all records", "lost", lost, float(quoted.mean()), sampled=True, note=note)
        kinds = sample["kind"].to_numpy()
        for kind in np.unique(kinds):
            mine = kinds == kind
            yield share(self.name, str(kind), "lost of a kind", lost[mine], float(quoted[mine].mean()), sampled=True,
                        note=note)  # fmt: skip


def _searched(evidence: LabelEvidence, chosen: np.ndarray, stream: np.random.Generator) -> tuple[list[str], list[str]]:
    """Names and texts of the documents that are searched: those that are asked about, and others up to a limit."""
    names = list(evidence.documents)
    if len(names) > LARGEST:
        asked = set(evidence.frame["document_id"].iloc[chosen])
        others = [name for name in names if name not in asked]
        picked = set(stream.permutation(len(others))[: LARGEST - len(asked)].tolist())
        asked |= {name for number, name in enumerate(others) if number in picked}
        names = [name for name in names if name in asked]
    return names, [evidence.documents[name] for name in names]


def _lost(queries: Any, index: Any, own: np.ndarray) -> np.ndarray:
    """A mask of the queries whose document has ten others as near or nearer; ties count against it."""
    out = np.ones(len(own), bool)
    for start in range(0, len(own), _HELD):
        rows = np.arange(start, min(start + _HELD, len(own)))
        near = np.asarray((queries[rows] @ index).todense())
        mine = near[np.arange(len(rows)), own[rows]]
        ahead = (near >= mine[:, None]).sum(1) - 1
        out[rows] = (mine <= 0) | (ahead >= FOUND)
    return out
