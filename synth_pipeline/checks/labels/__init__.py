"""Checks of records made over real documents, one file each.

This is the one list of them: a new one is a file here, its name below and a line in ``grounding.json``.
"""

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.grounding import Grounding
from synth_pipeline.checks.labels.judge import Judge
from synth_pipeline.checks.labels.protocol import LabelCheck
from synth_pipeline.checks.labels.round_trip import RoundTrip
from synth_pipeline.checks.labels.samples import Samples
from synth_pipeline.checks.labels.sources import Sources
from synth_pipeline.checks.labels.spread import Spread

__all__ = ["LABEL_CHECKS", "LabelCheck", "LabelEvidence"]

LABEL_CHECKS: tuple[LabelCheck, ...] = (Grounding(), RoundTrip(), Spread(), Sources(), Samples(), Judge())
