"""Traces: what the synthetic table shows of each real record, and what it would show of a leaked one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.matches import SCALES, surprise, with_real, with_synthetic
from synth_pipeline.checks.neighbours import TINY, points_of, searched, to_real, to_synthetic
from synth_pipeline.core.table import Table, from_numbers

PLANTED = 0.1  # share of the searched records that leaks are made of
MOST = 3_000
NOISE = 0.02  # of planted numbers, in standard deviations


@dataclass(frozen=True, slots=True, eq=False)
class Traces:
    """Of each searched row: distances to its nearest synthetic rows on both scales, and the surprise of its match."""

    distances: dict[str, np.ndarray]
    surprise: np.ndarray

    def take(self, rows: np.ndarray) -> "Traces":
        return Traces({scale: side[rows] for scale, side in self.distances.items()}, self.surprise[rows])

    def joined(self, other: "Traces") -> "Traces":
        """Of a table that holds the rows of both."""
        distances = {scale: np.sort(np.hstack([side, other.distances[scale]]), 1)[:, : side.shape[1]]
                     for scale, side in self.distances.items()}  # fmt: skip
        return Traces(distances, np.maximum(self.surprise, other.surprise))


def traces(evidence: Evidence) -> Traces:
    """Of all searched rows in the synthetic table."""
    distances = {scale: to_synthetic(evidence, scale).distances for scale in SCALES}
    return Traces(distances, with_synthetic(evidence))


def features(evidence: Evidence, seen: Traces, places: np.ndarray) -> np.ndarray:
    """Traces beside what is natural for the record: the same among real rows; shape (places, features).

    ``places`` are positions among the searched rows.
    """
    natural = with_real(evidence)[places]
    columns = [seen.surprise, natural[:, 0], natural[:, :3].mean(1), natural[:, -1], seen.surprise - natural[:, 0]]
    for scale in SCALES:
        made, real = seen.distances[scale] + TINY, to_real(evidence, scale).distances[places] + TINY
        ends = [made[:, 0], made.mean(1), real[:, 0], real.mean(1), made[:, 0] / real.mean(1)]
        columns += [np.log(end) for end in ends]
    return np.column_stack(columns)


def planted(evidence: Evidence) -> tuple[np.ndarray, Traces]:
    """Positions of searched rows, and the traces that a leak of each would leave.

    Rows of both sides are planted alike: verbatim, with noise on their numbers, and with a few or up to half
    of their columns redrawn.
    """
    rows = searched(evidence)
    stream = evidence.seed.child("plants").stream()
    places = np.sort(stream.permutation(len(rows))[: min(MOST, max(200, int(PLANTED * len(rows))))])
    leaked = evidence.of(_leaks(evidence, rows[places], stream))
    own = np.arange(len(places))
    distances = {
        scale: np.linalg.norm(points_of(leaked, rows[places], scale) - leaked.embed(2, own, scale=scale), axis=1)
        for scale in SCALES
    }
    alone = Traces({scale: side[:, None] for scale, side in distances.items()},
                   surprise(leaked, rows[places], own[:, None])[:, 0])  # fmt: skip
    return places, traces(evidence).take(places).joined(alone)


def _leaks(evidence: Evidence, rows: np.ndarray, stream: np.random.Generator) -> Table:
    """A table of leaked rows, each by one of the ways."""
    schema = evidence.schema
    real = pd.concat([table.frame for table in evidence.tables[:2]], ignore_index=True)
    names = evidence.names
    way = stream.choice(4, size=len(rows), p=[0.1, 0.4, 0.25, 0.25])
    redrawn = np.select([way == 2, way == 3], [min(2, len(names)), max(1, len(names) // 2)], 0)
    changed = stream.random((len(rows), len(names))).argsort(1) < stream.integers(redrawn // 2 + redrawn % 2,
                                                                                   redrawn + 1)[:, None]  # fmt: skip
    frame = real.iloc[rows].reset_index(drop=True)
    for place, name in enumerate(names):
        if schema[name].kind.is_numeric:
            frame[name] = _noisy(Table(frame, schema), name, way == 1, stream)
        other = real[name].iloc[stream.integers(len(real), size=len(rows))].reset_index(drop=True)
        frame[name] = frame[name].where(~changed[:, place], other)
    return Table.conform(frame, schema)


def _noisy(table: Table, name: str, which: np.ndarray, stream: np.random.Generator) -> pd.Series:
    """The column with noise where asked for, on its grid."""
    column, numbers = table.schema[name], table.numbers(name)
    spread = float(np.nanstd(numbers)) if np.isfinite(numbers).any() else 0.0
    moved = numbers + np.where(which, NOISE * spread * stream.standard_normal(len(numbers)), 0)
    if column.grid:
        moved = np.where(which, np.round(moved / column.grid) * column.grid, moved)
    return from_numbers(moved, column)
