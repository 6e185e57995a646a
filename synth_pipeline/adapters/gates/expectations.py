"""The expectations that this project adds to Great Expectations.  Importing this module registers them."""

import os

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from great_expectations.compatibility.pydantic import root_validator
from great_expectations.expectations.expectation import BatchExpectation

from synth_pipeline.adapters.gates.tolerance import BOUNDS, weigh
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema


class ExpectFinding(BatchExpectation):
    """Every finding of this check and metric is there, was measured and keeps the bounds."""

    check: str
    metric: str
    subjects: list[str] | None = (
        None  # only these, each of which must be there unless optional; without it, at least one
    )
    optional: bool = False  # no such finding is no failure: not every table has such columns
    unless: str | None = None  # no such finding is no failure where there are findings of this check
    max_excess: float | None = None
    min_ratio: float | None = None
    family: str | None = None  # of the error budget
    voids: bool = False  # where it fails, nothing that this suite judges has been measured
    voids_check: bool = False  # where it does not hold, nothing of this check has been measured
    max_value: float | None = None
    min_value: float | None = None
    min_shown: float | None = None
    fetch_all: Literal[True] = True  # asks for the whole table under the name of a metric that exists

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.head",)
    success_keys: ClassVar[tuple[str, ...]] = (
        "check", "metric", "subjects", "optional", "unless", *BOUNDS, "voids", "voids_check",
        "fetch_all",
    )  # fmt: skip

    @root_validator(skip_on_failure=True, allow_reuse=True)  # Dagster reloads code
    def _is_bounded(cls, fields: dict[str, Any]) -> dict[str, Any]:  # noqa: N805
        bounds = [fields[name] for name in BOUNDS if fields[name] is not None]
        if not bounds or not all(isinstance(bound, str) or abs(bound) < float("inf") for bound in bounds):
            raise ValueError(f"needs a finite bound: one of {', '.join(BOUNDS)}")
        return fields

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        table = metrics["table.head"].reset_index(drop=True)
        optional = self.optional or (table["check"] == self.unless).any()
        table = table[(table["check"] == self.check) & (table["metric"] == self.metric)]
        if self.subjects is not None:
            table = table[table["subject"].isin(self.subjects)]
        bounds = {name: bound for name in BOUNDS if (bound := getattr(self, name)) is not None}
        judged = []
        for index, finding in table.iterrows():
            verdict, reason = weigh(finding, bounds)
            voids = self.voids and verdict is Verdict.BLOCK
            verdict = Verdict.UNMEASURED if voids else verdict
            judged.append({"index": index, "subject": finding["subject"], "verdict": verdict, "reason": reason,
                           "excess": abs(finding["value"] - finding["baseline"]), "voids": voids,
                           "voids_check": self.voids_check and not verdict.holds})  # fmt: skip
        absent = [] if optional else sorted(set(self.subjects or ()) - set(table["subject"]))
        if not len(table) and not self.subjects and not optional:
            absent = ["(any)"]
        judged += [
            {"index": None, "subject": subject, "verdict": Verdict.UNMEASURED, "reason": "is missing", "excess": 0.0}
            for subject in absent
        ]
        return {"success": all(row["verdict"].holds for row in judged), "result": {"judged": judged}}


class ExpectColumnKind(BatchExpectation):
    """The values of a column are of the kind that was recorded for it, and lie on its grid."""

    column: str
    kind: str
    grid: float | None = None
    fetch_all: Literal[True] = True

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.head",)
    success_keys: ClassVar[tuple[str, ...]] = ("column", "kind", "grid", "fetch_all")

    def _validate(self, metrics: Any, runtime_configuration: Any = None, execution_engine: Any = None) -> Any:
        frame: pd.DataFrame = metrics["table.head"]
        if self.column not in frame:
            return {"success": False, "result": {"observed_value": "the column is missing"}}
        column = Column(name=self.column, kind=Kind(self.kind), grid=self.grid)
        try:
            table = Table.conform(frame[[self.column]], Schema(columns=(column,)))
        except SynthError as error:
            return {"success": False, "result": {"observed_value": error.problem}}
        off = _off_grid(table, column)
        return {"success": not off, "result": {"observed_value": f"{off} values off the grid of {self.grid:g}"
                                               if off else self.kind}}  # fmt: skip


def _off_grid(table: Table, column: Column) -> int:
    """How many values are no multiple of the column's grid."""
    if not column.kind.is_numeric or not column.grid:
        return 0
    ratio = pd.Series(table.numbers(column.name)).dropna() / column.grid
    rounding = 1e-6 + 4 * np.finfo(float).eps * ratio.abs()  # of the number and of the division
    return int(((ratio - ratio.round()).abs() > rounding).sum())
