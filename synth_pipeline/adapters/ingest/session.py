"""One DuckDB session: a private folder, a memory limit, and an error boundary that never quotes a cell."""

import os
import re
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from synth_pipeline.core.errors import SynthError

MOST_THREADS = 4  # each holds buffers of its own, so more of them cost memory before they save time

# Numbers and dates are written in more ways than DuckDB's casts know, and its casts take more than numbers.
_MACROS = """
CREATE MACRO as_number(word) AS CASE WHEN contains(word, '_') THEN NULL
    WHEN isfinite(TRY_CAST(word AS DOUBLE)) THEN TRY_CAST(word AS DOUBLE) END;
CREATE MACRO is_whole(number) AS number = trunc(number) AND abs(number) < 9007199254740992;
CREATE MACRO as_whole(number) AS CASE WHEN is_whole(number) THEN CAST(number AS BIGINT) END;
CREATE MACRO number_text(number) AS CASE WHEN is_whole(number) THEN CAST(CAST(number AS BIGINT) AS VARCHAR)
    ELSE CAST(number AS VARCHAR) END;
CREATE MACRO lies_on(number, places) AS abs(round(number, places) - number) <= 4.5e-16 * abs(number);
CREATE MACRO as_truth(word) AS CASE WHEN lower(trim(word)) IN ('true', 't', 'yes', 'y', '1', '1.0') THEN true
    WHEN lower(trim(word)) IN ('false', 'f', 'no', 'n', '0', '0.0') THEN false END;
CREATE MACRO as_iso(word) AS CASE WHEN regexp_matches(word, '^\\s*[0-9]{4}[-/][0-9]')
    THEN TRY_CAST(word AS TIMESTAMP) END;
CREATE MACRO as_date(word, style) AS CASE WHEN regexp_matches(word, '^\\s*[0-9]+[-./][0-9]+[-./][0-9]{4}\\b')
    THEN try_strptime(trim(word), [style, style || ' %H:%M', style || ' %H:%M:%S', style || ' %H:%M:%S.%f']) END;
"""


@dataclass(frozen=True, slots=True)
class Session:
    """A connection, and a folder for files that go when the session ends."""

    connection: duckdb.DuckDBPyConnection
    folder: Path

    def rows(self, sql: str, values: object = None) -> list[tuple]:
        return self.connection.execute(sql, values).fetchall()

    def row(self, sql: str, values: object = None) -> dict[str, Any]:
        """The first row of a result, by name."""
        cursor = self.connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchall()[0], strict=True))  # all: a result that stays open blocks the next

    def value(self, sql: str, values: object = None) -> Any:
        return self.rows(sql, values)[0][0]


@contextmanager
def open_session(called: str, memory: str, beside: Path | None = None) -> Generator[Session, None, None]:
    """Open a session in a folder beside an artefact, so that spilled rows stay in its restricted area.

    Raises SynthError for everything that DuckDB refuses, in terms of the source that is ``called`` so.
    """
    if beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".ingest-", dir=beside))
    try:
        with explained(called), duckdb.connect(str(folder / "stage.duckdb")) as connection:
            connection.execute("SET memory_limit = ?", [memory])
            connection.execute("SET temp_directory = ?", [str(folder / "spill")])
            connection.execute("SET threads = ?", [min(MOST_THREADS, os.cpu_count() or 1)])
            connection.execute("SET autoinstall_known_extensions = false; SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")
            # DuckDB 2.0 takes isnan() of a Parquet column for false, since Parquet's statistics leave NaN out.
            connection.execute("SET disabled_optimizers = 'statistics_propagation'")
            connection.execute(_MACROS)
            yield Session(connection, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def explained(called: str) -> Generator[None, None, None]:
    """Turn DuckDB's errors into SynthError, cut off from their texts since those quote rows."""
    try:
        yield
    except duckdb.Error as error:
        raise _explain(error, called) from None


def _explain(error: duckdb.Error, called: str) -> SynthError:
    """What an error of DuckDB means to the owner of the source."""
    text = str(error)
    line = re.search(r"\bLine: (\d+)", text) or re.search(r"\bin line (\d+)", text)
    place = f" near line {line[1]}" if line else ""
    ragged = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if isinstance(error, duckdb.OutOfMemoryException):
        return SynthError(f"{called} does not fit the memory limit.", "allow more memory, or free disk for spilling.")
    if re.search(r"not utf-8 encoded|invalid utf-8|invalid unicode", text, re.IGNORECASE):
        return not_utf8(called + place)
    if ragged:
        return SynthError(
            f"{called} has {ragged[2]} fields{place}, where its header has {ragged[1]}.",
            "give every line as many fields as the header, and put fields that hold the delimiter in double quotes.",
        )
    if "memory_limit" in text or "for memory" in text:
        return SynthError("The memory limit is not a size.", "write it as a number and a unit, such as 2GB.")
    if "Maximum line size" in text:
        return SynthError(f"{called} has a line of more than 2 MB{place}.", "shorten it, or give the data as Parquet.")
    if "unterminated quote" in text:
        return SynthError(f"{called} has a double quote that is not closed{place}.", 'write a quote in a field as "".')
    if "Malformed JSON" in text:
        return SynthError(f"{called} holds no valid JSON{place}.", "write one JSON object per line.")
    if isinstance(error, duckdb.ResourceInUseException) or "set lock on file" in text:
        return SynthError(f"{called} is open in another process or connection.", "close it there, then try again.")
    return SynthError(
        f"{called} cannot be read{place} ({type(error).__name__}).", "check that the file is whole and of its type."
    )


def not_utf8(called: str) -> SynthError:
    return SynthError(
        f"{called} is not UTF-8 text.", "convert it, for instance with: iconv -f LATIN1 -t UTF-8 in > out."
    )


def identifier(name: str) -> str:
    """A name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL, where a parameter is not allowed."""
    return "'" + text.replace("'", "''") + "'"
