"""Bring a source into the pipeline: one schema, one Parquet file with record ids, three parts."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from synth_pipeline.adapters.ingest import identity
from synth_pipeline.adapters.ingest.cast import as_text
from synth_pipeline.adapters.ingest.files import suffix_of, unknown_suffix
from synth_pipeline.adapters.ingest.infer import Plan, enforce, infer
from synth_pipeline.adapters.ingest.names import check_known
from synth_pipeline.adapters.ingest.read import Staged, name_of, stage
from synth_pipeline.adapters.ingest.session import Session, identifier, literal, open_session
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.split.rule import SplitRule
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.spec.columns import ColumnOverride, Kind, Schema
from synth_pipeline.spec.source import FileSource, Source
from synth_pipeline.text.documents import is_corpus

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ingest", "inspect", "read_frame", "split"]

_NONE: Mapping[str, ColumnOverride] = MappingProxyType({})
_PARQUET = "(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"


def ingest(
    source: Source,
    out: Path,
    *,
    root: Path,
    rule: SplitRule,
    key: str | None,
    entity: str | None,
    exclude: tuple[str, ...] = (),
    overrides: Mapping[str, ColumnOverride] = _NONE,
    schema: Schema | None = None,
    memory: str = "2GB",
) -> Schema:
    """Read the source, infer its schema or enforce the one given, and write Parquet with a _record_id to ``out``.

    Rows are ordered by _record_id, so the artefact does not depend on the source's order.
    Raises SynthError for a source that cannot be read or differs from its declaration.
    """
    with open_session(name_of(source), memory, out.parent) as opened:
        staged = stage(opened, source, root, exclude)
        schema, plan = _planned(opened, staged, key, entity, overrides, schema)
        _check_documents(opened, staged, schema, plan)
        part = opened.folder / "part.parquet"
        _write(opened, plan, schema, rule, key, part)
        os.replace(part, out)
    return schema


def inspect(
    source: Source,
    *,
    root: Path,
    key: str | None = None,
    entity: str | None = None,
    exclude: tuple[str, ...] = (),
    overrides: Mapping[str, ColumnOverride] = _NONE,
    schema: Schema | None = None,
    memory: str = "2GB",
) -> tuple[Schema, int]:
    """The schema and the number of rows that ``ingest`` would write; raises what it would raise."""
    with open_session(name_of(source), memory) as opened:
        staged = stage(opened, source, root, exclude)
        schema, plan = _planned(opened, staged, key, entity, overrides, schema)
        _check_documents(opened, staged, schema, plan)
    return schema, staged.rows


def read_frame(
    path: Path,
    *,
    schema: Schema | None = None,
    overrides: Mapping[str, ColumnOverride] = _NONE,
    memory: str = "2GB",
) -> tuple["pd.DataFrame", Schema]:
    """A data file read whole, in its own order; columns that begin with an underscore are provenance and left out.

    Raises SynthError as ``ingest`` does.
    """
    if suffix_of(path) is None:
        raise unknown_suffix(str(path))
    source = FileSource(kind="file", path=str(path))
    with open_session(source.path, memory) as opened:
        staged = stage(opened, source, Path(), reserved="drop")
        schema, plan = _planned(opened, staged, None, None, overrides, schema)
        columns = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(plan.values()))
        frame = _fetched(opened, f"SELECT {columns} FROM stage.main.raw ORDER BY rowid")
    frame.columns = schema.names
    return Table.conform(frame, schema, source.path).frame, schema


def split(
    source: Path, outs: Mapping[str, Path], rule: SplitRule, entity: str | None, memory: str = "2GB"
) -> dict[str, int]:
    """Write train, holdout and sealed Parquet from the ingested file by the split rule; rows of each.

    A row without an entity is a unit of its own.
    Raises SynthError where the ingested file is missing or has no such entity.
    """
    if not source.is_file():
        raise SynthError(f"{source} does not exist.", "ingest the source first.")
    with open_session(str(source), memory, next(iter(outs.values())).parent) as opened:
        rows = f"read_parquet({literal(str(source))}, hive_partitioning = false)"
        names = [row[0] for row in opened.rows(f"DESCRIBE SELECT * FROM {rows}")]
        check_known([entity] if entity else [], names, "entity", str(source))
        record = identifier(RECORD_ID)
        unit = f"coalesce({identifier(entity)}, {record})" if entity else record
        counts, parts = {}, {name: opened.folder / f"{name}.parquet" for name in outs}
        for name, part in parts.items():
            chosen = f"SELECT * FROM {rows} WHERE {identity.side(unit)} = $side ORDER BY {record}"
            copy = f"COPY ({chosen}) TO {literal(str(part))} {_PARQUET}"
            counts[name] = int(opened.value(copy, identity.side_values(rule, name)))
        for name, part in parts.items():
            outs[name].parent.mkdir(parents=True, exist_ok=True)
            os.replace(part, outs[name])
    return counts


def _planned(
    opened: Session,
    staged: Staged,
    key: str | None,
    entity: str | None,
    overrides: Mapping[str, ColumnOverride],
    schema: Schema | None,
) -> tuple[Schema, Plan]:
    """The schema, and the SQL of each column; raises SynthError where a declaration does not fit the source."""
    names = [field.name for field in staged.fields]
    check_known([key] if key else [], names, "key", staged.called)
    check_known([entity] if entity else [], names, "entity", staged.called)
    check_known(overrides, names, "an entry of 'columns'", staged.called)
    if schema is None:
        wanted = {name: override.kind for name, override in overrides.items()}
        keys = [name for name in (key, entity) if name]
        wanted |= dict.fromkeys(keys, Kind.IDENTIFIER)
        schema, plan = infer(opened, staged, wanted, [name for name in keys if name not in overrides])
        made = {name: override.made for name, override in overrides.items() if override.made}
        columns = (c.model_copy(update={"like": None} | made[c.name]) if c.name in made else c for c in schema.columns)
        schema = Schema(columns=tuple(columns))
    else:
        named = {"kind": Kind.IDENTIFIER, "grid": None}
        columns = (c.model_copy(update=named) if c.name in (key, entity) else c for c in schema.columns)
        schema = Schema(columns=tuple(columns))
        plan = enforce(opened, staged, schema)
    if key:
        _check_key(opened, staged, key, plan[key])
    return schema, plan


def _check_documents(opened: Session, staged: Staged, schema: Schema, plan: Plan) -> None:
    """Raises SynthError where some rows of a corpus have no word at all."""
    if not is_corpus(schema):
        return
    texts = [plan[name] for name in schema.of(Kind.TEXT)]
    empty = f"NOT regexp_matches(concat({', '.join(texts)}), '\\S')"
    count, first = opened.rows(f"SELECT count(*), min(rowid) FROM stage.main.raw WHERE {empty}")[0]
    if 0 < count < staged.rows:
        raise SynthError(
            f"{staged.called} has {count} empty documents, first in row {first + 1}.",
            "fill them in, or delete the rows.",
        )


def _check_key(opened: Session, staged: Staged, key: str, sql: str) -> None:
    """Raises SynthError where the key is missing in a row or shared by rows."""
    nulls = opened.value(f"SELECT count(*) - count({sql}) FROM stage.main.raw")
    groups = f"SELECT count(*) AS rows FROM stage.main.raw WHERE {sql} IS NOT NULL GROUP BY {sql} HAVING count(*) > 1"
    shared = opened.value(f"SELECT coalesce(sum(rows), 0) FROM ({groups})")
    if nulls or shared:
        parts = [f"empty in {nulls} rows"] * bool(nulls) + [f"shared by {shared} rows"] * bool(shared)
        raise SynthError(
            f"The key {key!r} of {staged.called} is {' and '.join(parts)}.",
            "name a column that is unique, or declare it as 'entity' where several rows belong to one thing.",
        )


def _write(opened: Session, plan: Plan, schema: Schema, rule: SplitRule, key: str | None, out: Path) -> None:
    """Write all rows under their record ids."""
    columns = {name: f"c{i}" for i, name in enumerate(schema.names)}
    texts = [as_text(columns[column.name], column.kind) for column in schema.columns]
    digest = identity.keyed(columns[key], rule) if key else identity.content(texts, rule)
    record = "digest" if key else "md5(digest || '|' || row_number() OVER (PARTITION BY digest))"
    typed = ", ".join(f"{plan[name]} AS {sql}" for name, sql in columns.items())
    named = ", ".join(f"{sql} AS {identifier(name)}" for name, sql in columns.items())
    hashed = f"SELECT *, {digest} AS digest FROM (SELECT {typed} FROM stage.main.raw)"
    rows = f"SELECT {record} AS {RECORD_ID}, {named} FROM ({hashed}) ORDER BY {RECORD_ID}"
    opened.rows(f"COPY ({rows}) TO {literal(str(out))} {_PARQUET}")


def _fetched(opened: Session, sql: str) -> "pd.DataFrame":
    """Through Arrow: pandas would make floats of integers with nulls."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return opened.connection.sql(sql).to_arrow_table().to_pandas(types_mapper=nullable.get)
