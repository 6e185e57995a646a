"""Rows straight to a Parquet file, shard by shard: memory does not grow with the rows."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.drawing.drawer import Drawer, refused_if_short
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.conditions import Conditions

Progress = Callable[[int], None]


def write(
    drawer: Drawer,
    rows: int,
    path: Path,
    seed: Seed,
    where: Conditions | None = None,
    workers: int = 1,
    progress: Progress = lambda _: None,
    metadata: Mapping[str, str] | None = None,
) -> None:
    """Write so many rows aside and rename the file when it is whole; ``progress`` is told how many there are.

    Raises SynthError where constraints or conditions cannot be met, or where the place cannot be written to.
    """
    schema = arrow_schema(drawer.schema, {"synthetic": "true", **(metadata or {})})
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    done = 0
    try:
        with pq.ParquetWriter(aside, schema) as writer:
            for shard in drawer.shards(rows, seed, where, workers):
                frame = refused_if_short(shard).table.frame
                writer.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False).cast(schema))
                progress(done := done + len(frame))
        aside.replace(path)
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None
    finally:
        aside.unlink(missing_ok=True)


def arrow_schema(schema: Schema, metadata: Mapping[str, str] | None = None) -> pa.Schema:
    """The same types for every shard, whether it has missing values or not."""
    fields = [pa.field(column.name, _TYPES.get(column.kind, pa.large_string())) for column in schema.columns]
    return pa.schema(fields, metadata={key.encode(): value.encode() for key, value in (metadata or {}).items()})


_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATETIME: pa.timestamp("us"),
}
