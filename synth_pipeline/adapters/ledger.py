"""Ledgers: what happened, one immutable Parquet file per batch of events.  dbt turns them into marts."""

import os
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.finding import COLUMNS as FINDING
from synth_pipeline.core.finding import NUMBERS

_WHO = ("dataset", "run_id")

KINDS: Mapping[str, tuple[str, ...]] = {
    # every measurement, written before it is judged
    "findings": (*_WHO, "gate", "artefact", *FINDING),
    # how each gate came out for one content
    "judgements": (*_WHO, "gate", "artefact", "suite", "verdict", "reasons"),
    # staged, released and refused; of records over documents records_staged, records_released and records_refused
    "releases": (
        *_WHO,
        "event",
        "version",
        "batch_id",
        "rows",
        "generator",
        "generation",
        "seed",
        "source",
        "spec",
        "reasons",
    ),
    # every look at the sealed rows
    "openings": (*_WHO, "version"),
    # every generator that was fitted and audited beside the declared one, which is a further look at the holdout
    "attempts": (*_WHO, "generator", "identity", "seed", "artefact", "verdict", "reasons"),
    # synthetic rows that wait for a person, and what that person decided
    "reviews": (*_WHO, "of", "record", "state", "why", "said", "reviewer", "row"),
    # memorisation blocks, which are final for an identity
    "blocks": (*_WHO, "identity", "reasons"),
}

_NUMBERS = {*NUMBERS}
_COUNTS = {"n", "rows", "generation", "seed"}


@dataclass(frozen=True, slots=True)
class Ledger:
    """Appends events and reads them back."""

    store: Store

    def write(self, kind: str, events: Iterable[Mapping[str, Any]]) -> None:
        """Append a batch; times stand only here, in UTC."""
        rows = list(events)
        if not rows:
            return
        frame = pd.DataFrame(rows, columns=list(KINDS[kind]))
        for name in frame.columns:
            frame[name] = frame[name].astype("float64" if name in _NUMBERS else "int64" if name in _COUNTS else "str")
        frame["at"] = pd.Timestamp(datetime.now(UTC).replace(tzinfo=None)).as_unit("us")
        folder = self.store.ledgers / kind
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.parquet"
        aside = folder / f".{name}"
        frame.to_parquet(aside, index=False)
        os.replace(aside, folder / name)

    def read(self, kind: str, dataset: str | None = None) -> pd.DataFrame:
        """All events of a kind, in the order in which they were written."""
        files = sorted(self._files(kind))
        if not files:
            return pd.DataFrame(columns=[*KINDS[kind], "at"])
        frame = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
        return frame if dataset is None else frame[frame["dataset"] == dataset].reset_index(drop=True)

    def _files(self, kind: str) -> list[Path]:
        folder = self.store.ledgers / kind
        return [path for path in folder.glob("*.parquet") if not path.name.startswith(".")] if folder.exists() else []
