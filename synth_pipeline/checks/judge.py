"""Judge: does a language model find synthetic rows worse than real ones that it cannot tell apart?"""

from collections.abc import Iterable

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.verdicts import NAME, verdict_findings
from synth_pipeline.core.finding import Family, Finding


class Judge:
    """A judge's verdicts by a rubric, and whether the judge can be believed.

    ``as judged`` is the share of judged synthetic rows whose score is below what was declared acceptable (0: none, 1:
    all), its baseline the same share of as many holdout rows, judged blind; ``below acceptable`` is the same share as
    people would have it, by what the judge makes of rows that people have judged, or else the same number.  ``kappa`` is the agreement of
    judge and people beyond chance (1: always, 0: as by chance), ``agreement`` the share of equal scores, its baseline
    what chance gives.  ``wavering`` is the share of rows whose samples lie on both sides of what is acceptable,
    ``unanswered`` that of rows without a verdict, ``to review`` the number of rows that wait for a person.
    ``without people`` is 1 where nobody has judged before.  Data sets that declare no judge have no such findings.
    """

    name = NAME
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterable[Finding]:
        if evidence.judged is None:
            return []
        return verdict_findings(evidence.judged, self.family, evidence.seed.child(self.name))
