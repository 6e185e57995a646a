"""Content hashes: equal values give equal hashes, whatever file, chunking or library version they come from."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

LENGTH = 16  # hexadecimal digits shown and used as names: 64 bits


class _ColumnHash:
    """Where values are missing, how long texts are and what they hold, each as a stream of its own."""

    def __init__(self) -> None:
        self._streams = [hashlib.sha256() for _ in range(3)]

    def update(self, values: pd.Series) -> None:
        missing = values.isna().to_numpy()
        self._streams[0].update(np.ascontiguousarray(missing).view(np.uint8))
        if pd.api.types.is_string_dtype(values.dtype):
            import pyarrow as pa
            import pyarrow.compute as pc

            texts = pc.fill_null(pa.array(values, type=pa.large_string(), from_pandas=True), "")
            self._streams[1].update(pc.binary_length(texts).to_numpy(zero_copy_only=False).astype("<i8"))
            self._streams[2].update("".join(texts.to_pylist()).encode())
            return
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            numbers = values.astype("int64").to_numpy()
        elif pd.api.types.is_float_dtype(values.dtype):
            numbers = values.to_numpy("<f8", na_value=0.0)
        else:
            numbers = values.to_numpy("<i8", na_value=0)
        self._streams[2].update(np.ascontiguousarray(np.where(missing, 0, numbers)))

    def digest(self) -> bytes:
        return b"".join(stream.digest() for stream in self._streams)


def of_frames(frames: Iterable[pd.DataFrame]) -> str:
    """Hash of the rows of these frames, one after the other: names, order, types and values count."""
    columns: dict[str, _ColumnHash] = {}
    for frame in frames:
        for name in frame.columns:
            columns.setdefault(str(name), _ColumnHash()).update(frame[name])
    whole = hashlib.sha256()
    for name, column in columns.items():
        whole.update(name.encode() + b"\x00" + column.digest())
    return whole.hexdigest()[:LENGTH]


def of_frame(frame: pd.DataFrame) -> str:
    return of_frames([frame])


def of_parquet(path: Path) -> str:
    """Hash of a Parquet file's rows, read in chunks."""
    import pyarrow.parquet as pq

    return of_frames(batch.to_pandas() for batch in pq.ParquetFile(path).iter_batches(131_072))


def of_text(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:LENGTH]


def of_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in full: for manifests and for artefacts that are loaded again."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
