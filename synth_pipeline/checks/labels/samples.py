"""Samples: does the labeller say the same when it is asked the same question again?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding


class Samples:
    """Answers that a labeller does not give again.

    ``at odds`` is the share of records, those among them that were dropped for it, whose question was answered
    otherwise by most of the samples (0: none, 1: all).  Labellers that ask once have no such finding.
    """

    name = "samples"
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterator[Finding]:
        if evidence.at_odds is None:
            return
        hits = np.repeat([True, False], [evidence.at_odds, len(evidence.frame)])
        yield share(self.name, "all records", "at odds", hits, sampled=True, note=f"{evidence.at_odds:,} were dropped")
