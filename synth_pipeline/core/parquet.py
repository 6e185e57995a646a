"""Parquet to data frames, without pandas' habit of making floats of integers with nulls."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd


def frames(path: Path, rows: int = 131_072) -> Iterator[pd.DataFrame]:
    """The file's rows in chunks of at most so many."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    for batch in pq.ParquetFile(path).iter_batches(rows):
        yield batch.to_pandas(types_mapper=nullable.get)


def frame(path: Path) -> pd.DataFrame:
    """The whole file."""
    parts = list(frames(path))
    return pd.concat(parts, ignore_index=True) if parts else pd.read_parquet(path)
