"""Open a table of a DuckDB database, or a query over it, read-only."""

import difflib
from pathlib import Path

import duckdb

from synth_pipeline.adapters.ingest.opened import Opened
from synth_pipeline.adapters.ingest.session import Session, identifier, literal
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.source import DuckdbSource


def open_database(session: Session, source: DuckdbSource, path: Path, called: str) -> Opened:
    """Raises SynthError where the file is no database, the table does not exist or the query is no SELECT."""
    if not path.is_file():
        raise SynthError(f"{called} does not exist (looked for {path}).", "correct the path.")
    try:
        session.rows(f"ATTACH {literal(str(path))} AS source (READ_ONLY)")
    except (duckdb.CatalogException, duckdb.IOException, duckdb.SerializationException) as error:
        if "set lock on file" in str(error):
            raise
        raise SynthError(f"{source.path} is no DuckDB database.", "give a database file of DuckDB.") from None
    session.rows("USE source")
    sql = _table(session, source.table, called) if source.query is None else _query(session, source.query, called)
    return Opened(sql, [row[0] for row in session.rows(f"DESCRIBE {sql}")])


def _table(session: Session, table: str | None, called: str) -> str:
    listed = session.rows(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'source' "
        "UNION SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = 'source' AND NOT internal"
    )
    names = {f"{schema}.{name}": (schema, name) for schema, name in listed}
    names |= {name: (schema, name) for schema, name in listed if schema == "main"}
    wanted = str(table)
    found = names.get(wanted) or next((names[n] for n in names if n.casefold() == wanted.casefold()), None)
    if found is None:
        near = difflib.get_close_matches(wanted, names, 1)
        fix = f"did you mean {near[0]!r}?" if near else "name one of its tables, as schema.table or table."
        raise SynthError(f"{called} does not exist in the database.", fix)
    return f"SELECT * FROM source.{identifier(found[0])}.{identifier(found[1])}"


def _query(session: Session, query: str, called: str) -> str:
    """The query as text without its semicolon.

    A text that parses as one SELECT cannot write: the database is attached read-only besides.
    """
    fix = "write a single SELECT statement."
    try:
        statements = session.connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise SynthError(f"The query over {called} is not a single SELECT.", fix)
        text = _without_semicolon(statements[0].query)
        session.rows(f"DESCRIBE SELECT * FROM ({text}\n)")
    except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as error:
        told = str(error).splitlines()[0]  # of these errors the first line names tables and columns, never a cell
        raise SynthError(f"The query over {called} is not valid: {told}", fix) from None
    return text + "\n"


def _without_semicolon(query: str) -> str:
    """The statement up to its semicolon, behind which a comment may stand."""
    encoded = query.encode()  # tokens are counted in bytes
    ends = [at for at, kind in duckdb.tokenize(query) if kind == duckdb.token_type.operator and encoded[at] == ord(";")]
    return encoded[: ends[-1]].decode() if ends else query
