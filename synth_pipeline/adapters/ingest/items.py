"""The items of an evaluation set, from a file."""

from collections.abc import Sequence
from pathlib import Path

from synth_pipeline.adapters.ingest.files import open_file
from synth_pipeline.adapters.ingest.names import shown
from synth_pipeline.adapters.ingest.session import Session, not_utf8, open_session
from synth_pipeline.core.errors import SynthError


def read_items(path: Path, called: str, columns: Sequence[str]) -> list[str]:
    """The texts of an evaluation set that is ``called`` so: its columns of these names, or its only column of text.

    A file that ends in .txt has an item in each line.  Items without words are left out.
    Raises SynthError where the file cannot be read, or which column is meant cannot be told.
    """
    if not path.is_file():
        raise SynthError(f"{called} does not exist (looked for {path}).", "correct the path under 'dedup.against'.")
    if path.suffix == ".txt":
        try:
            items = path.read_text(encoding="utf-8-sig").splitlines()
        except UnicodeDecodeError:
            raise not_utf8(called) from None
    else:
        with open_session(called, "2GB") as session:
            items = _of_columns(session, path, called, columns)
    items = [item for item in items if item.strip()]
    if not items:
        raise SynthError(f"{called} holds no items.", "give a file that does, or take it out of 'dedup.against'.")
    return items


def _of_columns(session: Session, path: Path, called: str, columns: Sequence[str]) -> list[str]:
    opened = open_file(session, path, called)
    aliased = f"({opened.sql}) AS opened({', '.join(f'c{i}' for i in range(len(opened.names)))})"
    types = [row[1] for row in session.rows(f"DESCRIBE SELECT * FROM {aliased}")]
    wanted = [place for place, name in enumerate(opened.names) if name in columns]
    texts = [place for place, sql_type in enumerate(types) if sql_type == "VARCHAR"]
    if not wanted and len(texts) == 1:
        wanted = texts
    if not wanted:
        raise SynthError(
            f"Which column of {called} holds the items cannot be told: it has {shown(opened.names)}.",
            f"name it {shown(columns)}, as in the data set, or leave it alone in the file.",
        )
    joined = ", ".join(f"CAST(c{place} AS VARCHAR)" for place in wanted)
    return [row[0] for row in session.rows(f"SELECT concat_ws(chr(10), {joined}) FROM {aliased}")]
