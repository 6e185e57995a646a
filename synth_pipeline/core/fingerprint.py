"""Content hashes: equal values give equal hashes, whatever file, chunking or library version they come from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.core.parquet import frames

LENGTH = 16  # hexadecimal digits shown and used as names: 64 bits


class _ColumnHash:
    """Where values are missing, how long texts are and what they hold, each as a stream of its own."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._streams = [hashlib.sha256(kind.encode()) for _ in range(3)]

    def update(self, values: pd.Series) -> None:
        missing = values.isna().to_numpy()
        self._streams[0].update(missing.tobytes())
        if self._kind == "text":
            texts = [text.encode() for text in values.fillna("")]
            self._streams[1].update(np.fromiter(map(len, texts), "<i8", len(texts)).tobytes())
            self._streams[2].update(b"".join(texts))
            return
        if self._kind == "time":
            numbers = values.astype("datetime64[us]").astype("int64").to_numpy()
        elif self._kind == "decimal":
            numbers = values.to_numpy("<f8", na_value=0.0)
        else:
            numbers = values.to_numpy("<i8", na_value=0)
        self._streams[2].update(np.where(missing, 0, numbers).tobytes())

    def digest(self) -> bytes:
        return b"".join(stream.digest() for stream in self._streams)


def _kind_of(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values.dtype):
        return "truth"
    if pd.api.types.is_integer_dtype(values.dtype):
        return "integer"
    if pd.api.types.is_float_dtype(values.dtype):
        return "decimal"
    return "time" if pd.api.types.is_datetime64_any_dtype(values.dtype) else "text"


def of_frames(frames: Iterable[pd.DataFrame]) -> str:
    """Hash of the rows of these frames, one after the other: names, order, types and values count."""
    columns: dict[str, _ColumnHash] = {}
    for frame in frames:
        for name in frame.columns:
            values = frame.loc[:, name]
            columns.setdefault(str(name), _ColumnHash(_kind_of(values))).update(values)
    whole = hashlib.sha256()
    for name, column in columns.items():
        whole.update(name.encode() + b"\x00" + column.digest())
    return whole.hexdigest()[:LENGTH]


def of_frame(frame: pd.DataFrame) -> str:
    return of_frames([frame])


def of_parquet(path: Path) -> str:
    """Hash of a Parquet file's rows, read in chunks."""
    return of_frames(frames(path))


def of_text(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:LENGTH]


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in full: for manifests and for artefacts that are loaded again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
