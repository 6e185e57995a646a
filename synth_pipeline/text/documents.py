"""A corpus: a table whose rows are documents."""

from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind, Schema


def is_corpus(schema: Schema) -> bool:
    """Text, beside identifiers and at most one further column, such as a label."""
    texts = schema.of(Kind.TEXT)
    return bool(texts) and len(schema.modelled) <= len(texts) + 1


def documents_of(table: Table) -> list[str]:
    """The text of each row: its columns of text one below the other, missing ones empty."""
    columns = [table.frame[name].fillna("").tolist() for name in table.schema.of(Kind.TEXT)]
    return ["\n".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * len(table)
