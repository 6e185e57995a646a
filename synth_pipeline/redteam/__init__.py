"""Planted faults that measure our own audit.

This is the one list of them: a new one is a function in the file of its family, and a line below.
"""

from synth_pipeline.redteam import (
    associations,
    collapse,
    copies,
    dates,
    distributions,
    labels,
    outliers,
    partial_copies,
    structure,
    text,
)
from synth_pipeline.redteam.fault import Fault, fault
from synth_pipeline.redteam.scene import NotApplicable, Scene

__all__ = ["FAULTS", "Fault", "NotApplicable", "Scene"]

ROWS, COLUMNS, DEVIATIONS, WHOLE = "share of rows", "columns", "standard deviations", "all or nothing"

FAULTS: tuple[Fault, ...] = (
    fault("verbatim copies 0.2 %", copies.verbatim, 0.002, ROWS, "memorisation"),
    fault("verbatim copies 0.5 %", copies.verbatim, 0.005, ROWS, "memorisation"),
    fault("verbatim copies 1 %", copies.verbatim, 0.01, ROWS, "memorisation"),
    fault("verbatim copies 5 %", copies.verbatim, 0.05, ROWS, "memorisation"),
    fault("jittered copies 1 %", copies.jittered, 0.01, ROWS, "memorisation"),
    fault("jittered copies 5 %", copies.jittered, 0.05, ROWS, "memorisation"),
    fault("rounded copies 1 %", copies.rounded, 0.01, ROWS, "memorisation"),
    fault("synthetic is train", copies.all_of_train, 1, WHOLE, "memorisation"),
    fault("holdout leaked into training 5 %", copies.of_both_sides, 0.05, ROWS, "sealed"),
    fault("outliers copied 0.2 %", outliers.copied, 0.002, ROWS, "memorisation"),
    fault("outliers copied 0.5 %", outliers.copied, 0.005, ROWS, "memorisation"),
    fault("outliers jittered 0.2 %", outliers.jittered, 0.002, ROWS, "memorisation"),
    fault("outliers jittered 0.5 %", outliers.jittered, 0.005, ROWS, "memorisation"),
    fault("one canary 20 times", outliers.canary, 20, "times", "memorisation", "diversity", expected="warn"),
    fault("copies with 2 columns redrawn", partial_copies.redrawn, 2, COLUMNS, "memorisation"),
    fault("copies with 3 columns redrawn", partial_copies.redrawn, 3, COLUMNS, "memorisation"),
    fault("copies with 5 columns redrawn", partial_copies.redrawn, 5, COLUMNS, "memorisation"),
    fault("2 % copies with 2 columns redrawn", partial_copies.redrawn_twice_as_many, 2, COLUMNS, "memorisation"),
    fault("2 % copies with 3 columns redrawn", partial_copies.redrawn_twice_as_many, 3, COLUMNS, "memorisation"),
    fault("2 % copies with 5 columns redrawn", partial_copies.redrawn_twice_as_many, 5, COLUMNS, "memorisation"),
    fault(
        "one secret on other records 5 %",
        partial_copies.secret_on_others,
        0.05,
        ROWS,
        "fidelity",
        "diversity",
        expected="warn",
    ),
    fault("copies under new ids 1 %", partial_copies.under_new_ids, 0.01, ROWS, "memorisation"),
    fault("keys reused 1 %", partial_copies.reused_keys, 0.01, ROWS, "memorisation"),
    fault("training texts reworded 3 %", text.reworded, 0.03, ROWS, "memorisation"),
    fault("personal data in text 1 %", text.made_up_personal_data, 0.01, ROWS, "memorisation", expected="warn"),
    fault("personal data of train in text 1 %", text.real_personal_data, 0.01, ROWS, "memorisation"),
    fault("shifted by 0.05 deviations", distributions.shifted, 0.05, DEVIATIONS, "fidelity", expected="warn"),
    fault("shifted by 0.1 deviations", distributions.shifted, 0.1, DEVIATIONS, "fidelity", expected="warn"),
    fault("shifted by 0.2 deviations", distributions.shifted, 0.2, DEVIATIONS, "fidelity", expected="warn"),
    fault("shifted by 0.5 deviations", distributions.shifted, 0.5, DEVIATIONS, "fidelity"),
    fault("upper 1 % dropped", distributions.tail_dropped, 0.01, "share of a column", "fidelity", "diversity"),
    fault("rare category dropped", distributions.rare_category_dropped, 1, WHOLE, "fidelity", "diversity"),
    fault("pure noise", distributions.noise, 1, WHOLE, "fidelity"),
    fault("constant column", structure.constant, 1, WHOLE, "fidelity"),
    fault("unseen category 1 %", structure.unseen_category, 0.01, ROWS, "fidelity", "input"),
    fault("wrong type", structure.wrong_type, 0.05, ROWS, "input", expected="refuse"),
    fault("one column permuted", associations.permuted, 1, WHOLE, "fidelity"),
    fault("nulls independent", associations.nulls_independent, 1, WHOLE, "fidelity"),
    fault("labels swapped 5 %", labels.swapped, 0.05, ROWS, "fidelity", "utility", expected="warn"),
    fault("rarest label thinned to a half", labels.imbalanced, 0.5, "share that is left", "fidelity"),
    fault("bias amplified in one group", labels.bias_amplified, 0.75, "share of its rare rows", "fidelity"),
    fault("dates out of range 1 %", dates.out_of_range, 0.01, ROWS, "fidelity", "input"),
    fault("end before start 2 %", dates.end_before_start, 0.02, ROWS, "fidelity"),
    fault("time order broken", dates.order_broken, 1, WHOLE, "fidelity"),
    fault("modes lost 30 %", collapse.modes_lost, 0.3, ROWS, "fidelity", "diversity"),
    fault("rare kinds of rows dropped 20 %", collapse.rare_kinds_dropped, 0.2, ROWS, "fidelity", "diversity"),
    fault("rows duplicated 30 %", collapse.duplicated, 0.3, ROWS, "diversity"),
    fault("five recursive generations", collapse.recursive, 5, "generations", "fidelity", "diversity"),
)
