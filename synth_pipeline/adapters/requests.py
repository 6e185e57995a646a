"""The ledger of requests to language models: where it lies, and what of it dbt gets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.storage import Store, locked
from synth_pipeline.llm.ledger import EXPORTED, RequestLedger

REQUESTS = Path("requests") / "requests.sqlite"  # in the restricted area
_COUNTS = {"id", "sample", "input_tokens", "output_tokens", "cached_tokens", "attempts", "lost"}
_AMOUNTS = {"cost", "latency"}


def request_ledger(store: Store) -> RequestLedger:
    """The ledger of a store, in the restricted area: prompts may hold real rows."""
    return RequestLedger(store.restricted / REQUESTS)


def export_requests(store: Store, ledger: RequestLedger) -> int:
    """Write outcomes that dbt has not got yet, without prompts and answers; returns how many.

    One immutable file per batch, named for the outcomes in it, so that what was written is known after a crash too.
    """
    folder = store.ledgers / "requests"
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with locked(folder / ".lock"):
        last = max((int(path.name.split("-")[1]) for path in folder.glob(f"[0-9]*-{ledger.name}.parquet")), default=0)
        while rows := ledger.rows(last):
            first, last = rows[0][EXPORTED.index("id")], rows[-1][EXPORTED.index("id")]
            _write(folder / f"{first:012d}-{last:012d}-{ledger.name}.parquet", ledger.name, rows)
            written += len(rows)
    return written


def export_what_there_is(store: Store) -> int:
    """Write what dbt has not got yet, where anything was ever asked; returns how many outcomes."""
    if not (store.restricted / REQUESTS).exists():
        return 0
    with request_ledger(store) as ledger:
        return export_requests(store, ledger)


def _write(path: Path, ledger: str, rows: Sequence[Sequence[Any]]) -> None:
    frame = pd.DataFrame(list(rows), columns=list(EXPORTED)).rename(columns={"id": "outcome"})
    frame.insert(0, "ledger", ledger)
    for name in frame.columns:
        if name in _COUNTS or name == "outcome":
            frame[name] = frame[name].astype("Int64")
        elif name in _AMOUNTS:
            frame[name] = frame[name].astype("float64")
        elif name == "billed":
            frame[name] = frame[name].astype("boolean")
        elif name == "at":
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        else:
            frame[name] = frame[name].astype("str")
    aside = path.with_name(f".{path.name}")
    frame.to_parquet(aside, index=False)
    aside.replace(path)
