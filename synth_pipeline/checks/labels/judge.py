"""Judge: what does a language model find of questions, answers and quotations?"""

from collections.abc import Iterable

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.verdicts import NAME, verdict_findings
from synth_pipeline.core.finding import Family, Finding


class Judge:
    """A judge's verdicts on records by a rubric, and whether the judge can be believed.

    The findings are those of the check of the same name for tables; there are no real questions to compare with, so
    that the baseline is what the judge finds below among rows that people accept, or 0.  Data sets that declare no
    judge of labels have no such findings.
    """

    name = NAME
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterable[Finding]:
        if evidence.judged is None:
            return []
        return verdict_findings(evidence.judged, self.family, evidence.seed.child(self.name))
