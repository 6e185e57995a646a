"""Where a synthetic record comes from: data set, release, generator and seed; prompt, request and parents besides."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.requests import REQUESTS, request_ledger
from synth_pipeline.adapters.storage import DATA, LABELS, Artefact, Store
from synth_pipeline.core.account import ROW, TRACED, row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.spec.columns import Schema
from synth_pipeline.stages.review import review_facts

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
    if found and (traced := _of_rows(store, found[1], record_id) or _of_labels(store, found[1], record_id)):
        return traced
    raise SynthError(
        f"There is no released record {record_id!r}.",
        "give a value of the column _record_id of a release, such as synthetic-0123456789abcdef-17.",
    )


def _of_rows(store: Store, batch: str, record_id: str) -> Trace | None:
    """Of a record of a synthetic table: releases come first, the latest of them first."""
    events = Ledger(store).read("releases")
    events = events[(events["batch_id"] == batch) & events["event"].isin(["released", "staged"])]
    for _, event in events.sort_values(["event", "at"], ascending=[True, False]).iterrows():
        staged = _made(store, events, event, "staged_release")
        if staged is None or not len(_record(staged.file(DATA), record_id)):
            continue
        facts = {"record": record_id, **{name: str(event[name]) for name in _OF_RELEASE}, **_state(event)}
        facts |= _review(store, str(event["dataset"]), _record(staged.file(DATA), record_id),
                         Schema.model_validate(staged.facts["schema"]))  # fmt: skip
        traces = _record(staged.file(TRACES), record_id) if TRACES in staged.files else pd.DataFrame()
        return _trace(store, facts, traces)
    return None


def _of_labels(store: Store, batch: str, record_id: str) -> Trace | None:
    """Of a question over a real document; its parent is the document."""
    events = Ledger(store).read("releases")
    events = events[(events["batch_id"] == batch) & events["event"].isin(["records_released", "records_staged"])]
    for _, event in events.sort_values(["event", "at"], ascending=[True, False]).iterrows():
        made = _made(store, events, event, LABELS)
        if made is None or not len(rows := _record(made.file(DATA), record_id)):
            continue
        origin = {"labeller" if name == "generator" else name: str(event[name]) for name in _OF_RELEASE}
        parent = str(rows["document_id"].iloc[0])
        facts = {"record": record_id, **origin, "mode": "labels_only", "parents": parent, **_state(event)}
        facts |= _review(store, str(event["dataset"]), rows, RECORDS)
        if TRACES not in made.files:
            return Trace(facts)
        name = row_hashes(Table.conform(rows[RECORDS.names], RECORDS))[0]
        return _trace(store, facts, pd.read_parquet(made.file(TRACES), filters=[(ROW, "==", name)]))
    return None


def _review(store: Store, dataset: str, row: pd.DataFrame, schema: Schema) -> dict[str, str]:
    return review_facts(store, dataset, Table.conform(row[schema.names], schema))


def _made(store: Store, events: pd.DataFrame, event: Any, asset: str) -> Artefact | None:
    """What has the version of an event, by whichever run."""
    for run in events[events["version"] == event["version"]]["run_id"].unique():
        made = store.made_by(event["dataset"], asset, run)
        if made is not None and made.content == event["version"]:
            return made
    return None


def _state(event: Any) -> dict[str, str]:
    """Whether it was released, and when, by a line of the ledger."""
    released = event["event"] in ("released", "records_released")
    return {"state": "released" if released else "staged, not released", "at": f"{event['at']:%Y-%m-%d %H:%M:%S} UTC"}


def _record(data: Path, record_id: str) -> pd.DataFrame:
    return pd.read_parquet(data, filters=[(RECORD_ID, "==", record_id)])


def _trace(store: Store, facts: dict[str, str], traces: pd.DataFrame) -> Trace:
    """What is known of the release, and of the request if the record has a trace."""
    if not len(traces):
        return Trace(facts)
    row = {name: str(value) for name, value in traces.iloc[0].items() if name not in (RECORD_ID, ROW)}
    keys = [row["key"], *json.loads(row.pop("repairs"))]
    row = {name: value for name, value in row.items() if value or name not in facts}  # whoever reviewed it stays
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
