"""What faults are planted in: a clean situation."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind


class NotApplicable(Exception):
    """The table has no column that this fault could be planted in."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Real rows, split at random, and synthetic rows without fault, all under one schema."""

    train: Table
    holdout: Table
    clean: Table
    target: str | None = None
    sensitive: tuple[str, ...] = ()
    key: str | None = None
    seed: Seed = field(default_factory=lambda: Seed(0, ("redteam",)))

    @property
    def numeric(self) -> list[str]:
        """Columns with an order and distances; raises NotApplicable where there is none."""
        return self._some([one.name for one in self.clean.schema.columns if one.kind.is_numeric], "numeric")

    @property
    def nominal(self) -> list[str]:
        """Columns of levels; raises NotApplicable where there is none."""
        return self._some([one.name for one in self.clean.schema.columns if one.kind.is_nominal], "nominal")

    @property
    def compared(self) -> list[str]:
        """Columns that say something of a record: neither identifiers nor free text."""
        kinds = (Kind.IDENTIFIER, Kind.TEXT)
        return self._some([one.name for one in self.clean.schema.columns if one.kind not in kinds], "compared")

    def of(self, *kinds: Kind) -> list[str]:
        """Columns of these kinds; raises NotApplicable where there is none."""
        return self._some(self.clean.schema.of(*kinds), " or ".join(kinds))

    def stream(self, *path: object) -> np.random.Generator:
        return self.seed.child(*path).stream()

    def frame(self) -> pd.DataFrame:
        """A copy of the clean rows, to plant a fault in."""
        return self.clean.frame.copy()

    def replaced(self, rows: pd.DataFrame, stream: np.random.Generator) -> pd.DataFrame:
        """The clean rows, some of them replaced at random places by these; identifiers stay as they are."""
        frame, modelled = self.frame(), self.clean.schema.modelled
        places = np.sort(stream.permutation(len(frame))[: len(rows)])
        stays = np.ones(len(frame), bool)
        stays[places] = False
        both = pd.concat([frame.loc[stays, modelled], rows[modelled].iloc[: len(places)].set_axis(places)])
        frame[modelled] = both.sort_index()
        return frame

    def records(self, share: float, stream: np.random.Generator) -> pd.DataFrame:
        """Train rows drawn at random, as many as this share of the synthetic rows."""
        count = min(max(1, round(share * len(self.clean))), len(self.train))
        return self.train.frame.iloc[stream.permutation(len(self.train))[:count]].reset_index(drop=True)

    def _some(self, names: list[str], what: str) -> list[str]:
        if not names:
            raise NotApplicable(f"the table has no {what} column")
        return names
