"""Personal data, keys and tokens: e-mail addresses, bank accounts, API keys and the like in columns of text."""

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.personal import PATTERNS
from synth_pipeline.spec.columns import Kind

LARGEST = 200_000  # distinct values of a column that are read


class PersonalData:
    """Personal data in columns of text and categories, by pattern and check digit.

    ``of real records``: share of synthetic rows that hold such a datum which a real record holds too (0:
    none, 1: all rows).  ``well formed``: share of rows that hold anything of the kind, its baseline the
    same in the holdout; made-up ones are no leak, but somebody may answer to them.  Columns in which none
    occur are not named.  No datum is ever printed.
    """

    name = "personal_data"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        columns = evidence.schema.of(Kind.TEXT, Kind.CATEGORY, Kind.IDENTIFIER)
        holding = {column: made for column in columns if (made := _held(evidence.synthetic.frame[column])).held.any()}
        if not holding:
            yield Finding(self.name, self.family, "all columns", "of real records", 0.0, baseline=0.0,
                          n=len(evidence.synthetic), note=f"nothing of the kind in {len(columns)} columns")  # fmt: skip
        for column, made in holding.items():
            real = [_held(table.frame[column]) for table in evidence.tables[:2]]
            known = {datum for side in real for data in side["data"] for datum in data}
            leaked = made["data"].map(lambda data, known=known: not known.isdisjoint(data))
            kinds = ", ".join(sorted({kind for kinds in made["kinds"] for kind in kinds}))
            yield self._finding(column, "of real records", _share(made, leaked), 0.0, made, kinds)
            yield self._finding(column, "well formed", _share(made, made.held), _share(real[1], real[1].held), made,
                                kinds)  # fmt: skip

    def _finding(
        self, column: str, metric: str, value: float, baseline: float, made: pd.DataFrame, kinds: str
    ) -> Finding:
        return Finding(self.name, self.family, column, metric, value, baseline=baseline, n=int(made["rows"].sum()),
                       note=kinds)  # fmt: skip


def _share(held: pd.DataFrame, which: pd.Series) -> float:
    """Of rows."""
    return float(held["rows"][which].sum() / max(1, held["rows"].sum()))


def _held(values: pd.Series) -> pd.DataFrame:
    """One row per distinct value: how many rows have it, which data it holds and of what kinds."""
    counts = values.value_counts().head(LARGEST)
    found = [_data(str(value)) for value in counts.index]
    return pd.DataFrame({
        "rows": counts.to_numpy(),
        "data": [frozenset(data for _, data in hits) for hits in found],
        "kinds": [frozenset(kind for kind, _ in hits) for hits in found],
        "held": np.array([bool(hits) for hits in found], bool),
    })  # fmt: skip


def _data(text: str) -> list[tuple[str, str]]:
    """Kind and normal form of each datum in a text."""
    if not any(mark in text for mark in ("@", "-----", *"0123456789")):
        return []
    return [(kind, re.sub(r"[\s()-]", "", match).lower()) for kind, (pattern, holds) in PATTERNS.items()
            for match in pattern.findall(text) if holds(match)]  # fmt: skip
