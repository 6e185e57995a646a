"""Rows that people have judged, from a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.judged import settled_scores
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.rowfile import read_rows
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.judging import Criterion

BLIND = ("document_id", "start", "end", "kind")  # columns of records over documents that are not for a judge


def shown_of(schema: Schema) -> Schema:
    """The columns that a judge sees of a table, or of records over documents."""
    hidden = BLIND if schema == RECORDS else ()
    return Schema(columns=tuple(schema[name] for name in schema.modelled if name not in hidden))


def read_people(path: Path, called: str, shown: Schema, rubric: Sequence[Criterion]) -> tuple[Table, np.ndarray]:
    """The rows under the columns that a judge is shown, and their scores, shape (rows, criteria), NaN where empty.

    A row that several people have judged comes once, with the score in the middle, the lower one of two.  Raises
    SynthError where the file cannot be read, lacks a column, or a score lies off its scale.
    """
    if twice := sorted({criterion.name for criterion in rubric} & set(shown.names)):
        raise SynthError(f"The criterion {twice[0]!r} is called as a column is.",
                         "call it otherwise, in the rubric and in the file of people's scores.")  # fmt: skip
    if not path.is_file():
        raise SynthError(f"{called} does not exist (looked for {path}).", "correct the path under 'judge'.")
    scored = [Column(name=criterion.name, kind=Kind.INTEGER, nullable=True) for criterion in rubric]
    read = read_rows(path, Schema(columns=(*shown.columns, *scored)), surplus=True)
    scores = np.column_stack([read.numbers(criterion.name) for criterion in rubric])
    for place, criterion in enumerate(rubric):
        worst, best = criterion.scale
        known = scores[~np.isnan(scores[:, place]), place]
        if ((known < worst) | (known > best)).any():
            raise SynthError(f"{called}, column {criterion.name!r}: a score does not lie from {worst} to {best}.",
                             "mend the file, or the scale of the criterion.")  # fmt: skip
    table = Table(read.frame[shown.names], shown)
    order: dict[str, list[int]] = {}
    for place, name in enumerate(row_hashes(table)):
        order.setdefault(name, []).append(place)
    settled = [settled_scores(scores[places].T[None])[0] for places in order.values()]
    return table.take(np.array([places[0] for places in order.values()], int)), np.array(settled).reshape(
        -1, len(rubric)
    )
