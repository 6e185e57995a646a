"""Legal values that break programs, put into a column at a set rate."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.spec.rules import ColumnRule, DatetimeRule, IntegerRule, Numbers

NULL = "null"
TEXTS = {
    "empty": "",
    "blank": " ",
    "very long": "x" * 10_000,
    "combining accent": "e\u0301",
    "zero-width space": "a\u200bb",
    "right-to-left override": "\u202eabc",
    "joined emoji": "👩‍👩‍👧‍👦",
    "beyond the basic plane": "𝔘𐍈",
    "dotted capital i": "İ",
    "sharp s": "ß",
    "line break": "a\nb",
    "quotes and commas": '"a","b"',
    "apostrophe": "O'Brien'; --",
    "the word null": "NULL",
    "the word nan": "NaN",
    "leading zeros": "007",
    "formula": "=1+1",
    "markup": "<b>&amp;</b>",
}
_WHOLE = {
    "zero": 0, "minus one": -1, "2^31 - 1": 2**31 - 1, "-2^31": -(2**31), "2^31": 2**31, "2^53 + 1": 2**53 + 1,
    "2^63 - 1": 2**63 - 1, "-2^63": -(2**63),
}  # fmt: skip
_DECIMAL = {
    "zero": 0.0, "minus zero": -0.0, "least above zero": 5e-324, "greatest": float(np.finfo(float).max),
    "lowest": float(np.finfo(float).min), "0.1 + 0.2": 0.1 + 0.2, "2^53 + 1": 2.0**53 + 1,
}  # fmt: skip
_UNITS = {"day": "D", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms", "microsecond": "us"}


def inject(values: pd.Series, rule: ColumnRule, seed: Seed, *, nullable: bool) -> tuple[pd.Series, pd.DataFrame]:
    """The column with edge cases in it, and which row got which: columns ``row``, ``case``."""
    cases = cases_of(values, rule) | ({NULL: None} if nullable else {})
    stream = seed.child("edge cases").stream()
    rows = np.flatnonzero(stream.random(len(values)) < rule.edge_cases) if cases else np.empty(0, int)
    which = stream.integers(max(1, len(cases)), size=len(rows))
    names = np.array(list(cases), object)
    out = values.astype(_wide(values, which, names))
    for place, (name, value) in enumerate(cases.items()):
        mine = rows[which == place]
        if len(mine):
            out.iloc[mine] = (pd.NA if out.dtype in ("Int64", "boolean") else None) if name == NULL else value
    return out, pd.DataFrame({"row": rows, "case": names[which] if len(rows) else np.empty(0, object)})


def cases_of(values: pd.Series, rule: ColumnRule) -> dict[str, object]:
    """Name and value of each edge case that is legal in this column, other than null."""
    if isinstance(rule, DatetimeRule):
        return {name: pd.Timestamp(moment).floor(_UNITS[rule.unit]) for name, moment in _moments(rule)}
    if isinstance(rule, Numbers):
        known = dict(_WHOLE if isinstance(rule, IntegerRule) else _DECIMAL)
        low, high = (-np.inf if rule.min is None else rule.min), (np.inf if rule.max is None else rule.max)
        bounds = {"min": rule.min, "max": rule.max}
        if isinstance(rule, IntegerRule):
            bounds = {name: int(bound) for name, bound in bounds.items() if bound is not None and bound == int(bound)}
        known |= {name: bound for name, bound in bounds.items() if bound is not None}
        places = getattr(rule, "decimals", None)
        return {name: value for name, value in known.items()
                if low <= value <= high and (places is None or round(value, places) == value)}  # fmt: skip
    if pd.api.types.is_string_dtype(values.dtype):
        return dict(TEXTS)
    return {}


def _wide(values: pd.Series, which: np.ndarray, names: np.ndarray) -> object:
    """The type of a column that may hold what is put in."""
    if not (len(which) and NULL in set(names[which])):
        return values.dtype
    return {"int64": "Int64", "bool": "boolean"}.get(str(values.dtype), values.dtype)


def _moments(rule: DatetimeRule) -> Iterator[tuple[str, datetime]]:
    """Odd moments of the span: its ends, leap days, ends of years, and hours that clocks skip or repeat."""
    yield "start", rule.start
    yield "end", rule.end
    yield from ((name, at) for name, at in _odd(rule) if rule.start <= at <= rule.end)


def _odd(rule: DatetimeRule) -> Iterator[tuple[str, datetime]]:
    yield "1970", datetime(1970, 1, 1)
    yield "2^31 seconds", datetime(2038, 1, 19, 3, 14, 8)
    for year in range(rule.start.year, min(rule.end.year, rule.start.year + 200) + 1):
        if year % 4 == 0 and (year % 100 or year % 400 == 0):
            yield f"leap day {year}", datetime(year, 2, 29, 12)
        yield f"last second of {year}", datetime(year, 12, 31, 23, 59, 59)
        yield f"skipped hour in Europe {year}", _sunday(year, 3, 31) + timedelta(hours=2, minutes=30)
        yield f"repeated hour in Europe {year}", _sunday(year, 10, 31) + timedelta(hours=2, minutes=30)
        yield f"skipped hour in America {year}", _sunday(year, 3, 14) + timedelta(hours=2, minutes=30)
        yield f"repeated hour in America {year}", _sunday(year, 11, 7) + timedelta(hours=1, minutes=30)


def _sunday(year: int, month: int, day: int) -> datetime:
    """The Sunday on or before a day."""
    at = datetime(year, month, day)
    return at - timedelta(days=(at.weekday() + 1) % 7)
