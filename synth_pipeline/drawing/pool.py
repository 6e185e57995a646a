"""The rows of a shard as they come: what is kept of them, and what is still wanted."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.drawing.cells import Goal


@dataclass(slots=True, eq=False)
class Pool:
    """Rows in the order in which they were drawn: those that are kept, and spare ones that count for a least count.

    ``cells`` and ``marks`` are the labels of the rows (see ``Cells.labels``).
    """

    goal: Goal
    open: np.ndarray  # rows wanted, cell by cell
    hits: np.ndarray  # rows that came, cell by cell, then mark by mark
    marks: np.ndarray
    tables: list[Table] = field(default_factory=list)
    cells: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    kept: np.ndarray = field(default_factory=lambda: np.empty(0, bool))

    @classmethod
    def of(cls, goal: Goal) -> "Pool":
        marks = len(goal.least)
        return cls(goal, goal.quotas.copy(), np.zeros(len(goal.quotas) + marks, int), np.zeros((0, marks), bool))

    @property
    def short(self) -> np.ndarray:
        """Rows that are missing, cell by cell and then least count by least count."""
        return np.r_[self.open, np.maximum(self.goal.least - self.marks[self.kept].sum(0), 0)]

    def add(self, table: Table, cells: np.ndarray, marks: np.ndarray) -> Table:
        """Keep what is wanted of these rows, and return it."""
        inside = cells >= 0
        self.hits += np.r_[np.bincount(cells[inside], minlength=len(self.open)), marks[inside].sum(0)]
        taken = inside.copy()
        taken[inside] = _earlier(cells[inside]) < self.open[cells[inside]]
        self.open = self.open - np.bincount(cells[taken], minlength=len(self.open))
        unmet = self.goal.least > (self.marks[self.kept].sum(0) + marks[taken].sum(0))
        rows = np.flatnonzero(taken | (inside & marks[:, unmet].any(1)))
        self.tables.append(table.take(rows) if len(rows) < len(table) else table)
        self.cells = np.r_[self.cells, cells[rows]]
        self.marks = np.vstack([self.marks, marks[rows]])
        self.kept = np.r_[self.kept, taken[rows]]
        if not self.open.any():
            for mark in np.flatnonzero(self.short[len(self.open) :]):
                self._exchange(int(mark))
        return self.tables[-1]

    def rows(self, order: np.random.Generator | None) -> Table:
        """What is kept, in the order in which it came or in a random one."""
        frame = pd.concat([one.frame for one in self.tables], ignore_index=True)
        rows = np.flatnonzero(self.kept)
        return Table(frame, self.tables[0].schema).take(rows if order is None else order.permutation(rows))

    def _exchange(self, mark: int) -> None:
        """Spare rows that have the mark for kept ones of the same cell that are not needed for any least count."""
        surplus = self.marks[self.kept].sum(0) - self.goal.least
        for cell in np.unique(self.cells[~self.kept & self.marks[:, mark]]):
            here = self.cells == cell
            coming = np.flatnonzero(here & ~self.kept & self.marks[:, mark])
            leaving = np.flatnonzero(here & self.kept & ~self.marks[:, mark])
            coming = coming[np.argsort(-self.marks[coming].sum(1), kind="stable")].tolist()  # what counts most first
            for row in leaving[np.argsort(self.marks[leaving].any(1), kind="stable")]:  # what counts for nothing first
                if surplus[mark] >= 0 or not coming:
                    break
                gain = self.marks[coming[0]].astype(int) - self.marks[row]
                if (surplus[gain < 0] > 0).all():
                    self.kept[row], self.kept[coming.pop(0)] = False, True
                    surplus += gain


def _earlier(cells: np.ndarray) -> np.ndarray:
    """For each row, how many rows of its cell come before it."""
    order = np.argsort(cells, kind="stable")
    sorted_ = cells[order]
    out = np.empty(len(cells), int)
    out[order] = np.arange(len(cells)) - np.searchsorted(sorted_, sorted_)
    return out
