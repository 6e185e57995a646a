"""Where a synthetic record comes from: data set, release, generator and seed; prompt, request and parents besides."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synth_pipeline.adapters.endpoint import REQUESTS, request_ledger
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.storage import Artefact, Store
from synth_pipeline.core.account import ROW, TRACED, row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import RECORD_ID, Table

TRACES = "traces.parquet"
_ID = re.compile(r"^synthetic-([0-9a-f]{16})-(\d+)$")
_OF_RELEASE = ("dataset", "version", "batch_id", "generator", "generation", "seed", "source", "spec", "run_id")


@dataclass(frozen=True, slots=True)
class Trace:
    """``facts`` are names and values to be shown in order; ``messages`` and ``answer`` may hold rows of train."""

    facts: dict[str, str]
    messages: tuple[dict[str, str], ...] = ()
    answer: str = ""


def traced_records(candidates: Artefact, kept: Table, ids: pd.Series) -> pd.DataFrame:
    """The traces of candidates that became records, by record id; a row that has none is not among them."""
    if TRACES not in candidates.files:
        return pd.DataFrame(columns=[RECORD_ID, *TRACED], dtype="str")
    traces = pd.read_parquet(candidates.file(TRACES)).drop_duplicates(ROW)
    named = pd.DataFrame({RECORD_ID: ids.to_numpy(), ROW: row_hashes(kept)})
    return named.merge(traces, on=ROW, how="inner")[[RECORD_ID, *TRACED]]


def trace(store: Store, record_id: str) -> Trace:
    """Of a record of any data set, as it is in its latest release, or else as it was staged last.

    Raises SynthError where there is no such record.
    """
    found = _ID.match(record_id)
    events = Ledger(store).read("releases")
    events = events[events["batch_id"] == found[1]] if found else events.iloc[:0]
    for _, event in events[events["event"].isin(["released", "staged"])].sort_values(
        ["event", "at"], ascending=[True, False]
    ).iterrows():  # fmt: skip
        staged = _staged(store, events, event)
        if staged is not None and _has(staged, record_id):
            return _trace(store, staged, event, record_id)
    raise SynthError(
        f"There is no released record {record_id!r}.",
        "give a value of the column _record_id of a release, such as synthetic-0123456789abcdef-17.",
    )


def _staged(store: Store, events: pd.DataFrame, event: Any) -> Artefact | None:
    """What was staged under the version of an event, by whichever run."""
    for run in events[events["version"] == event["version"]]["run_id"].unique():
        staged = store.made_by(event["dataset"], "staged_release", run)
        if staged is not None and staged.content == event["version"]:
            return staged
    return None


def _has(staged: Artefact, record_id: str) -> bool:
    return bool(len(pd.read_parquet(staged.file("data.parquet"), columns=[RECORD_ID],
                                    filters=[(RECORD_ID, "==", record_id)])))  # fmt: skip


def _trace(store: Store, staged: Artefact, event: Any, record_id: str) -> Trace:
    facts = {"record": record_id, **{name: str(event[name]) for name in _OF_RELEASE}}
    facts["state"] = "released" if event["event"] == "released" else "staged, not released"
    facts["at"] = f"{event['at']:%Y-%m-%d %H:%M:%S} UTC"
    if TRACES not in staged.files:
        return Trace(facts)
    rows = pd.read_parquet(staged.file(TRACES), filters=[(RECORD_ID, "==", record_id)])
    if not len(rows):
        return Trace(facts)
    row = {name: str(value) for name, value in rows.iloc[0].items() if name not in (RECORD_ID, ROW)}
    keys = [row["key"], *json.loads(row.pop("repairs"))]
    facts |= row | {"repairs": ", ".join(keys[1:]), "parents": ", ".join(json.loads(row["parents"]))}
    facts["drawn"] = "; ".join(f"{name}: {value}" for name, value in json.loads(row["drawn"]).items())
    return _with_request(store, {name: value for name, value in facts.items() if value}, keys[-1])


def _with_request(store: Store, facts: dict[str, str], key: str) -> Trace:
    """What the ledger of requests knows of the answer."""
    if not (store.restricted / REQUESTS).exists():
        return Trace(facts)
    with request_ledger(store) as ledger:
        found = ledger.find(key)
    if found is None:
        return Trace(facts)
    asked, reply = found
    if reply.usage is not None:
        facts["tokens"] = f"{reply.usage.input} in, {reply.usage.output} out"
    if reply.cost is not None:
        facts["cost of the request"] = f"{reply.cost:.6g} {reply.currency} (prices: {reply.prices})"
    return Trace(facts, tuple(json.loads(asked.content)["messages"]), reply.text)
