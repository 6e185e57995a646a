"""Where synthetic rows come from, written on every one of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.core.table import RECORD_ID

PROVENANCE = "_provenance"
COLUMNS = (PROVENANCE, RECORD_ID, "_generator", "_generation", "_batch_id")
SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What one batch of synthetic rows was made from.

    ``generation`` is 1 where the generator learned from real rows only; each training on synthetic rows
    adds one.
    """

    source: str
    spec: str
    seed: int
    generator: str
    generation: int = 1

    @property
    def batch_id(self) -> str:
        return of_text(self.source, self.spec, str(self.seed), self.generator)

    def stamp(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows with their provenance columns; record ids are unique and cannot be a real record's."""
        ids = np.char.add(f"{SYNTHETIC}-{self.batch_id}-", np.arange(1, len(rows) + 1).astype(str))
        return rows.assign(
            **{
                PROVENANCE: pd.Series(SYNTHETIC, index=rows.index, dtype="str"),
                RECORD_ID: pd.Series(ids, index=rows.index, dtype="str"),
                "_generator": pd.Series(self.generator, index=rows.index, dtype="str"),
                "_generation": self.generation,
                "_batch_id": pd.Series(self.batch_id, index=rows.index, dtype="str"),
            }
        )
