"""Columns by their rules, in an order in which each finds what it follows from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.counters import hashed
from synth_pipeline.generators.identities import made_anew
from synth_pipeline.generators.rules.correlations import evens, inner
from synth_pipeline.generators.rules.edges import inject
from synth_pipeline.generators.rules.laws import quantiles
from synth_pipeline.generators.rules.learned import Learned, Names, Scale
from synth_pipeline.generators.texts import drawn as drawn_by
from synth_pipeline.generators.texts import joined, numerals, series
from synth_pipeline.generators.words import pool
from synth_pipeline.spec.columns import Column, Kind, Like
from synth_pipeline.spec.expression import parse
from synth_pipeline.spec.rules import (
    BooleanRule,
    CategoryRule,
    ConstantRule,
    Correlation,
    DatetimeRule,
    DecimalRule,
    DeterminedRule,
    FakerRule,
    ForeignKeyRule,
    Gaps,
    IntegerRule,
    Numbers,
    OwnRule,
    PatternRule,
    SequenceRule,
)

AnyRule = OwnRule | ForeignKeyRule | Learned
_MICROS = {"day": 86_400_000_000, "hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000,
           "millisecond": 1_000, "microsecond": 1}  # fmt: skip
_OPEN, _SHUT = 9, 17  # business hours


@dataclass(slots=True)
class Draft:
    """A table that is being drawn; ``others`` are columns of finished tables by table.column."""

    called: str  # in messages
    rows: int
    seed: Seed
    evens: Mapping[str, np.ndarray]
    others: Mapping[str, pd.Series]
    columns: dict[str, pd.Series] = field(default_factory=dict)

    def even(self, name: str) -> np.ndarray:
        return self.evens[name] if name in self.evens else inner(self.stream(name).random(self.rows))

    def stream(self, name: str, *path: str) -> np.random.Generator:
        return self.seed.child(name, *path).stream()


def draw_columns(
    rules: Mapping[str, AnyRule],
    correlations: Sequence[Correlation],
    rows: int,
    seed: Seed,
    *,
    called: str,
    table: str | None = None,
    others: Mapping[str, pd.Series] | None = None,
    complete: frozenset[str] = frozenset(),
) -> tuple[dict[str, pd.Series], pd.DataFrame]:
    """All columns, and the edge cases in them: one row each, with ``column``, ``row`` and ``case``.

    ``complete`` columns get no null as an edge case.  Raises SynthError where columns follow from each other in a
    loop, and where a law has nothing between its bounds or a pattern too few values.
    """
    draft = Draft(called, rows, seed, evens(correlations, rows, seed), others or {})
    injected = [pd.DataFrame({"column": [], "row": [], "case": []}).astype({"row": "int64"})]
    for name in in_order(rules, called, table):
        rule = rules[name]
        draft.columns[name] = draw(name, rule, draft)
        if isinstance(rule, Gaps):
            nullable = name not in complete
            if rule.edge_cases:
                changed, cells = inject(draft.columns[name], rule, seed.child(name), nullable=nullable)
                draft.columns[name] = changed
                injected.append(cells.assign(column=name)[["column", "row", "case"]])
    return {name: draft.columns[name] for name in rules}, pd.concat(injected, ignore_index=True)


def in_order(rules: Mapping[str, AnyRule], called: str, table: str | None = None) -> list[str]:
    """Raises SynthError naming the loop, or the column that does not exist."""
    before = {name: needs(rule, table) for name, rule in rules.items()}
    for name, needed in before.items():
        for other in needed:
            if other not in rules:
                raise SynthError(f"{called}, column {name!r}, columns: there is no column {other!r}.",
                                 f"name one of {', '.join(rules)}.")  # fmt: skip
    try:
        return list(TopologicalSorter(before).static_order())
    except CycleError as error:
        loop = " follows from ".join(map(repr, reversed(error.args[1])))
        raise SynthError(f"{called}: {loop}.", "break the loop: give one of them a rule of its own.") from None


def needs(rule: AnyRule, table: str | None) -> tuple[str, ...]:
    """The columns of the same table, which has this name, that a rule reads."""
    if isinstance(rule, DeterminedRule):
        return rule.columns
    if isinstance(rule, ForeignKeyRule) and rule.references.partition(".")[0] == table:
        return (rule.references.partition(".")[2],)
    return ()


def draw(name: str, rule: AnyRule, draft: Draft) -> pd.Series:
    """One column."""
    if isinstance(rule, Scale | Names):
        return rule.draw(draft.even(name), draft.stream(name, "states"))
    values = _DRAWN[type(rule)](name, rule, draft)
    if isinstance(rule, Gaps) and rule.nulls:
        missing = draft.stream(name, "nulls").random(draft.rows) < rule.nulls
        wide = {"int64": "Int64", "bool": "boolean"}.get(str(values.dtype))
        return (values.astype(wide) if wide else values).mask(missing)
    return values


def _numbers(name: str, rule: Numbers, draft: Draft) -> pd.Series:
    numbers = quantiles(rule, draft.even(name), f"{draft.called}, column {name!r}")
    return pd.Series(numbers.astype("int64") if isinstance(rule, IntegerRule) else numbers)


def _booleans(name: str, rule: BooleanRule, draft: Draft) -> pd.Series:
    return pd.Series(draft.stream(name).random(draft.rows) < rule.share)


def _levels(name: str, rule: CategoryRule, draft: Draft) -> pd.Series:
    weights = None if rule.weights is None else np.array(rule.weights) / sum(rule.weights)
    return _taken(rule.levels, draft.stream(name).choice(len(rule.levels), size=draft.rows, p=weights))


def _moments(name: str, rule: DatetimeRule, draft: Draft) -> pd.Series:
    """Whole units from the start on; business hours by the day and the moment in it."""
    start, end = (np.datetime64(moment, "us").astype("int64") for moment in (rule.start, rule.end))
    unit = _MICROS[rule.unit]
    stream = draft.stream(name)
    micros = stream.integers(start, end, size=draft.rows, endpoint=True)
    if rule.business_hours:
        days = np.arange(start // _MICROS["day"], end // _MICROS["day"] + 1)
        days = days[np.is_busday(days.astype("datetime64[D]"))]
        if not len(days):
            raise SynthError(f"{draft.called}, column {name!r}: no Monday to Friday lies between start and end.",
                             "widen the span, or delete 'business_hours'.")  # fmt: skip
        at = stream.integers(_OPEN * _MICROS["hour"], _SHUT * _MICROS["hour"], size=draft.rows)
        busy = days[stream.integers(len(days), size=draft.rows)] * _MICROS["day"] + at
        within = (stream.random(draft.rows) < rule.business_hours) & (busy >= start) & (busy <= end)
        micros = np.where(within, busy, micros)
    return pd.Series(np.maximum(micros // unit * unit, start).astype("datetime64[us]"))


def _patterns(name: str, rule: PatternRule, draft: Draft) -> pd.Series:
    if rule.unique:
        column = Column(name=name, kind=Kind.IDENTIFIER, pattern=rule.regex)
        return made_anew(column, draft.rows, draft.seed)
    return series(drawn_by(parse(rule.regex), draft.rows, draft.stream(name)))


def _faked(name: str, rule: FakerRule, draft: Draft) -> pd.Series:
    """What identities look like by their own makers; else draws from a pool."""
    if rule.provider in set(Like) - {Like.SURROGATE}:
        column = Column(name=name, kind=Kind.IDENTIFIER, like=Like(rule.provider), locale=rule.locale)
        return made_anew(column, draft.rows, draft.seed)
    known = [str(value) for value in pool(rule.provider, rule.locale, rule.pool)]
    return _taken(known, draft.stream(name).integers(len(known), size=draft.rows))


def _sequence(name: str, rule: SequenceRule, draft: Draft) -> pd.Series:
    numbers = rule.start + rule.step * np.arange(draft.rows)
    return series(joined(rule.prefix, numerals(numbers))) if rule.prefix else pd.Series(numbers)


def _foreign(name: str, rule: ForeignKeyRule, draft: Draft) -> pd.Series:
    """Rows of the other column, in a random order of use."""
    table, _, column = rule.references.partition(".")
    known = draft.others[rule.references] if rule.references in draft.others else draft.columns[column]
    known = known.dropna().drop_duplicates()
    if not len(known) and draft.rows:
        raise SynthError(f"{draft.called}, column {name!r}: {rule.references} has no rows to refer to.",
                         f"give table {table!r} rows.")  # fmt: skip
    stream = draft.stream(name)
    order = stream.permutation(len(known))
    places = (stream.random(draft.rows) ** (1 + rule.skew) * len(known)).astype(int)
    return known.iloc[order[places]].reset_index(drop=True)


def _constant(name: str, rule: ConstantRule, draft: Draft) -> pd.Series:
    return pd.Series([rule.value] * draft.rows, dtype="str" if isinstance(rule.value, str) else None)


def _determined(name: str, rule: DeterminedRule, draft: Draft) -> pd.Series:
    """By the mapping; else by a hash of what the determining columns hold, missing being a value too."""
    if rule.mapping:
        values = draft.columns[rule.columns[0]]
        codes, known = pd.factorize(values)
        found = np.array([rule.mapping.get(_written(value), rule.otherwise) for value in known] + [None], object)
        return pd.Series(found[codes]).astype("str")
    mixed = np.zeros(draft.rows, np.uint64)
    for column in rule.columns:
        values = pd.util.hash_array(_plain(draft.columns[column]), categorize=True)
        mixed = hashed(mixed ^ values, draft.seed.child(name))
    return _taken(rule.levels, (mixed % np.uint64(len(rule.levels))).astype(int))


def _written(value: Any) -> str:
    """As people write it in a mapping."""
    return str(value).lower() if isinstance(value, bool | np.bool_) else str(value)


def _plain(values: pd.Series) -> np.ndarray:
    return values.astype("str").fillna("\0").to_numpy(dtype=object)


def _taken(known: Sequence[str], places: np.ndarray) -> pd.Series:
    import pyarrow as pa

    return series(pa.array(known, pa.large_string()).take(pa.array(places)))


_DRAWN: Mapping[type, Callable[[str, Any, Draft], pd.Series]] = {
    IntegerRule: _numbers,
    DecimalRule: _numbers,
    BooleanRule: _booleans,
    CategoryRule: _levels,
    DatetimeRule: _moments,
    PatternRule: _patterns,
    FakerRule: _faked,
    SequenceRule: _sequence,
    ForeignKeyRule: _foreign,
    ConstantRule: _constant,
    DeterminedRule: _determined,
}
