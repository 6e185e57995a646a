"""SynthEval's full evaluation at its defaults, with its privacy preset's attribute disclosure and a holdout.

    python score_syntheval.py FOLDER...

It documents no threshold.  A score is its own normalised one, of which it says that higher is better, so that
nobody but its authors decides which way is worse.
"""

import os
import tempfile
from typing import Any

import numpy as np
from protocol import Case, run, score
from syntheval import AnalysisConfig, SynthEval


def scores(case: Case) -> dict[str, Any]:
    np.random.seed(0)  # noqa: NPY002 - SynthEval draws from the global stream
    evaluator = SynthEval(
        case.train,
        holdout_dataframe=case.holdout,
        verbose=False,
        enable_plots=False,
        console="off",
        show_warnings=False,
    )
    # a target given by its name alone leaves attribute disclosure without a column to attack, in 1.7.3
    target = AnalysisConfig(case.train, case.target)
    found = evaluator.evaluate(case.synthetic, target, presets_file="full_eval", att_discl={})
    return {row.metric: score(row.n_val, "low") for row in found.itertuples()}


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())  # it writes its settings where it runs
    run(scores)
