"""Open a folder of text or Markdown files: one row per file."""

from pathlib import Path

import pyarrow as pa

from synth_pipeline.adapters.ingest.names import shown
from synth_pipeline.adapters.ingest.opened import Opened
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.columns import Kind
from synth_pipeline.spec.source import FolderSource

PATH, TEXT = "path", "text"


def documents_in(folder: Path, pattern: str) -> list[Path]:
    """The files that match, in the order of their paths; hidden ones are left out."""
    found = (file for file in folder.glob(pattern) if file.is_file())
    seen = [file for file in found if not any(part.startswith(".") for part in file.relative_to(folder).parts)]
    return sorted(seen, key=lambda file: file.relative_to(folder).as_posix())


def open_folder(session: Session, source: FolderSource, folder: Path, called: str) -> Opened:
    """The columns path, which names a document by its place in the folder, and text.

    Raises SynthError where there is no such folder or file, and for a file that is binary, not UTF-8 or empty.
    """
    if not folder.is_dir():
        raise SynthError(f"{source.path} does not exist or is no folder (looked for {folder}).", "correct the path.")
    files = documents_in(folder, source.pattern)
    if not files:
        held = sorted({f"*{file.suffix}" for file in folder.rglob("*") if file.is_file() and file.suffix})
        fix = f"it holds {shown(held)}; write '**/' before a pattern to look in folders inside it too." if held else ""
        raise SynthError(f"{called} matches no file.", fix or "put text or Markdown files there, or correct the path.")
    paths = [file.relative_to(folder).as_posix() for file in files]
    texts = [_text(file, f"{source.path}/{path}") for file, path in zip(files, paths, strict=True)]
    session.connection.register("folder", pa.table({"c0": paths, "c1": pa.array(texts, pa.large_string())}))
    hints = {PATH: Kind.IDENTIFIER, TEXT: Kind.TEXT}
    return Opened("SELECT c0, CAST(c1 AS VARCHAR) AS c1 FROM folder", [PATH, TEXT], hints=hints)


def _text(file: Path, called: str) -> str:
    try:
        raw = file.read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _unreadable(called, raw) from None
    except OSError as error:
        raise SynthError(f"{called} cannot be read ({error.strerror}).", "make it readable, or delete it.") from None
    if "\0" in text:
        raise _unreadable(called, raw)
    if not text.strip():
        raise SynthError(f"{called} is empty.", "write something in it, delete it, or narrow 'pattern'.")
    return text.replace("\r\n", "\n")


def _unreadable(called: str, raw: bytes) -> SynthError:
    if b"\0" in raw:
        return SynthError(f"{called} is a binary file.", "narrow 'pattern' so that it matches texts alone, or move it.")
    return SynthError(
        f"{called} is not UTF-8 text.", "convert it, for instance with: iconv -f LATIN1 -t UTF-8 in > out."
    )
