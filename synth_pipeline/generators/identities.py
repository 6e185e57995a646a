"""Identifiers and personal data made anew: no generator learns them, so what stands there is made up from nothing.

What a row gets depends on the seed, the column and the row's number alone: shards that go on numbering give
the bytes of one whole.  E-mail addresses lie in domains that are reserved for examples (RFC 2606), network
addresses in a private range (RFC 1918), social security numbers in a range that was never issued.  Whether
a value happens to be that of a real record is for the audit to say (checks ``identifiers`` and
``personal_data``): the sampler holds no real value that it could compare with.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.counters import picked
from synth_pipeline.generators.texts import Keys, joined, numerals, series, texts
from synth_pipeline.generators.words import account, addresses, handles, telephones, words
from synth_pipeline.spec.columns import LOCALE, Column, Like
from synth_pipeline.spec.expression import parse

DOMAINS = ("example.com", "example.org", "example.net")
FAMILY_FIRST = {"hu_HU": " ", "ja_JP": " ", "ko_KR": "", "vi_VN": " ", "zh_CN": "", "zh_TW": ""}
_DIGITS, _CAPITALS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PATTERNS = {
    Like.SSN: r"9\d\d-[0-4][1-9]-\d{4}",
    Like.IP: r"10(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}",
    Like.UUID: r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
}
_POOLED = {Like.FIRST_NAME: "first_name", Like.LAST_NAME: "last_name", Like.STREET: "street_address",
           Like.CITY: "city", Like.POSTCODE: "postcode", Like.COMPANY: "company"}  # fmt: skip


def made_anew(column: Column, rows: int, seed: Seed, first: int = 0) -> pd.Series:
    """Made-up values for rows ``first`` to ``first + rows - 1`` of a column, text.

    They look as ``column.like`` or ``column.pattern`` says.  Keys by pattern, and what ``Like.is_unique``, are
    never made twice under one seed.  Raises SynthError where there are not as many different ones as rows, or
    where Faker does not know the locale.
    """
    numbers = np.arange(first, first + rows)
    own = seed.child(column.name)
    locale = column.locale or LOCALE
    like = column.like or Like.SURROGATE
    if column.pattern is not None:
        return series(_keys(column, _counted(column), numbers).texts(numbers, own))
    if like in _PATTERNS:
        return series(_keys(column, Keys.of(parse(_PATTERNS[like])), numbers).texts(numbers, own))
    if like in _POOLED:
        return series(_word(_POOLED[like], locale, numbers, own))
    return series(_MAKERS[like](column, locale, numbers, own))


def _surrogate(_: Column, __: str, numbers: np.ndarray, ___: Seed) -> Any:
    return joined("synthetic-", numerals(numbers + 1))


def _name(_: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    given, family = (_word(part, locale, numbers, seed) for part in ("first_name", "last_name"))
    if locale in FAMILY_FIRST:
        return joined(family, FAMILY_FIRST[locale], given)
    return joined(given, " ", family)


def _username(_: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    given, family = (_one(known, numbers, seed.child(part)) for part, known in enumerate(handles(locale)))
    return joined(given, ".", family, numerals(numbers + 1))


def _email(column: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    import pyarrow as pa

    domain = _one(pa.array(DOMAINS, pa.large_string()), numbers, seed.child("domain"))
    return joined(_username(column, locale, numbers, seed), "@", domain)


def _phone(column: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    return _keys(column, Keys(telephones(locale)), numbers).texts(numbers, seed)


def _address(_: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    return joined(*(_one(known, numbers, seed.child(part)) for part, known in enumerate(addresses(locale))))


def _iban(column: Column, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    """Country, two check digits by ISO 13616, account."""
    country, form = account(locale)
    way = tuple({"#": _DIGITS, "?": _CAPITALS}.get(sign, sign) for sign in form)
    body = _keys(column, Keys([way]), numbers).matrix(numbers, seed)
    head = np.tile(_points(country), (len(body), 1))
    check = 98 - _remainder(np.hstack([body, head, np.tile(_points("00"), (len(body), 1))]))
    digits = np.column_stack([check // 10, check % 10]).astype(np.uint32) + ord("0")
    return texts(np.hstack([head, digits, body]))


def _card(column: Column, _: str, numbers: np.ndarray, seed: Seed) -> Any:
    """Sixteen digits, the last by ISO/IEC 7812-1."""
    body = _keys(column, Keys([("4", *[_DIGITS] * 14)]), numbers).matrix(numbers, seed)
    digits = (body - ord("0")).astype(np.int64)
    doubled = 2 * digits[:, ::2]
    total = (doubled // 10 + doubled % 10).sum(1) + digits[:, 1::2].sum(1)
    check = (-total % 10).astype(np.uint32) + np.uint32(ord("0"))
    return texts(np.column_stack([body, check]))


_MAKERS: Mapping[Like, Callable[[Column, str, np.ndarray, Seed], Any]] = {
    Like.SURROGATE: _surrogate,
    Like.NAME: _name,
    Like.USERNAME: _username,
    Like.EMAIL: _email,
    Like.PHONE: _phone,
    Like.ADDRESS: _address,
    Like.IBAN: _iban,
    Like.CARD: _card,
}


def _counted(column: Column) -> Keys:
    try:
        return Keys.of(parse(column.pattern or ""))
    except ValueError as error:
        raise SynthError(f"Column {column.name!r}: the pattern {column.pattern!r} cannot make keys, as {error}.",
                         "change the pattern.") from None  # fmt: skip


def _keys(column: Column, known: Keys, numbers: np.ndarray) -> Keys:
    if len(numbers) and numbers[-1] >= known.count:
        called = f"pattern {column.pattern!r}" if column.pattern is not None else str(column.like)
        problem = f"Column {column.name!r}: {called} has {known.count:,} different values, and {numbers[-1] + 1:,} are"
        raise SynthError(f"{problem} asked for.", "widen the pattern, or ask for fewer rows.")
    return known


def _word(provider: str, locale: str, numbers: np.ndarray, seed: Seed) -> Any:
    return _one(words(provider, locale), numbers, seed.child(provider))


def _one(known: Any, numbers: np.ndarray, seed: Seed) -> Any:
    return known.take(picked(numbers, len(known), seed))


def _points(text: str) -> np.ndarray:
    return np.array([ord(letter) for letter in text], np.uint32)


def _remainder(matrix: np.ndarray) -> np.ndarray:
    """Of letters and digits read as one number, letters as 10 to 35, by 97."""
    out = np.zeros(len(matrix), np.int64)
    for column in matrix.T.astype(np.int64):
        digit = column <= ord("9")
        out = np.where(digit, out * 10 + column - ord("0"), out * 100 + column - ord("A") + 10) % 97
    return out
