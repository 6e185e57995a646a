"""SDMetrics' reports and privacy metrics at their defaults: ``python score_sdmetrics.py FOLDER...``

"The score should be 100%" is what its documentation says of the diagnostic report
(docs.sdv.dev/sdmetrics/data-metrics/diagnostic/diagnostic-report-api); no other score has a documented threshold.

Distances and matches of a row depend on no other synthetic row, so rows that were measured against the same
train or holdout before are not measured again, and categories are compared as whole numbers: the scores are
those of the plain calls, in a fifth of the time.
"""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from protocol import Case, run, score
from sdmetrics.reports.single_table import DiagnosticReport, QualityReport
from sdmetrics.single_table import (
    DCRBaselineProtection,
    DCROverfittingProtection,
    DisclosureProtection,
    LogisticDetection,
    NewRowSynthesis,
)
from sdmetrics.single_table.privacy import dcr_baseline_protection, dcr_overfitting_protection

Measure = Callable[..., pd.Series]


def remembering(measure: Measure) -> Measure:
    """The same measure of rows against a reference, of each distinct row once."""
    known: dict[int, dict[int, float]] = {}

    def remembered(dataset: pd.DataFrame, reference_dataset: pd.DataFrame, **options: Any) -> pd.Series:
        found = known.setdefault(hash(tuple(_rows(reference_dataset))), {})
        keys = _rows(dataset)
        new = (~keys.isin(found.keys()) & ~keys.duplicated()).to_numpy()
        if new.any():
            rows = dataset[new].reset_index(drop=True)
            found |= zip(keys[new], measure(dataset=rows, reference_dataset=reference_dataset, **options), strict=True)
        return keys.map(found)

    return remembered


def _rows(frame: pd.DataFrame) -> pd.Series:
    return pd.util.hash_pandas_object(frame, index=False).reset_index(drop=True)


def newness(dataset: pd.DataFrame, reference_dataset: pd.DataFrame, metadata: dict[str, Any]) -> pd.Series:
    """NewRowSynthesis of each row by itself, of which the score is the mean."""
    rows = (dataset.iloc[[place]].reset_index(drop=True) for place in range(len(dataset)))
    return pd.Series([NewRowSynthesis.compute(reference_dataset, row, metadata) for row in rows])


remembered_newness = remembering(newness)
dcr_overfitting_protection.calculate_dcr = remembering(dcr_overfitting_protection.calculate_dcr)
dcr_baseline_protection.calculate_dcr = dcr_overfitting_protection.calculate_dcr
DCRBaselineProtection._seed = 0  # the random table that it compares with


def scores(case: Case) -> dict[str, Any]:
    np.random.seed(0)  # noqa: NPY002 - SDMetrics draws from the global stream
    kinds = {name: "categorical" if name in case.nominal else "numerical" for name in case.train.columns}
    metadata = {"columns": {name: {"sdtype": kind} for name, kind in kinds.items()}}
    train, holdout, synthetic = _encoded(case)
    close = DCROverfittingProtection.compute(train, synthetic, holdout, metadata, None)
    random = DCRBaselineProtection.compute(train, synthetic, metadata, None)
    new = remembered_newness(synthetic, train, metadata=metadata).mean()
    return {
        **_report(QualityReport(), case, metadata, None),
        **_report(DiagnosticReport(), case, metadata, 1.0),
        "NewRowSynthesis": score(new, "low"),
        "DCROverfittingProtection": score(close, "low"),
        "DCRBaselineProtection": score(random, "low"),
        "DisclosureProtection": score(_disclosure(case), "low"),
        "LogisticDetection": score(_detection(case, metadata), "low"),
    }


def _encoded(case: Case) -> list[pd.DataFrame]:
    """Train, holdout and synthetic with levels as whole numbers."""
    parts = [case.train, case.holdout, case.synthetic]
    together = pd.concat(parts, ignore_index=True)
    for name in case.nominal:
        together[name] = pd.factorize(together[name])[0]
    ends = np.cumsum([len(part) for part in parts])
    return [together.iloc[end - len(part) : end].reset_index(drop=True) for part, end in zip(parts, ends, strict=True)]


def _report(
    report: QualityReport | DiagnosticReport, case: Case, metadata: dict[str, Any], must: float | None
) -> dict[str, Any]:
    report.generate(case.train.copy(), case.synthetic.copy(), metadata, verbose=False)
    parts = {row["Property"]: score(row["Score"], "low") for row in report.get_properties().to_dict("records")}
    return {type(report).__name__: score(report.get_score(), "low", must), **parts}


def _disclosure(case: Case) -> float:
    """The target is what is to be kept; all else is known."""
    known = [name for name in case.train.columns if name != case.target]
    continuous = [name for name in known if name in case.numeric]
    return DisclosureProtection.compute(
        case.train, case.synthetic, known, [case.target], continuous_column_names=continuous
    )


def _detection(case: Case, metadata: dict[str, Any]) -> float | None:
    """Not measured where the synthetic table has a level that train lacks, on which SDMetrics ends with an error."""
    try:
        return LogisticDetection.compute(case.train, case.synthetic, metadata)
    except ValueError as error:
        print(error, file=sys.stderr)
        return None


if __name__ == "__main__":
    run(scores)
