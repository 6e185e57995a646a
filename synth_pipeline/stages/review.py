"""Rows that wait for a person, who accepts them or takes them out of all later releases.

The ledger holds the synthetic row itself, in the restricted area, so that a reviewer sees what was judged.
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.account import plain_rows, row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.judged import Judged
from synth_pipeline.core.table import Table
from synth_pipeline.stages.run import Run

OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"
_DECIDED = ["state", "reviewer", "at"]
SHORTEST = 6  # letters of a record's name by which it may be called


@dataclass(frozen=True, slots=True)
class Review:
    """A synthetic row, why it waits, and what came of it; ``of`` is rows or labels, ``record`` the row's hash.

    ``said`` are the judge's own words.
    """

    dataset: str
    record: str
    of: str
    why: str
    said: str
    row: dict[str, Any]
    state: str
    reviewer: str
    at: pd.Timestamp


def queue(run: Run, of: str, made: Table, judged: Judged) -> int:
    """Put contested rows that were never there before into the queue; how many."""
    contested = judged.contested()
    known = {review.record for review in reviews_of(run.store, run.name)}
    names, rows = row_hashes(made), plain_rows(made, made.schema.modelled)
    events = {
        names[place]: {
            **run.who(), "of": of, "record": names[place], "state": OPEN, "reviewer": "",
            "why": why, "said": judged.made.reasons[place],
            "row": json.dumps(rows[place], ensure_ascii=False),
        }
        for place, why in contested.items() if names[place] not in known
    }  # fmt: skip
    run.ledger.write("reviews", list(events.values()))
    return len(events)


def reviews_of(store: Store, dataset: str) -> list[Review]:
    """All rows that ever waited, with the last word on each, in the order in which they came."""
    events = Ledger(store).read("reviews", dataset)
    last = events.drop_duplicates("record", keep="last").set_index("record")
    return [
        Review(one.dataset, one.record, one.of, one.why, one.said, json.loads(one.row), *last.loc[one.record, _DECIDED])
        for one in events.drop_duplicates("record").itertuples()
    ]


def decide(store: Store, dataset: str, record: str, state: str, reviewer: str) -> Review:
    """Write down what a person decided; raises SynthError for a record that never waited, or without a name.

    ``record`` may be the beginning of its hash.  The last decision counts.
    """
    if not reviewer.strip():
        raise SynthError("A decision needs the name of who made it.", "say so with --by.")
    found = [one for one in reviews_of(store, dataset) if len(record) >= SHORTEST and one.record.startswith(record)]
    if len(found) != 1:
        told = f"{len(found)} records" if found else "no record"
        raise SynthError(f"{dataset}: {told} of the review begins with {record!r}.",
                         f"give one that 'synth review {dataset}' lists, or its first {SHORTEST} letters.")  # fmt: skip
    (one,) = found
    event = {"dataset": dataset, "run_id": "", "of": one.of, "record": one.record, "state": state,
             "reviewer": reviewer.strip(), "why": one.why, "said": one.said,
             "row": json.dumps(one.row, ensure_ascii=False)}  # fmt: skip
    Ledger(store).write("reviews", [event])
    return next(review for review in reviews_of(store, dataset) if review.record == one.record)


def without_rejected(run: Run, table: Table, of: str) -> Table:
    """The rows that no reviewer has rejected."""
    rejected = {one.record for one in reviews_of(run.store, run.name) if one.state == REJECTED and one.of == of}
    if not rejected:
        return table
    return table.take(~np.isin(row_hashes(table), list(rejected)))


def review_facts(store: Store, dataset: str, table: Table) -> dict[str, str]:
    """What a trace says of the first row of a table; empty where it never waited."""
    (name,) = row_hashes(table.take(np.array([0])))
    for one in reviews_of(store, dataset):
        if one.record == name:
            decided = {"reviewer": one.reviewer, "reviewed at": f"{one.at:%Y-%m-%d %H:%M:%S} UTC"}
            return {"review": one.state, "review asked since": one.why, **(decided if one.reviewer else {})}
    return {}
