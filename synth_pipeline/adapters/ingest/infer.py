"""The kinds of all columns, from all rows, or those that a schema prescribes."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any

from synth_pipeline.adapters.ingest.cast import cast
from synth_pipeline.adapters.ingest.names import shown
from synth_pipeline.adapters.ingest.personal import personal
from synth_pipeline.adapters.ingest.read import Field, Staged
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.adapters.ingest.words import settle, settle_dates
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.columns import Column, Kind, Schema

FEWEST_IDENTIFIERS = 50  # among fewer rows all values differ by chance
MOST_PLACES = 6
WORDS_OF_TEXT = 5

Plan = dict[str, str]  # name of a column -> the SQL that makes it from the table raw


def infer(
    session: Session, staged: Staged, wanted: Mapping[str, Kind], keys: Container[str] = ()
) -> tuple[Schema, Plan]:
    """The schema of a staged source, where ``wanted`` kinds go before inferred ones.

    Personal data become identifiers that say what they look like; so do ``keys``, where such values are unique.

    Raises SynthError for columns that are all null, of mixed types, infinite or not of the kind that is wanted.
    """
    fields = settle_dates(session, staged, wanted)
    fields = settle(session, replace(staged, fields=fields), wanted)
    asked = {field.name: cast(field, wanted[field.name]) for field in fields if field.name in wanted}
    _check_casts(session, staged, fields, wanted, asked)
    columns, plan = [], {}
    for field in fields:
        kind = wanted.get(field.name)
        may_be = (kind is None and field.hint is not Kind.TEXT) or field.name in keys
        like = personal(session, field) if may_be else None
        if like is not None and (kind is None or like.is_unique):
            column = Column(name=field.name, kind=Kind.IDENTIFIER, like=like, nullable=_has_nulls(session, field))
        else:
            column = _column(session, staged, replace(field, sql=asked.get(field.name, field.sql)), kind)
        columns.append(column)
        plan[field.name] = asked.get(field.name) or cast(field, column.kind)
    return Schema(columns=tuple(columns)), plan


def enforce(session: Session, staged: Staged, schema: Schema) -> Plan:
    """The SQL that brings a staged source to a schema; raises SynthError with all columns that differ."""
    names = [field.name for field in staged.fields]
    missing = [name for name in schema.names if name not in names]
    surplus = [name for name in names if name not in schema.names]
    if missing or surplus:
        parts = [f"lacks {shown(missing)}"] * bool(missing) + [f"has in addition {shown(surplus)}"] * bool(surplus)
        raise SynthError(
            f"The columns of {staged.called} differ from those of the schema: it {' and '.join(parts)}.",
            "bring the source back to the schema, or exclude what is new.",
        )
    wanted = {column.name: column.kind for column in schema.columns}
    fields = {field.name: field for field in settle_dates(session, staged, wanted)}
    plan = {name: cast(fields[name], wanted[name]) for name in schema.names}
    _check_casts(session, staged, tuple(fields.values()), wanted, plan)
    return plan


def _check_casts(
    session: Session, staged: Staged, fields: tuple[Field, ...], wanted: Mapping[str, Kind], plan: Plan
) -> None:
    """Raises SynthError with the number of values that are not of the kind that is wanted."""
    asked = [field for field in fields if field.name in plan]
    if not asked:
        return
    lost = ", ".join(f"count({field.sql}) - count({plan[field.name]})" for field in asked)
    counts = dict(zip(asked, session.rows(f"SELECT {lost} FROM stage.main.raw")[0], strict=True))
    for field, count in counts.items():
        if count:
            raise not_of_kind(session, staged, field, plan[field.name], wanted[field.name], count)


def not_of_kind(session: Session, staged: Staged, field: Field, sql: str, kind: Kind, count: int) -> SynthError:
    first = session.value(f"SELECT min(rowid) FROM stage.main.raw WHERE {field.sql} IS NOT NULL AND {sql} IS NULL")
    return SynthError(
        f"Column {field.name!r} of {staged.called} has {count} values that are not of type {kind}, first in row "
        f"{int(first) + 1}.",
        "correct them, leave missing cells empty, or declare the type category under 'columns'.",
    )


def _has_nulls(session: Session, field: Field) -> bool:
    return bool(session.value(f"SELECT count(*) > count({field.sql}) FROM stage.main.raw"))


def _column(session: Session, staged: Staged, field: Field, wanted: Kind | None) -> Column:
    """One column's kind, grid and whether it has nulls."""
    base = wanted or field.base
    facts = session.row(f"SELECT count({field.sql}) AS known{_facts(field.sql, base)} FROM stage.main.raw")
    known = int(facts["known"])
    if not known and wanted is None:
        raise SynthError(
            f"Column {field.name!r} of {staged.called} has no value in any row.",
            "exclude it, or declare its type under 'columns'.",
        )
    if facts.get("infinite"):
        raise SynthError(
            f"Column {field.name!r} of {staged.called} has {facts['infinite']} infinite values.",
            "replace them, or leave them empty.",
        )
    kind = wanted or _kind(session, staged, field, facts)
    grid = _grid(kind, facts) if known or kind is Kind.INTEGER else None
    return Column(name=field.name, kind=kind, grid=grid, nullable=known < staged.rows)


def _facts(sql: str, base: Kind) -> str:
    """Aggregates that decide kind and grid."""
    if base is Kind.DECIMAL:
        places = "".join(f", bool_and(lies_on({sql}, {k})) AS places_{k}" for k in range(MOST_PLACES + 1))
        return f", count_if(isinf({sql})) AS infinite, bool_and(is_whole({sql})) AS whole{places}"
    if base is Kind.DATETIME:
        return "".join(
            f", {expression} AS {name}"
            for name, expression in {
                "infinite": f"count_if(isinf({sql}))",
                "days": f"bool_and({sql} = date_trunc('day', {sql}))",
                "seconds": f"bool_and({sql} = date_trunc('second', {sql}))",
            }.items()
        )
    if base is Kind.TEXT:
        words = f"avg(length(trim({sql})) - length(replace(trim({sql}), ' ', '')) + 1)"
        return f", bool_or(contains({sql}, ' ')) AS spaces, {words} AS words, approx_count_distinct({sql}) AS levels"
    return ""


def _kind(session: Session, staged: Staged, field: Field, facts: Mapping[str, Any]) -> Kind:
    if field.base is Kind.DECIMAL:
        return Kind.INTEGER if facts["whole"] else Kind.DECIMAL
    if field.base is not Kind.TEXT:
        return field.base
    return field.hint or _kind_of_text(session, staged, field, facts)


def _kind_of_text(session: Session, staged: Staged, field: Field, facts: Mapping[str, Any]) -> Kind:
    """Identifier, text or category.

    The estimate of the number of levels, which errs by some 13 %, only spares the exact count where that is hopeless.
    """
    known = int(facts["known"])
    if float(facts["levels"]) < known / 4:
        return Kind.CATEGORY
    may_identify = known == staged.rows >= FEWEST_IDENTIFIERS and not facts["spaces"]
    may_be_text = float(facts["words"]) >= WORDS_OF_TEXT
    if not may_identify and not may_be_text:
        return Kind.CATEGORY
    distinct = f"SELECT count(*) FROM (SELECT DISTINCT {field.sql} FROM stage.main.raw WHERE {field.sql} IS NOT NULL)"
    levels = int(session.value(distinct))
    if may_identify and levels == staged.rows:
        return Kind.IDENTIFIER
    return Kind.TEXT if may_be_text and levels > known / 2 else Kind.CATEGORY


def _grid(kind: Kind, facts: Mapping[str, Any]) -> float | None:
    if kind is Kind.INTEGER:
        return 1.0
    if kind is Kind.DATETIME:
        return 86400.0 if facts["days"] else 1.0 if facts["seconds"] else 1e-6
    if kind is Kind.DECIMAL:
        return next((float(f"1e-{k}") for k in range(MOST_PLACES + 1) if facts[f"places_{k}"]), None)
    return None
