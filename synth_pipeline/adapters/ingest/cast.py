"""SQL that brings a staged column to a kind, null where a value is not of that kind."""

from synth_pipeline.adapters.ingest.read import PHYSICAL, Field
from synth_pipeline.adapters.ingest.session import literal
from synth_pipeline.spec.columns import Kind

TEXTUAL = (Kind.CATEGORY, Kind.TEXT, Kind.IDENTIFIER)


def cast(field: Field, kind: Kind) -> str:
    """A column in the physical type of a kind."""
    if kind in TEXTUAL:
        return as_text(field.sql, field.base)
    if field.base is Kind.TEXT:
        return _from_text(field, kind)
    if field.base is kind:
        finite = kind in (Kind.DECIMAL, Kind.DATETIME)
        return f"CASE WHEN isfinite({field.sql}) THEN {field.sql} END" if finite else field.sql
    if Kind.DATETIME in (kind, field.base):
        return f"CAST(NULL AS {PHYSICAL[kind]})"
    if kind is Kind.BOOLEAN:
        return f"CASE {field.sql} WHEN 0 THEN false WHEN 1 THEN true END"
    if kind is Kind.INTEGER and field.base is Kind.DECIMAL:
        return f"as_whole({field.sql})"
    return f"CAST(CAST({field.sql} AS BIGINT) AS {PHYSICAL[kind]})"


def as_text(sql: str, base: Kind) -> str:
    """Values as text, value by value, so that 3 and 3.0 are one text and no other row has a say in it."""
    if base is Kind.DECIMAL:
        return f"number_text({sql})"
    if base is Kind.DATETIME:
        return f"regexp_replace(CAST({sql} AS VARCHAR), ' 00:00:00$', '')"
    return sql if base in TEXTUAL else f"CAST({sql} AS VARCHAR)"


def _from_text(field: Field, kind: Kind) -> str:
    sql = field.sql
    if kind is Kind.INTEGER:
        digits = f"regexp_full_match({sql}, '\\s*[+-]?[0-9]+\\s*')"
        return f"CASE WHEN {digits} THEN TRY_CAST({sql} AS BIGINT) ELSE as_whole(as_number({sql})) END"
    if kind is Kind.DECIMAL:
        return f"as_number({sql})"
    if kind is Kind.BOOLEAN:
        return f"as_truth({sql})"
    return date(sql, field.style)


def date(sql: str, style: str | None) -> str:
    """Text as a timestamp: ISO 8601, or in a style of strptime."""
    return f"as_iso({sql})" if style is None else f"as_date({sql}, {literal(style)})"
