"""Publication as one act: release folder, warehouse, pointer, ledger; the pointer is the commit.

Rows, and records over documents, are published alike, each under its own pointer.

A file of intent says which publication is under way.  Whoever comes next under the lock finishes what a
crash left behind, if the warehouse was swapped already, or else forgets it.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.storage import LABELS, Artefact, Store, point, write_aside
from synth_pipeline.adapters.warehouse import Staged, StagedRecords
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.stages.lineage import FILE, WAREHOUSE, build_over, publishing, records_in_force, swap
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.stage import event_of


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published, and whether its content was there before."""

    dataset: str
    version: str
    folder: Path
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Intent:
    """A publication under way: the hash of the warehouse that goes with it, its ledger line, and its pointer."""

    dataset: str
    version: str
    warehouse: str
    event: dict[str, Any]
    of_records: bool = False


def publish(run: Run, staged: Artefact, folder: Path) -> Publication:
    """Swap the warehouse and move the pointer, under the lock of the warehouse."""
    store, name = run.store, run.name
    with publishing(store):
        reconcile(store)
        built = _built_over_others(run, staged)
        event = {**run.who(), "event": "released", **event_of(run), "reasons": ""}
        is_new = store.current_release(name) != staged.content
        _commit(store, built, _Intent(name, staged.content, built.files[FILE], event))
    return Publication(name, staged.content, folder, is_new)


def publish_records(run: Run, made: Artefact, document_id: str, about: Mapping[str, object],
                    write: Callable[[], Path]) -> Publication:  # fmt: skip
    """The same for records over documents; ``write`` makes their folder once the warehouse holds.

    Raises LineageFailed where a dbt test speaks against them; then nothing is published.
    """
    store, name = run.store, run.name
    with publishing(store):
        reconcile(store)
        records = {name: StagedRecords(made.data, made.content, document_id)}
        built, _ = build_over(store, f"{run.id}-records", {}, records)
        folder = write()
        event = {**run.who(), "event": "records_released", **about, "reasons": ""}
        is_new = store.current_records(name) != made.content
        _commit(store, built, _Intent(name, made.content, built.files[FILE], event, of_records=True))
    return Publication(name, made.content, folder, is_new)


def _commit(store: Store, built: Artefact, intent: _Intent) -> None:
    write_aside(_intent_file(store), json.dumps(asdict(intent)))
    swap(store, built)
    _finish(store, intent)


def reconcile(store: Store) -> None:
    """Finish or forget what a crash left; to be called under the lock."""
    path = _intent_file(store)
    if not path.exists():
        return
    intent = _Intent(**json.loads(path.read_text(encoding="utf-8")))
    if store.warehouse.exists() and of_file(store.warehouse) == intent.warehouse:
        _finish(store, intent)
    path.unlink(missing_ok=True)


def _finish(store: Store, intent: _Intent) -> None:
    """Everything after the swap; may be done twice."""
    place = store.published(intent.dataset)
    if intent.of_records:
        point(place / LABELS / "current", intent.version)
    else:
        point(place / "current", f"releases/{intent.version}")
    Ledger(store).write("releases", [intent.event])
    _intent_file(store).unlink(missing_ok=True)


def _intent_file(store: Store) -> Path:
    return store.restricted / "warehouse" / "intent.json"


def _built_over_others(run: Run, staged: Artefact) -> Artefact:
    """The warehouse of this run, built again if another data set, or records, were published meanwhile."""
    store = run.store
    built = store.get("lineage", WAREHOUSE, run.id)
    others = {name: version for name, version in built.facts["current"].items() if name not in built.facts["staged"]}
    stand = all(store.current_release(name) == version for name, version in others.items())
    if stand and built.facts.get("records") == records_in_force(store):
        return built
    again, _ = build_over(store, f"{run.id}-again", {run.name: Staged(staged.data, staged.content)})
    return again
