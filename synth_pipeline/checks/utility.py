"""Utility: does a model trained on synthetic rows predict real holdout rows as well as one trained on real rows?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.corpora import corpora
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.prediction import MODELS, Task
from synth_pipeline.checks.recall import rarest, shortfall
from synth_pipeline.checks.scores import Ratio, Scores, ratio
from synth_pipeline.checks.text_prediction import Reading
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding


class Utility:
    """Train on synthetic, test on real (TSTR).

    Boosted trees and a linear model are trained on synthetic rows and on equally many real train rows, five
    times each on bootstrap samples, and predict the target of the holdout.  ``ratio`` is the score of the
    first over that of the second (1: as good as real, below: worse) with an interval at 95 % for the choice
    of rows on all sides.  The score is the area under the ROC curve, one class against the rest and averaged;
    for numbers it is one over the root mean squared error.  ``skill`` is what remains above a model without
    information (0: nothing, 1: perfect), that of real rows being its baseline.  ``augmented`` is the same
    ratio for trees trained on train with the synthetic rows added, over train alone (1: they change nothing).
    ``rare recall`` is how much less of the target's rarest class trees find, at the same precision, when
    trained on synthetic rows (0: as much, 1: nothing any more).  Where there are columns of text and the target is
    a category, a linear model of their words predicts it too, and its score is the share of holdout texts that are
    told right.  Esteban, Hyland and Raetsch (2017),
    arXiv:1706.02633.
    """

    name = "utility"
    family = Family.UTILITY

    def __init__(self, *, ratio_alone: bool = False) -> None:
        """``ratio_alone`` leaves out what is neither ``ratio`` nor ``skill``, and the models for it."""
        self.ratio_alone = ratio_alone

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if evidence.target is None:
            return
        readable = bool(evidence.texts) and evidence.target in evidence.nominal
        alone = readable and evidence.names == [evidence.target]
        for way in [self._by_columns] * (not alone) + [self._by_texts] * readable:
            try:
                yield from way(evidence)
            except Unmeasurable as reason:
                subject = evidence.target if way == self._by_columns else f"{evidence.target}, text model"
                note = f"{reason.problem.rstrip('.')}: {reason.fix}"
                yield Finding(self.name, self.family, subject, "ratio", np.nan, note=note)

    def _by_columns(self, evidence: Evidence) -> Iterator[Finding]:
        task = Task.of(evidence)
        size = min(task.size, len(task.tested))
        for model in MODELS:
            made, real = (Scores.of(task, model, side) for side in ("synthetic", "train"))
            subject = f"{task.target}, {model}"
            yield self._ratio(subject, "ratio", ratio(made, real), size, _said(task, made, real))
            yield Finding(self.name, self.family, subject, "skill", made.skill, baseline=real.skill, n=size)
        if self.ratio_alone:
            return
        both, real = (Scores.of(task, "boosted trees", side) for side in ("both", "train"))
        yield self._ratio(task.target, "augmented", ratio(both, real, paired=True), size, _said(task, both, real))
        if (rare := rarest(task)) is not None:
            found = shortfall(task, rare)
            yield Finding(self.name, self.family, task.target, "rare recall", found.value, found.low, found.high, 0.0,
                          n=found.events, note=found.said)  # fmt: skip

    def _by_texts(self, evidence: Evidence) -> Iterator[Finding]:
        assert evidence.target is not None
        reading = Reading.of(corpora(evidence), evidence.target)
        made, real = reading.scores(2), reading.scores(0)
        size, subject = min(reading.size, len(reading.rows.holdout)), f"{evidence.target}, text model"
        said = (f"{made.fits.mean():.3f} of texts told right after training on synthetic texts, "
                f"{real.fits.mean():.3f} on real ones")  # fmt: skip
        yield self._ratio(subject, "ratio", ratio(made, real), size, said)
        yield Finding(self.name, self.family, subject, "skill", made.skill, baseline=real.skill, n=size)

    def _ratio(self, subject: str, metric: str, found: Ratio, size: int, note: str) -> Finding:
        return Finding(
            self.name, self.family, subject, metric, found.value, found.low, found.high, 1.0, n=size, note=note
        )


def _said(task: Task, made: Scores, real: Scores) -> str:
    means = [float(side.fits.mean()) for side in (made, real)]
    if task.classes:
        return f"AUC {means[0]:.3f} trained with synthetic rows, {means[1]:.3f} on real ones"
    return (
        f"RMSE {1 / means[0]:.4g} trained with synthetic rows, {1 / means[1]:.4g} on real ones, in standard deviations"
    )
