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
        return self.of(Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)

    @property
    def nominal(self) -> list[str]:
        """Columns of levels; raises NotApplicable where there is none."""
        return self.of(Kind.CATEGORY, Kind.BOOLEAN)

    @property
    def compared(self) -> list[str]:
        """Columns that say something of a record: neither identifiers nor free text."""
        return self.of(*(kind for kind in Kind if kind not in (Kind.IDENTIFIER, Kind.TEXT)))

    def of(self, *kinds: Kind) -> list[str]:
        """Columns of these kinds; raises NotApplicable where there is none."""
        names = self.clean.schema.of(*kinds)
        if not names:
            raise NotApplicable(f"the table has no column of kind {' or '.join(kinds)}")
        return names

    def distinct(self, name: str) -> int:
        """How many values a column has in train."""
        return self.train.frame[name].nunique()

    def spread(self, name: str) -> float:
        """Standard deviation of a numeric column of train; 0 where no value is known."""
        numbers = self.train.numbers(name)
        known = numbers[~np.isnan(numbers)]
        return float(known.std()) if len(known) else 0.0

    def stream(self, *path: object) -> np.random.Generator:
        return self.seed.child(*path).stream()

    def frame(self) -> pd.DataFrame:
        """A copy of the clean rows, to plant a fault in."""
        return self.clean.frame.copy()

    def places(self, share: float, stream: np.random.Generator, among: np.ndarray | None = None) -> np.ndarray:
        """So many of the synthetic rows, at least one, drawn at random; ``among`` says which may be drawn."""
        places = stream.permutation(len(self.clean) if among is None else np.flatnonzero(among))
        return places[: max(1, round(share * len(self.clean)))]

    def records(self, share: float, stream: np.random.Generator) -> pd.DataFrame:
        """Train rows drawn at random, as many as this share of the synthetic rows."""
        count = min(max(1, round(share * len(self.clean))), len(self.train))
        return self.train.frame.iloc[stream.permutation(len(self.train))[:count]].reset_index(drop=True)

    def replaced(self, rows: pd.DataFrame, stream: np.random.Generator) -> pd.DataFrame:
        """The clean rows, some of them replaced at random places by these; identifiers stay as they are."""
        frame, modelled = self.frame(), self.clean.schema.modelled
        places = np.sort(stream.permutation(len(frame))[: len(rows)])
        stays = np.ones(len(frame), bool)
        stays[places] = False
        both = pd.concat([frame.loc[stays, modelled], rows[modelled].iloc[: len(places)].set_axis(places)])
        frame[modelled] = both.sort_index()
        return frame

    def repeated(self, places: np.ndarray, sources: np.ndarray) -> pd.DataFrame:
        """The clean rows, of which those at ``places`` repeat those at ``sources``; identifiers stay as they are."""
        frame, modelled = self.frame(), self.clean.schema.modelled
        order = np.arange(len(frame))
        order[places] = sources
        frame[modelled] = picked(frame[modelled], order)
        return frame


def picked(values: pd.DataFrame, order: np.ndarray) -> pd.DataFrame:
    """Rows at these positions, in this order, under a new index."""
    return values.iloc[order].reset_index(drop=True)
