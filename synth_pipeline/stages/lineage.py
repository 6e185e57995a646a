"""The warehouse of a run: dbt builds it in a private folder, with what this run has staged in the place of releases."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import yaml

from synth_pipeline.adapters import dbt, warehouse
from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.requests import export_what_there_is
from synth_pipeline.adapters.storage import Artefact, Store, locked
from synth_pipeline.core.errors import SynthError

WAREHOUSE = "warehouse"
FILE = "warehouse.duckdb"


def build_lineage(store: Store, run: str) -> tuple[Artefact, warehouse.Build]:
    """Build models and run tests over this run's staged releases and the current ones of other data sets.

    Raises SynthError with the failed tests; then nothing is kept and the published warehouse is untouched.
    """
    staged = {
        name: warehouse.Staged(artefact.data, artefact.content)
        for name in datasets()
        if (artefact := store.made_by(name, "staged_release", run)) is not None
    }
    artefact, built = build_over(store, run, staged)
    if not staged:
        with publishing(store):
            swap(store, artefact)
    return artefact, built


def datasets() -> list[str]:
    """The data sets that the dbt project knows."""
    project = yaml.safe_load((dbt.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    return list(project["vars"]["datasets"])


def build_over(
    store: Store,
    run: str,
    staged: Mapping[str, warehouse.Staged],
    records: Mapping[str, warehouse.StagedRecords] | None = None,
) -> tuple[Artefact, warehouse.Build]:
    """Build with these releases, and these records over documents, in the place of those in force."""
    export_what_there_is(store)
    current, in_force = {name: store.current_release(name) for name in datasets()}, records_in_force(store)
    with store.writing("lineage", WAREHOUSE, run) as draft:
        built = warehouse.build(store, draft.folder / FILE, staged, current, records, in_force)
        if not built.succeeded:
            raise LineageFailed(built)
        draft.facts = {"staged": {name: one.version for name, one in staged.items()}, "current": current,
                       "records": in_force}  # fmt: skip
    return store.get("lineage", WAREHOUSE, run), built


def records_in_force(store: Store) -> dict[str, str | None]:
    """Versions of the records over documents; of those that no ledger knows the warehouse can tell no origin."""
    events = Ledger(store).read("releases")
    known = {*events.loc[events["event"] == "records_staged", "version"]}
    versions = {name: store.current_records(name) for name in datasets()}
    return {name: version if version in known else None for name, version in versions.items()}


class LineageFailed(SynthError):
    """dbt models or tests failed; ``built`` has their events."""

    def __init__(self, built: warehouse.Build) -> None:
        super().__init__(f"The warehouse was not built: {'; '.join(built.failures)}.",
                         "mend what the failed test names; the published warehouse is untouched.")  # fmt: skip
        self.built = built


def publishing(store: Store) -> AbstractContextManager[None]:
    """The lock that every swap of the warehouse is made under."""
    return locked(store.restricted / "warehouse" / "lock")


def swap(store: Store, built: Artefact) -> None:
    """Put a finished warehouse in the place of the published one, in one rename; readers keep their old file."""
    warehouse.publish(store, built.file(FILE))


def refresh(store: Store, run: str) -> None:
    """Rebuild and publish the marts over current releases only: after a refusal."""
    with publishing(store):
        built, _ = build_over(store, f"{run}-refresh", {})
        swap(store, built)
