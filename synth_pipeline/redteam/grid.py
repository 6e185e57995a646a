"""Where the numbers of a column may lie."""

import numpy as np

from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column

FEW = 60  # a column with at most so many values keeps to them


def snapped(numbers: np.ndarray, column: Column) -> np.ndarray:
    """Numbers at the nearest points of the column's grid, if it has one."""
    if not column.grid:
        return numbers
    steps = np.round(numbers / column.grid)
    whole = round(1 / column.grid)  # 3 / 10 is the float that 0.3 is read as, and 3 * 0.1 is not
    return steps / whole if np.isclose(whole * column.grid, 1) else steps * column.grid


def dithered(numbers: np.ndarray, real: Table, name: str, stream: np.random.Generator) -> np.ndarray:
    """Numbers moved to the next point below or above on which real ones lie, at random, so that means are kept.

    The points are the values themselves where these are few, else those of the grid.
    """
    column, known = real.schema[name], np.unique(real.numbers(name))
    known = known[~np.isnan(known)]
    if len(known) <= FEW:
        below = np.clip(np.searchsorted(known, numbers, "right") - 1, 0, max(0, len(known) - 2))
        low, high = known[below], known[np.minimum(below + 1, len(known) - 1)]
    elif column.grid:
        low = np.floor(numbers / column.grid) * column.grid
        high = low + column.grid
    else:
        return numbers
    part = (numbers - low) / np.where(high > low, high - low, 1)
    return np.where(np.isnan(numbers), np.nan, snapped(np.where(stream.random(len(part)) < part, high, low), column))
