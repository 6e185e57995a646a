"""Which combinations of values have been drawn before, across shards."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind
from synth_pipeline.spec.constraints import Unique


@dataclass(slots=True, eq=False)
class Seen:
    """64-bit hashes, 8 bytes a row, in sorted runs that are merged as they grow.

    Two combinations that differ share a hash once in 2**64 pairs; then the second is dropped, which breaks nothing.
    """

    rule: Unique
    _runs: list[np.ndarray] = field(default_factory=list)

    def repeated(self, table: Table) -> np.ndarray:
        """A mask of the rows that repeat an earlier one of the table or one that was added before."""
        hashes, known = self._hashes(table)
        again = np.zeros(len(hashes), bool)
        again[known] = pd.Series(hashes[known]).duplicated().to_numpy()
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            again |= run[places] == hashes
        return again & known

    def add(self, table: Table) -> None:
        """Take note of rows, which are new."""
        hashes, known = self._hashes(table)
        if not known.any():
            return
        self._runs.append(np.sort(hashes[known]))
        while len(self._runs) > 1 and len(self._runs[-1]) >= len(self._runs[-2]):
            self._runs[-2:] = [np.sort(np.concatenate(self._runs[-2:]))]

    def _hashes(self, table: Table) -> tuple[np.ndarray, np.ndarray]:
        """A hash for each row, and which rows have all values; a missing value is equal to none."""
        names = list(self.rule.columns)
        known = table.frame[names].notna().all(axis=1).to_numpy()
        return pd.util.hash_pandas_object(_plain(table, names), index=False).to_numpy(), known


def _plain(table: Table, names: list[str]) -> pd.DataFrame:
    """The columns in types that do not depend on whether a value is missing, since hashes depend on types."""
    out: dict[str, pd.Series] = {}
    for name in names:
        values, kind = table.frame[name], table.schema[name].kind
        if kind in (Kind.INTEGER, Kind.BOOLEAN):
            out[name] = values.fillna(False if kind is Kind.BOOLEAN else 0).astype("int64")
        elif kind is Kind.DECIMAL:
            out[name] = values.fillna(0.0).astype("float64") + 0.0  # -0.0 is 0.0
        elif kind is Kind.DATETIME:
            out[name] = values.astype("int64")
        else:
            out[name] = values.fillna("").astype("object")
    return pd.DataFrame(out)
