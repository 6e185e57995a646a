"""Text that stands for numbers, booleans or dates, as in every CSV file."""

from collections.abc import Mapping
from dataclasses import replace

from synth_pipeline.adapters.ingest.cast import cast, date
from synth_pipeline.adapters.ingest.read import Field, Staged
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.columns import Kind

MIXED = 0.9  # from this share of numbers on, what is no number is taken for a mistake
STYLES = (None, "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y")  # None is ISO 8601


def settle(session: Session, staged: Staged, wanted: Mapping[str, Kind]) -> tuple[Field, ...]:
    """The fields, where text that is wholly numbers or booleans has become such.

    Numbers with leading zeros, or too long for an integer, are codes and stay text.
    Raises SynthError for a column of mixed types.
    """
    fields = []
    for field in staged.fields:
        free = field.loose and field.base is Kind.TEXT and field.name not in wanted
        base = _base(session, staged, field) if free else field.base
        fields.append(field if base is field.base else replace(field, base=base, sql=cast(field, base)))
    return tuple(fields)


def _base(session: Session, staged: Staged, field: Field) -> Kind:
    """The physical type that a column of text stands for."""
    sql = field.sql
    facts = session.row(
        f"SELECT count({sql}) AS known, count(as_number({sql})) AS numbers, "
        f"count_if(lower(trim({sql})) IN ('true', 'false')) AS truths, "
        f"bool_or(regexp_matches({sql}, '^\\s*[+-]?0[0-9]')) AS codes, "
        f"bool_and(regexp_full_match({sql}, '\\s*[+-]?[0-9]+\\s*')) AS digits, "
        f"count(TRY_CAST({sql} AS BIGINT)) AS fitting FROM stage.main.raw"
    )
    known, numbers = int(facts["known"]), int(facts["numbers"])
    if not known:
        return Kind.TEXT
    if facts["truths"] == known:
        return Kind.BOOLEAN
    if numbers == known:
        if facts["codes"] or (facts["digits"] and facts["fitting"] < known):
            return Kind.TEXT
        return Kind.INTEGER if facts["digits"] else Kind.DECIMAL
    if numbers >= MIXED * known:
        raise _mixed(session, staged, field, known, known - numbers)
    return Kind.TEXT


def _mixed(session: Session, staged: Staged, field: Field, known: int, count: int) -> SynthError:
    sql = field.sql
    first = session.value(f"SELECT min(rowid) FROM stage.main.raw WHERE {sql} IS NOT NULL AND as_number({sql}) IS NULL")
    return SynthError(
        f"Column {field.name!r} of {staged.called} holds numbers but for {count} of {known} values, first in row "
        f"{int(first) + 1}.",
        "correct them, leave missing cells empty, or declare its type (such as category) under 'columns'.",
    )


def settle_dates(session: Session, staged: Staged, wanted: Mapping[str, Kind]) -> tuple[Field, ...]:
    """The fields, where text that is wholly dates has become timestamps and text wanted as dates knows its style."""
    fields = []
    for field in staged.fields:
        kind = wanted.get(field.name)
        may = kind is Kind.DATETIME or (
            kind is None and field.loose and field.base is Kind.TEXT and _may_be_dates(session, field)
        )
        fields.append(_dated(session, staged, field, kind) if may and field.base is Kind.TEXT else field)
    return tuple(fields)


def _may_be_dates(session: Session, field: Field) -> bool:
    """Cheap: every value begins with a digit and goes on after a separator."""
    test = f"bool_and(regexp_matches({field.sql}, '^\\s*[0-9]{{1,4}}[-/.][0-9]{{1,2}}[-/.][0-9]'))"
    return bool(session.value(f"SELECT {test} FROM stage.main.raw"))


def _dated(session: Session, staged: Staged, field: Field, wanted: Kind | None) -> Field:
    """Raises SynthError where day and month cannot be told apart."""
    parsed = [date(field.sql, style) for style in STYLES]
    counts = session.rows(
        f"SELECT count({field.sql}), {', '.join(f'count({sql})' for sql in parsed)} FROM stage.main.raw"
    )[0]
    known, best = counts[0], max(counts[1:])
    if not best or (wanted is None and best < known):
        return field
    first, *others = [i for i, count in enumerate(counts[1:]) if count == best]
    for other in others:
        if session.value(f"SELECT count_if({parsed[first]} <> {parsed[other]}) FROM stage.main.raw"):
            raise SynthError(
                f"The dates in column {field.name!r} of {staged.called} can be read day first or month first.",
                "write them as YYYY-MM-DD, or declare the type category under 'columns'.",
            )
    styled = replace(field, style=STYLES[first])
    return styled if wanted else replace(styled, base=Kind.DATETIME, sql=parsed[first])
