"""Rows that people have judged, from a file."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.rowfile import read_rows
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.spec.judging import Criterion


def read_people(path: Path, called: str, shown: Schema, rubric: Sequence[Criterion]) -> tuple[Table, np.ndarray]:
    """The rows under the columns that a judge is shown, and their scores, shape (rows, criteria), NaN where empty.

    Raises SynthError where the file cannot be read, lacks a column, or a score lies off its scale.
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
    return Table(read.frame[shown.names], shown), scores
