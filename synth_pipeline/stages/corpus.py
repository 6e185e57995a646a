"""The real side of a corpus: one document of each cluster of near duplicates stays, before the split.

Else a document and its near copy could lie on both sides, and the audit would compare unlike sides.
"""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from synth_pipeline.core.parquet import frame
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.dedup import distinct_source
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.dedup import Dedup
from synth_pipeline.text.documents import is_corpus

CLUSTERS = "clusters.parquet"


def dedup_of(spec: DatasetSpec, schema: Schema) -> Dedup | None:
    """What counts as the same document: as declared where there is text, by default for a corpus, else None."""
    if not schema.of(Kind.TEXT):
        return None
    return spec.dedup or (Dedup() if is_corpus(schema) else None)


def keep_one_of_each(path: Path, spec: DatasetSpec, schema: Schema) -> pd.DataFrame | None:
    """Take near duplicates out of the ingested file, and return their clusters; None for other tables.

    Of each cluster the document of the smallest record id stays, whatever the order of the source.
    """
    dedup = dedup_of(spec, schema)
    if dedup is None:
        return None
    texts = Schema(columns=tuple(column for column in schema.columns if column.kind is Kind.TEXT))
    held = frame(path)[[RECORD_ID, *texts.names]]
    distinct = distinct_source(Table.conform(held, texts, "the source"), dedup.near)
    if len(distinct.table) < len(held):
        assert distinct.table.ids is not None
        stay = held[RECORD_ID].isin(set(distinct.table.ids)).to_numpy()
        pq.write_table(pq.read_table(path).filter(stay), path, compression="zstd", row_group_size=122_880)
    return distinct.clusters
