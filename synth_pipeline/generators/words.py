"""Pools of made-up words by locale, from Faker, which is too slow to be asked for every row."""

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_pipeline.core.errors import SynthError

if TYPE_CHECKING:
    from faker import Generator

POOL = 4_000


@lru_cache(maxsize=256)
def pool(provider: str, locale: str, size: int = POOL) -> np.ndarray:
    """So many values of a provider, as frequent as Faker has them, always the same; array of text or other objects.

    Raises SynthError where Faker has no such provider for the locale.
    """
    speaker = _speaker(locale)
    speaker.seed_instance(f"{provider} {locale}")
    try:
        say = speaker.get_formatter(provider)
        values = [say() for _ in range(size)]
    except (AttributeError, TypeError):
        problem = f"Faker has no provider {provider!r} that needs no arguments, for {locale}."
        raise SynthError(problem, "see its documentation for the providers of each locale.") from None
    out = np.empty(size, object)
    out[:] = values
    return out


def words(provider: str, locale: str) -> Any:
    """The pool as an Arrow array of texts of one line."""
    return _lines(provider, locale)


@lru_cache(maxsize=64)
def _lines(provider: str, locale: str) -> Any:
    import pyarrow as pa

    return pa.array([re.sub(r"\s*\n\s*", ", ", str(value)) for value in pool(provider, locale)], pa.large_string())


@lru_cache(maxsize=16)
def addresses(locale: str) -> tuple[Any, Any]:
    """First lines and last lines of addresses, Arrow arrays; the first ones are empty where the locale has one line."""
    import pyarrow as pa

    split = [str(value).rpartition("\n") for value in pool("address", locale)]
    starts = [start.replace("\n", ", ") + ", " * bool(start) for start, _, _ in split]
    return pa.array(starts, pa.large_string()), pa.array([end for *_, end in split], pa.large_string())


@lru_cache(maxsize=16)
def handles(locale: str) -> tuple[Any, Any]:
    """First and last names as they stand in addresses of e-mail, Arrow arrays; English ones for other scripts."""
    import pyarrow as pa

    out = []
    for provider in ("first_name", "last_name"):
        found = [handle for value in pool(provider, locale) if (handle := _handle(str(value)))]
        found = found or [_handle(str(value)) for value in pool(provider, "en_US")]
        out.append(pa.array(found, pa.large_string()))
    return out[0], out[1]


@lru_cache(maxsize=16)
def telephones(locale: str) -> tuple[tuple[str, ...], ...]:
    """Ways to write a telephone number: the characters that may stand at each place, the last seven digits free."""
    out = []
    for number in pool("phone_number", locale, 400):
        digits = [place for place, letter in enumerate(number) if letter in "0123456789"][-7:]
        out.append(tuple("0123456789" if place in digits else letter for place, letter in enumerate(number)))
    return tuple(dict.fromkeys(out))


def account(locale: str) -> tuple[str, str]:
    """Country and form of a bank account number: ``?`` for a letter, ``#`` for a digit."""
    from faker.providers.bank import Provider

    bank = next(one for one in _speaker(locale).providers if isinstance(one, Provider))
    return bank.country_code, bank.bban_format


@lru_cache(maxsize=16)
def _speaker(locale: str) -> "Generator":
    from faker import Faker

    try:
        return Faker(locale).factories[0]  # the proxy around it would guess among locales at every call
    except AttributeError:
        raise SynthError(f"Faker has no locale {locale!r}.", "write language and country, such as de_DE.") from None


def _handle(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z]", "", plain)
