"""Open CSV, Parquet and JSON lines files."""

import csv
import gzip
import io
import zlib
from pathlib import Path

from synth_pipeline.adapters.ingest.names import check_distinct
from synth_pipeline.adapters.ingest.opened import Opened
from synth_pipeline.adapters.ingest.session import Session, literal, not_utf8
from synth_pipeline.core.errors import SynthError

LONGEST_HEADER = 1_000_000  # a quote that is never closed must not read the whole file
DELIMITERS = (",", ";", "\t", "|")
SUFFIXES = (".csv", ".csv.gz", ".parquet", ".jsonl", ".ndjson")


def suffix_of(path: Path) -> str | None:
    return next((suffix for suffix in SUFFIXES if path.name.endswith(suffix)), None)


def unknown_suffix(called: str) -> SynthError:
    return SynthError(f"{called} is of no type that can be read.", f"give a file that ends in {', '.join(SUFFIXES)}.")


def open_file(session: Session, path: Path, called: str) -> Opened:
    """Raises SynthError where the file is missing, empty or not what its name says."""
    suffix = suffix_of(path)
    if suffix is None:
        raise unknown_suffix(called)
    if not path.is_file():
        raise SynthError(f"{called} does not exist or is no file (looked for {path}).", "correct the path.")
    if not path.stat().st_size:
        raise SynthError(f"{called} is empty.", "give a file with at least two rows.")
    # A link with a plain name: DuckDB would take [ and * in a path for patterns.
    link = session.folder / f"source{suffix}"
    link.symlink_to(path.resolve())
    reader = {".parquet": _open_parquet, ".jsonl": _open_json, ".ndjson": _open_json}.get(suffix, _open_csv)
    return reader(session, link, called)


def _open_csv(session: Session, path: Path, called: str) -> Opened:
    """All columns as text: types are inferred from all rows later, and codes such as 007 stay what they are."""
    names, delimiter = _header(path, called)
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(names)))
    sql = (
        f"SELECT * FROM read_csv({literal(str(path))}, auto_detect = false, header = true, nullstr = '', "
        f"delim = {literal(delimiter)}, quote = '\"', escape = '\"', columns = {{{columns}}})"
    )
    return Opened(sql, names, loose=None)


def _header(path: Path, called: str) -> tuple[list[str], str]:
    """Names of a CSV file's columns and its delimiter, read here since DuckDB renames what clashes."""
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            line = file.readline()
            while line.count('"') % 2 and len(line) < LONGEST_HEADER and (more := file.readline()):
                line += more
    except UnicodeDecodeError:
        raise not_utf8(called) from None
    except (OSError, EOFError, zlib.error) as error:
        problem = f"{called} cannot be read ({type(error).__name__})."
        raise SynthError(problem, "check that the file is whole and of its type.") from None
    bare = "".join(line.split('"')[::2])
    delimiter = max(DELIMITERS, key=bare.count)
    names = next(csv.reader(io.StringIO(line, newline=""), delimiter=delimiter), [])
    if not any(name.strip() for name in names):
        raise SynthError(f"The first line of {called} is empty.", "begin the file with a line of column names.")
    if all(_is_number(name) for name in names):
        raise SynthError(f"The first line of {called} holds numbers only.", "begin it with a line of column names.")
    return names, delimiter


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _open_parquet(session: Session, path: Path, called: str) -> Opened:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise SynthError(f"{called} is no Parquet file ({type(error).__name__}).", "write it again.") from None
    return Opened(f"SELECT * FROM read_parquet({literal(str(path))}, hive_partitioning = false)", names)


def _open_json(session: Session, path: Path, called: str) -> Opened:
    """Raises SynthError where a line is no object; its names are read apart since DuckDB renames what clashes."""
    file = literal(str(path))
    strays = f"SELECT count(*) FROM read_ndjson_objects({file}) WHERE json_type(json) <> 'OBJECT'"
    if count := session.value(strays):
        raise SynthError(f"{called} has {count} lines that are no JSON object.", "write one JSON object per line.")
    keys = f"SELECT DISTINCT unnest(json_keys(json)) FROM read_ndjson_objects({file})"
    exact = {row[0] for row in session.rows(keys)}
    if not exact:
        raise SynthError(f"{called} holds no values.", "write one JSON object per line.")
    check_distinct(sorted(exact), called)
    found = session.rows(f"DESCRIBE SELECT * FROM read_json({file}, format = 'newline_delimited', sample_size = -1)")
    columns = ", ".join(f"{literal(name)}: {literal(sql_type)}" for name, sql_type, *_ in found)
    sql = f"SELECT * FROM read_json({file}, format = 'newline_delimited', columns = {{{columns}}})"
    return Opened(sql, [row[0] for row in found], loose=None)
