"""What every stage is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.storage import Artefact, Store
from synth_pipeline.dataset import DatasetSpec

SEED = "synth/seed"
DRILL = "synth/drill_copies"
ATTEMPT = "synth/attempt"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one data set.

    ``tags`` may set another seed than the spec's (a scheduled tick, a retry), or call a drill: a share
    of training rows planted among the candidates, to see the audit find them.
    """

    spec: DatasetSpec
    store: Store
    id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.store)

    @property
    def seeded(self) -> DatasetSpec:
        """The spec with the seed of this run."""
        if SEED not in self.tags:
            return self.spec
        return self.spec.model_copy(update={"seed": int(self.tags[SEED])})

    @property
    def drill(self) -> float:
        """Share of candidates to be replaced by training rows, 0 to 1."""
        return float(self.tags.get(DRILL, 0))

    def get(self, asset: str) -> Artefact:
        """What this run made of an asset, or what is in force."""
        return self.store.get(self.name, asset, self.id)

    def find(self, asset: str) -> Artefact | None:
        return self.store.find(self.name, asset, self.id)

    def released(self, event: str = "released") -> str | None:
        """Version of the rows, or by ``records_released`` of the records, that this very run released."""
        events = self.ledger.read("releases", self.name)
        mine = events[(events["run_id"] == self.id) & (events["event"] == event)]
        return str(mine["version"].iloc[-1]) if len(mine) else None

    def who(self) -> dict[str, str]:
        """How the ledgers name this run."""
        return {"dataset": self.name, "run_id": self.id}
