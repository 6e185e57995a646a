"""The warehouse: dbt builds it aside in this process, and the finished file replaces the published one in one rename.

dbt reads Parquet under the store's home and writes only the file it is given.  Its manifest, logs and compiled SQL
lie in the restricted area, since a failed test may leave real values there:

    <home>/restricted/dbt/parsed/   the manifest, parsed once for all builds
    <home>/restricted/dbt/logs/     what dbt says, failures in full
    <home>/restricted/dbt/.<build>/ a build's own scratch folder, gone when it ends
"""

import json
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_pipeline.adapters.storage import Store, locked, write_aside
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_text

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"

_RESULTS = {"NodeFinished", "LogModelResult", "LogTestResult", "LogNodeResult"}
_FAILED = {"error", "fail", "runtime error", "partial success"}
_MANIFEST, _PACKED = "manifest.json", "partial_parse.msgpack"
# errors of these kinds speak of names and paths; others, such as a failed conversion, may quote a real value
_QUOTES_NO_VALUE = ("Binder Error", "Catalog Error", "Parser Error", "Compilation Error")
# dbt keeps its connection, its adapter and its log in module globals, and reads os.environ
_ONE_AT_A_TIME = threading.RLock()


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


def manifest(store: Store) -> Path:
    """dbt's manifest for this home, parsed again only when a file of the project changed.

    Raises SynthError when the project does not parse.
    """
    with _parsed(store) as path:
        return path


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
    with _ONE_AT_A_TIME:
        with _parsed(store) as path:
            parsed = _load(path)
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
        with _scratch(store) as scratch:
            args = ["build", "--exclude-resource-type", "unit_test", "--no-write-json", "--vars", json.dumps(choices)]
            result = _invoke(store, args, scratch, warehouse.resolve(), parsed=parsed, callbacks=[_collector(events)])
        return Build(bool(result.success), _failures(result), events)


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


@contextmanager
def _parsed(store: Store) -> Iterator[Path]:
    """An up-to-date manifest, which no other thread or process replaces meanwhile."""
    place = store.restricted.resolve() / "dbt" / "parsed"
    mark = place / "state"
    with _ONE_AT_A_TIME, locked(place / ".lock"):
        state = _state_of_project(store)
        whole = all((place / name).exists() for name in (mark.name, _MANIFEST, _PACKED))
        if not whole or mark.read_text(encoding="utf-8") != state:
            mark.unlink(missing_ok=True)
            _parse(store, place)
            write_aside(mark, state)
        yield place / _MANIFEST


def _parse(store: Store, place: Path) -> None:
    with _scratch(store) as scratch:
        result = _invoke(store, ["parse"], scratch, scratch / store.warehouse.name)
        if not result.success:
            raise SynthError(f"dbt cannot parse {PROJECT}: {result.exception}", "mend the file that it names.")
        for name in (_MANIFEST, _PACKED):
            (scratch / name).replace(place / name)


def _invoke(
    store: Store,
    args: Sequence[str],
    scratch: Path,
    warehouse: Path,
    *,
    parsed: "Manifest | None" = None,
    callbacks: Sequence[Callable[[Any], None]] = (),
) -> "dbtRunnerResult":
    """Run dbt in this process and leave no trace in it: no open file, no variable, no other working folder."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folders = {
        "--project-dir": PROJECT,
        "--profiles-dir": PROJECT,
        "--target-path": scratch,
        "--log-path": store.restricted.resolve() / "dbt" / "logs",
    }
    flags = [str(part) for pair in folders.items() for part in pair]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "info", "--no-use-colors"]
    with _environment(SYNTH_HOME=str(store.home.resolve()), SYNTH_WAREHOUSE=str(warehouse)):
        try:
            return dbtRunner(manifest=parsed, callbacks=list(callbacks)).invoke([*args, *flags, *quiet])
        finally:
            DuckDBConnectionManager.close_all_connections()  # or this process keeps the lock on the file


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    """The variables that dbt reads; those that would change its behaviour from outside are hidden from it."""
    before, folder = dict(os.environ), Path.cwd()
    for name in [name for name in before if name.startswith("DBT_")]:
        del os.environ[name]
    os.environ.update(values, DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        os.chdir(folder)


@contextmanager
def _scratch(store: Store) -> Iterator[Path]:
    """A folder of this build's own, since two processes may build at once."""
    place = store.restricted.resolve() / "dbt"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".", dir=place))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _state_of_project(store: Store) -> str:
    """Changes when a file of the project, the home that is baked into the manifest, or dbt itself changes."""
    from importlib.metadata import version

    files = sorted(
        path
        for path in PROJECT.rglob("*")
        if path.suffix in {".sql", ".yml"} and not {"target", "logs"} & set(path.relative_to(PROJECT).parts)
    )
    stats = [f"{path}|{path.stat().st_mtime_ns}|{path.stat().st_size}" for path in files]
    return of_text(str(store.home.resolve()), version("dbt-core"), version("dbt-duckdb"), *stats)


def _load(path: Path) -> "Manifest":
    """The parsed project.  Handing it over spares a parse per build: dbt's own partial parsing starts anew
    whenever the variables or the path of the warehouse differ, which they always do here."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(path.with_name(_PACKED).read_bytes(), decoder=extended_mashumuro_decoder)


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
                f"add dbt_project/models/{name}, and its name under 'datasets' in dbt_project.yml ('synth new').",
            )
        if not one.path.exists():
            raise SynthError(f"The staged release {one.version} of {name} has no data.", f"run 'synth run {name}'.")


def _collector(events: list[dict[str, Any]]) -> Callable[[Any], None]:
    """A callback that keeps the events which say how a model or test came out."""
    from google.protobuf.json_format import MessageToDict

    def collect(message: Any) -> None:
        if message.info.name in _RESULTS:
            events.append(MessageToDict(message, preserving_proto_field_name=True))

    return collect


def _failures(result: "dbtRunnerResult") -> list[str]:
    """One sentence per failed model or test, and one where dbt itself stopped."""
    results = getattr(result.result, "results", None) or ()
    said = [_sentence(one) for one in results if str(one.status) in _FAILED]
    if not result.success and not said:
        said.append(f"dbt stopped before it built anything ({type(result.exception).__name__}); its log says why.")
    return said


def _sentence(result: Any) -> str:
    """What failed, without a value from the data."""
    node = result.node
    if str(result.status) == "fail":
        model = (node.attached_node or node.name).split(".")[-1]
        rule = node.meta.get("description") or f"{node.column_name}: {node.test_metadata.name.replace('_', ' ')}"
        rows = "1 row breaks" if result.failures == 1 else f"{result.failures} rows break"
        return f"{model}: {rows} the rule '{rule}' ({node.name})."
    message = result.message or ""
    for kind in _QUOTES_NO_VALUE:
        if kind in message:
            reason = " ".join(line.strip() for line in message.splitlines()[1:2]) or kind
            return f"{node.name} could not be built: {reason.removeprefix(kind + ': ')}"
    kind = re.search(r"\b[A-Z]\w+ Error(?=:)", message)
    return f"{node.name} could not be built ({kind.group() if kind else 'error'}); dbt's log says why."


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
