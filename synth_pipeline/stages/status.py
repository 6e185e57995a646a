"""What is released of a data set, from what, when and with which verdict."""

import json
from typing import Any

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.storage import LABELS, MANIFEST, Store
from synth_pipeline.stages.gate import reasons_against
from synth_pipeline.stages.review import OPEN, reviews_of


def status_of(store: Store, dataset: str) -> dict[str, Any]:
    """One row: the release in force, its questions over real documents, and how the latest run ended.

    None for what there is not.
    """
    releases = Ledger(store).read("releases", dataset)
    latest = releases[~releases["event"].isin(["staged", "records_staged"])]
    row: dict[str, Any] = dict.fromkeys(("dataset", "release", "verdict", "rows", "generator", "seed", "source",
                                         "released_at", "labels", "review", "latest_run"))  # fmt: skip
    row["dataset"] = dataset
    if (version := store.current_release(dataset)) is not None:
        manifest = json.loads((store.published(dataset) / "current" / MANIFEST).read_text(encoding="utf-8"))
        row |= {"release": version} | {key: manifest[key] for key in ("verdict", "rows", "generator", "seed", "source")}
        mine = releases[(releases["event"] == "released") & (releases["version"] == version)]
        row["released_at"] = f"{mine['at'].max():%Y-%m-%d %H:%M} UTC" if len(mine) else None
    if (labels := store.published(dataset) / LABELS / "current" / MANIFEST).exists():
        manifest = json.loads(labels.read_text(encoding="utf-8"))
        row["labels"] = f"{manifest['version']}, {manifest['rows']:,} records, {manifest['verdict']}"
    if waiting := sum(one.state == OPEN for one in reviews_of(store, dataset)):
        row["review"] = f"{waiting:,} rows wait for a decision: synth review {dataset}"
    if len(latest):
        last = latest.iloc[-1]
        judged = Ledger(store).read("judgements", dataset)
        reasons = reasons_against(judged[judged["run_id"] == last["run_id"]]) or last["reasons"].splitlines()
        more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
        reason = f": {reasons[0]}{more}" if last["reasons"] else ""
        row["latest_run"] = f"{last['event'].replace('_', ' ')} {last['at']:%Y-%m-%d %H:%M} UTC{reason}"
    return row
