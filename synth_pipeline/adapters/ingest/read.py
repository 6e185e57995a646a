"""Open a source of any kind and stage its columns, under neutral names, in the session's database."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth_pipeline.adapters.ingest import database, files, folder, frames
from synth_pipeline.adapters.ingest.names import check_names, check_types
from synth_pipeline.adapters.ingest.opened import Opened
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.columns import Kind
from synth_pipeline.spec.source import DuckdbSource, FileSource, FolderSource, Source

PHYSICAL: Mapping[Kind, str] = {
    Kind.INTEGER: "BIGINT",
    Kind.DECIMAL: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATETIME: "TIMESTAMP",
    Kind.CATEGORY: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.IDENTIFIER: "VARCHAR",
}
FEWEST_ROWS = 2
_WIDE = re.compile(r"U?HUGEINT|UBIGINT|BIGNUM|DECIMAL\((1[6-9]|[23]\d),\d+\)")


@dataclass(frozen=True, slots=True)
class Field:
    """A staged column: ``sql`` reads it, ``base`` is its physical type, TEXT for any text."""

    name: str
    sql: str
    base: Kind
    loose: bool = False
    hint: Kind | None = None
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    """The columns of a source in the table ``raw``, whose rowid is the row's place in the source."""

    fields: tuple[Field, ...]
    rows: int
    called: str


def name_of(source: Source) -> str:
    """How messages call a source."""
    if isinstance(source, FolderSource):
        return f"{source.path}/{source.pattern}"
    if isinstance(source, FileSource | DuckdbSource):
        return source.path + (f", table {source.table!r}" * bool(source.table) if source.kind == "duckdb" else "")
    return source.function


def stage(
    session: Session, source: Source, root: Path, exclude: Sequence[str] = (), reserved: str = "refuse"
) -> Staged:
    """Read the columns of a source that are not excluded.

    ``reserved`` says whether columns whose names begin with an underscore are refused or dropped.
    Raises SynthError for a source that cannot be read, for names that clash and for types without a kind.
    """
    called = name_of(source)
    if isinstance(source, FileSource):
        opened = files.open_file(session, root / source.path, called)
    elif isinstance(source, FolderSource):
        opened = folder.open_folder(session, source, root / source.path, called)
    elif isinstance(source, DuckdbSource):
        opened = database.open_database(session, source, root / source.path, called)
    else:
        opened = frames.open_function(session, source.function, root, exclude)
    chosen = check_names(opened.names, exclude, called, reserved)
    aliased = f"({opened.sql}) AS opened({', '.join(f'c{i}' for i in range(len(opened.names)))})"
    types = [row[1] for row in session.rows(f"DESCRIBE SELECT * FROM {aliased}")]
    check_types({opened.names[i]: types[i] for i in chosen}, called)
    _check_json(session, aliased, {opened.names[i]: f"c{i}" for i in chosen if types[i] == "JSON"}, called)
    columns = ", ".join(f"{_plain(f'c{i}', types[i])} AS c{i}" for i in chosen)
    session.rows(f"CREATE TABLE stage.main.raw AS SELECT {columns} FROM {aliased}")
    session.rows("USE stage.main")
    rows = int(session.value("SELECT count(*) FROM stage.main.raw"))
    if rows < FEWEST_ROWS:
        raise SynthError(
            f"{called} holds {rows or 'no'} row{'s' * (rows != 1)}.",
            f"give it at least {FEWEST_ROWS} rows; gates need some thousand to say anything.",
        )
    return Staged(tuple(_field(i, types[i], opened) for i in chosen), rows, called)


def _field(position: int, sql_type: str, opened: Opened) -> Field:
    """What is known of a column from its type alone."""
    name, sql = opened.names[position], f"c{position}"
    loose = opened.loose is None or name in opened.loose or sql_type == "JSON"
    if sql_type == "UUID":
        return Field(name, sql, Kind.TEXT, hint=Kind.IDENTIFIER)
    if sql_type.startswith("ENUM(") or name in opened.categories:
        return Field(name, sql, Kind.TEXT, hint=Kind.CATEGORY)
    if name in opened.hints:
        return Field(name, sql, Kind.TEXT, hint=opened.hints[name])
    if _WIDE.fullmatch(sql_type):
        return Field(name, sql, Kind.TEXT, loose=True)
    return Field(name, sql, _base(sql_type), loose=loose and _base(sql_type) is Kind.TEXT)


def _base(sql_type: str) -> Kind:
    if sql_type == "BOOLEAN":
        return Kind.BOOLEAN
    if sql_type.endswith("INT") or sql_type in ("INTEGER", "UINTEGER"):
        return Kind.INTEGER
    if sql_type in ("FLOAT", "DOUBLE") or sql_type.startswith("DECIMAL("):
        return Kind.DECIMAL
    return Kind.DATETIME if sql_type.startswith(("DATE", "TIMESTAMP")) else Kind.TEXT


def _plain(sql: str, sql_type: str) -> str:
    """A column in one of five types: text, boolean, integer, double without NaN, timestamp."""
    if sql_type == "JSON":
        return f"({sql} ->> '$')"
    if sql_type == "FLOAT":  # through text, since 0.1 as a float is 0.10000000149 as a double
        sql, sql_type = f"CAST(CAST({sql} AS VARCHAR) AS DOUBLE)", "DOUBLE"
    if sql_type == "DOUBLE":  # adding zero turns -0.0 into 0.0, which is equal and must hash so
        return f"CASE WHEN isnan({sql}) THEN NULL ELSE {sql} + CAST(0 AS DOUBLE) END"
    base = Kind.TEXT if _WIDE.fullmatch(sql_type) else _base(sql_type)
    return f"CAST({sql} AS {PHYSICAL[base]})"


def _check_json(session: Session, aliased: str, columns: Mapping[str, str], called: str) -> None:
    """JSON columns hold values of several types; objects and lists among them have no kind."""
    for name, sql in columns.items():
        nested = f"SELECT count(*) FROM {aliased} WHERE json_type({sql}) IN ('OBJECT', 'ARRAY')"
        if session.value(nested):
            check_types({name: "STRUCT"}, called)
