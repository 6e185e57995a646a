"""Spread: are records spread over documents and kinds, and do questions differ?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.tokens import tokens

TENTH = 0.1


class Spread:
    """Records that crowd on few documents, few kinds or few questions.

    ``unused`` is the share of documents without a record (0: none, 1: all).  ``crowded`` is the share of records that
    the tenth of the used documents with most records has, its baseline the same if each had equally many.
    ``commonest kind`` is the share of records of one kind, its baseline the same if all kinds were as common.
    ``repeated`` is the share of questions that ask in the same words, case and marks aside, what an earlier record
    asks.  All are counts of the whole and have no error of sampling.
    """

    name = "spread"
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterator[Finding]:
        frame = evidence.frame
        used = frame["document_id"].value_counts()
        missing = ~pd.Index(list(evidence.documents)).isin(used.index)
        yield share(self.name, "all documents", "unused", missing)
        if not len(frame):
            yield share(self.name, "all records", "crowded", np.empty(0))
            return
        busiest = max(1, round(TENTH * len(used)))
        value = float(used.iloc[:busiest].sum() / len(frame))
        yield self._finding("crowded", value, busiest / len(used), len(frame))
        kinds = frame["kind"].value_counts(normalize=True)
        yield self._finding("commonest kind", float(kinds.iloc[0]), 1 / len(kinds), len(frame),
                            f"{len(kinds)} kinds")  # fmt: skip
        said = pd.Series([" ".join(tokens(question)) for question in frame["question"]])
        yield share(self.name, "all records", "repeated", said.duplicated().to_numpy())

    def _finding(self, metric: str, value: float, baseline: float, rows: int, note: str = "") -> Finding:
        return Finding(self.name, self.family, "all records", metric, value, value, value, baseline, n=rows, note=note)
