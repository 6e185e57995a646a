"""The metrics of mostlyai-qa's report at its defaults: ``python score_mostlyai_qa.py FOLDER...``

It documents no threshold, but says in ``mostlyai/qa/metrics.py`` and in its report which way each metric should
go, and that is what stands here.  Its sentence embedder comes with the package.  The charts of the HTML report,
which take most of the time and no part in the metrics, are not drawn.
"""

import tempfile
from pathlib import Path
from typing import Any

from mostlyai import qa
from mostlyai.qa import _distances, _html_report, _similarity, reporting
from protocol import Case, run, score

for module in (_distances, _html_report, _similarity, reporting):
    for name in dir(module):
        if name.startswith(("plot_store", "store_report")):
            setattr(module, name, lambda *_, **__: None)


def scores(case: Case) -> dict[str, Any]:
    qa.set_random_state(0)
    with tempfile.TemporaryDirectory() as scratch:
        _, metrics = qa.report(
            syn_tgt_data=case.synthetic,
            trn_tgt_data=case.train,
            hol_tgt_data=case.holdout,
            report_path=Path(scratch) / "report.html",
        )
    return _accuracy(metrics.accuracy) | _similarities(metrics.similarity) | _closeness(metrics.distances)


def _accuracy(found: Any) -> dict[str, Any]:
    """As close as possible to the theoretical maximum, but not significantly higher."""
    parts = ("overall", "univariate", "bivariate", "trivariate")
    return {f"{part} accuracy": score(getattr(found, part), "either") for part in parts}


def _similarities(found: Any) -> dict[str, Any]:
    """As close as possible to 1, but not significantly higher than of the holdout; an AUC close to 0.5."""
    return {
        "cosine similarity": score(found.cosine_similarity_training_synthetic, "either"),
        "discriminator AUC": score(found.discriminator_auc_training_synthetic, "either"),
    }


def _closeness(found: Any) -> dict[str, Any]:
    """About as many identical matches, and about the same distances, to training as to holdout."""
    return {
        "identical matches, training less holdout": score(found.ims_training - found.ims_holdout, "high"),
        "average distance, training less holdout": score(found.dcr_training - found.dcr_holdout, "low"),
        "DCR share": score(found.dcr_share, "high"),
        "NNDR ratio": score(found.nndr_training / found.nndr_holdout, "either"),
    }


if __name__ == "__main__":
    run(scores)
