"""Constraints: does every synthetic row keep to what was declared?"""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.constraints import misfits, violations
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.table import Table
from synth_pipeline.spec.constraints import Constraint


class Constraints:
    """Declared constraints and keys.

    ``violations`` is the share of synthetic rows that break a constraint (0: none, 1: all), its baseline the
    same share of the holdout's rows.  Combinations and dependencies are held against all real rows, those of
    the holdout against train's.  ``repeated keys`` is the share of rows whose key occurs in an earlier row,
    ``missing keys`` that of rows without one.  Each is a count of the whole table and has no error of
    sampling, so that both bounds are the value itself.  Without declarations there are no such findings.
    """

    name = "constraints"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        titles = [constraint.title for constraint in evidence.constraints]
        for place, constraint in enumerate(evidence.constraints):
            twin = titles[: place + 1].count(titles[place])  # of columns whose names hold commas
            subject = titles[place] + (f" ({twin})" if twin > 1 else "")
            if problem := _unfit(constraint, evidence):
                yield Finding(self.name, self.family, subject, "violations", math.nan, note=problem)
                continue
            real = evidence.real.recall((self.name, "real"), lambda: _together(evidence))
            baseline = evidence.real.recall(
                (self.name, constraint),
                lambda constraint=constraint: _share(
                    violations(constraint, evidence.holdout.table, evidence.train.table)
                ),
            )
            broken = violations(constraint, evidence.synthetic, real)
            yield self._finding(subject, "violations", broken, baseline)
        if evidence.key in evidence.schema.names:
            keys = [table.frame[evidence.key] for table in (evidence.synthetic, evidence.holdout.table)]
            for metric, broken in (("repeated keys", _repeated), ("missing keys", pd.Series.isna)):
                made, held = (broken(side).to_numpy() for side in keys)
                yield self._finding(str(evidence.key), metric, made, _share(held))

    def _finding(self, subject: str, metric: str, broken: np.ndarray, baseline: float) -> Finding:
        value, note = _share(broken), "" if len(broken) else "there are no synthetic rows"
        if broken.any():
            note = f"{int(broken.sum()):,} of {len(broken):,} rows"
        return Finding(self.name, self.family, subject, metric, value, value, value, baseline, n=len(broken), note=note)


def _unfit(constraint: Constraint, evidence: Evidence) -> str:
    """Why it cannot be measured, if so."""
    if absent := [name for name in constraint.names if name not in evidence.schema.names]:
        return f"there is no column {absent[0]!r}"
    return next((misfit.problem for misfit in misfits(constraint, evidence.schema)), "")


def _together(evidence: Evidence) -> Table:
    frames = [table.frame for table in evidence.tables[:2]]
    return Table(pd.concat(frames, ignore_index=True), evidence.schema)


def _repeated(keys: pd.Series) -> pd.Series:
    return keys.duplicated() & keys.notna()


def _share(broken: np.ndarray) -> float:
    return float(broken.mean()) if len(broken) else math.nan
