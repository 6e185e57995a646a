"""The warehouse: dbt builds it aside in this process, and the finished file replaces the published one in one rename.

dbt reads Parquet under the store's home and writes only the file it is given.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_pipeline.adapters import dbt
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.errors import SynthError

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


@dataclass(frozen=True)
class Staged:
    """A release that is written but not in force."""

    path: Path
    version: str


@dataclass(frozen=True)
class StagedRecords(Staged):
    """Records over documents that are written but not in force; ``id`` is the column of train that names a document."""

    id: str


@dataclass(frozen=True)
class Build:
    """How a build came out: a plain sentence per failed model or test, and dbt's events for a replay in Dagster."""

    succeeded: bool
    failures: list[str]
    events: list[dict[str, Any]]


def build(
    store: Store,
    warehouse: Path,
    staged: Mapping[str, Staged],
    datasets_current: Mapping[str, str | None],
    staged_records: Mapping[str, StagedRecords] | None = None,
    records_current: Mapping[str, str | None] | None = None,
) -> Build:
    """Build the whole warehouse anew in the file ``warehouse`` and run every blocking test on it.

    The build counts the releases in ``staged`` as in force, and for the other data sets the versions in
    ``datasets_current``; a data set that stands in neither has the version that the ledger saw released last.
    So it is with records over documents.
    dbt's unit tests are left out: they are about the SQL, not about the rows.  A failure of a model or test is
    an outcome, not an exception; raises SynthError when the build could not mean anything.
    """
    with dbt.ONE_AT_A_TIME:
        with dbt.parsed(store) as path:
            parsed = dbt.load(path)
        records = staged_records or {}
        _refuse_what_proves_nothing(store, parsed, warehouse, [*staged.items(), *records.items()])
        warehouse.parent.mkdir(parents=True, exist_ok=True)
        for left_over in (warehouse, _log_of(warehouse)):
            left_over.unlink(missing_ok=True)
        choices = {
            "staged": _told(staged),
            "current": dict(datasets_current),
            "staged_records": _told(records),
            "current_records": dict(records_current or {}),
        }
        events: list[dict[str, Any]] = []
        with dbt.scratch(store) as scratch:
            args = ["build", "--exclude-resource-type", "unit_test", "--no-write-json", "--vars", json.dumps(choices)]
            result = dbt.invoke(
                store, args, scratch, warehouse.resolve(), parsed=parsed, callbacks=[dbt.collector(events)]
            )
        return Build(bool(result.success), dbt.failures(result), events)


def _told(staged: Mapping[str, Staged]) -> dict[str, dict[str, str]]:
    """As dbt takes it."""
    return {name: asdict(one) | {"path": str(one.path.resolve())} for name, one in staged.items()}


def publish(store: Store, build_file: Path) -> None:
    """Let a finished build replace the published warehouse, in one rename; readers keep the file they have open.

    The caller holds the lock and has verified the build.  Raises SynthError when the file is not whole.
    """
    if not build_file.exists() or _log_of(build_file).exists():
        raise SynthError(
            f"{build_file} is not a finished warehouse: it is missing, or a process still writes it.",
            "build it again.",
        )
    place = store.warehouse
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f".{place.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    try:
        os.link(build_file, aside)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(build_file, aside)
    aside.chmod(0o600)
    _to_disk(aside)
    _log_of(place).unlink(missing_ok=True)  # DuckDB would replay another file's log into this one
    aside.replace(place)
    _to_disk(place.parent)


def _refuse_what_proves_nothing(
    store: Store, parsed: "Manifest", warehouse: Path, staged: Sequence[tuple[str, Staged]]
) -> None:
    """Raise SynthError where a build would succeed without having looked at what it is for."""
    if warehouse.name != store.warehouse.name or warehouse.resolve() == store.warehouse.resolve():
        raise SynthError(
            f"{warehouse} cannot be built: the file's name is the name of DuckDB's catalog, and the published file "
            "is only ever replaced.",
            f"build {store.warehouse.name} in a folder of its own.",
        )
    for name, one in staged:
        if f"model.synth_lineage.{name}__training_mix" not in parsed.nodes:
            raise SynthError(
                f"The warehouse has no models for the data set {name}.",
                f"add dbt_project/models/{name}, and its name under 'datasets' in dbt_project.yml.",
            )
        if not one.path.exists():
            raise SynthError(f"The staged release {one.version} of {name} has no data.", f"run 'synth run {name}'.")


def _log_of(file: Path) -> Path:
    """Where DuckDB keeps what is not yet in the file."""
    return file.with_name(f"{file.name}.wal")


def _to_disk(path: Path) -> None:
    """Wait until a file or folder has reached the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
