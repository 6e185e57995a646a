"""dbt in this process: parsed once for all builds, run without a trace, and what it said of models and tests.

Its manifest, logs and compiled SQL lie in the restricted area, since a failed test may leave real values there:

    <home>/restricted/dbt/parsed/   the manifest, parsed once for all builds
    <home>/restricted/dbt/logs/     what dbt says, failures in full
    <home>/restricted/dbt/.<build>/ a build's own scratch folder, gone when it ends
"""

import os
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
ONE_AT_A_TIME = threading.RLock()


def manifest(store: Store) -> Path:
    """dbt's manifest for this home, parsed again only when a file of the project changed.

    Raises SynthError when the project does not parse.
    """
    with parsed(store) as path:
        return path


@contextmanager
def parsed(store: Store) -> Iterator[Path]:
    """An up-to-date manifest, which no other thread or process replaces meanwhile."""
    place = store.restricted.resolve() / "dbt" / "parsed"
    mark = place / "state"
    with ONE_AT_A_TIME, locked(place / ".lock"):
        state = _state_of_project(store)
        whole = all((place / name).exists() for name in (mark.name, _MANIFEST, _PACKED))
        if not whole or mark.read_text(encoding="utf-8") != state:
            mark.unlink(missing_ok=True)
            _parse(store, place)
            write_aside(mark, state)
        yield place / _MANIFEST


def _parse(store: Store, place: Path) -> None:
    with scratch(store) as aside:
        result = invoke(store, ["parse"], aside, aside / store.warehouse.name)
        if not result.success:
            raise SynthError(f"dbt cannot parse {PROJECT}: {result.exception}", "mend the file that it names.")
        for name in (_MANIFEST, _PACKED):
            (aside / name).replace(place / name)


def invoke(
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
def scratch(store: Store) -> Iterator[Path]:
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


def load(path: Path) -> "Manifest":
    """The parsed project.  Handing it over spares a parse per build: dbt's own partial parsing starts anew
    whenever the variables or the path of the warehouse differ, which they always do here."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    return Manifest.from_msgpack(path.with_name(_PACKED).read_bytes(), decoder=extended_mashumuro_decoder)


def collector(events: list[dict[str, Any]]) -> Callable[[Any], None]:
    """A callback that keeps the events which say how a model or test came out."""
    from google.protobuf.json_format import MessageToDict

    def collect(message: Any) -> None:
        if message.info.name in _RESULTS:
            events.append(MessageToDict(message, preserving_proto_field_name=True))

    return collect


def failures(result: "dbtRunnerResult") -> list[str]:
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
