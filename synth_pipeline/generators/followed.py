"""Columns that follow from another: each level of that one has a single level here."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import Levels, is_continuous, levels
from synth_pipeline.spec.columns import Schema

FEWEST = 10  # rows of each level of the leading column, so that no pair of levels is that of one record
_GLANCE = 500  # rows that are looked at first


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """A column that is looked up: ``level[code of the leader]``."""

    leader: str
    leading: Levels
    column: Levels
    level: np.ndarray

    def look_up(self, led_by: pd.Series) -> pd.Series:
        """The values that belong to those of the leading column."""
        column = self.leading.column
        if self.leading.scale is not None:
            values = Table(led_by.to_frame(column.name), Schema(columns=(column,))).numbers(column.name)
        else:
            values = led_by.to_numpy(dtype=object, na_value=None)
        codes = pd.Index(self.leading.labels).get_indexer(pd.Index(values))
        return self.column.restore(self.level[codes])  # what is missing is -1: the last level


def followers(table: Table) -> dict[str, Followed]:
    """The columns of a table that follow from another; no leader follows itself.

    Numbers lead before categories, and earlier columns before later ones.
    """
    coded = {name: levels(table, name) for name in table.schema.modelled if not is_continuous(table, name)}
    coded = {name: one for name, one in coded.items() if one[0].count > 2}
    order = sorted(coded, key=lambda name: coded[name][0].scale is None)
    enough = [name for name in order if np.bincount(coded[name][1], minlength=1).min() >= FEWEST]
    found: dict[str, Followed] = {}
    leaders: set[str] = set()
    for name in order[::-1]:
        for leader in enough:
            if leader == name or leader in found or name in leaders:
                continue
            level = _level_of(*coded[leader], coded[name][1])
            if level is not None:
                found[name] = Followed(leader, coded[leader][0], coded[name][0], level)
                leaders.add(leader)
                break
    return found


def _level_of(leading: Levels, leads: np.ndarray, follows: np.ndarray) -> np.ndarray | None:
    """The level that belongs to each level of the leading column, if there is only one."""
    for rows in (slice(_GLANCE), slice(None)):
        level = np.zeros(leading.count, int)
        level[leads[rows]] = follows[rows]
        if (level[leads[rows]] != follows[rows]).any():
            return None
    return level
