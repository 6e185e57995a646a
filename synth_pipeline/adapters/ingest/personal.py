"""Which columns hold personal data: by their values where those say so themselves, else by values and name.

A column of few levels is never taken for personal, nor numbers that are no telephone or card numbers.
What is found here is written into the schema, and a kind under 'columns' overrules it.
"""

import re
from collections.abc import Callable, Sequence

from synth_pipeline.adapters.ingest.cast import as_text
from synth_pipeline.adapters.ingest.read import Field
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.core.personal import PATTERNS
from synth_pipeline.spec.columns import Kind, Like

FEWEST = 20  # distinct values of personal data; fewer are levels
MOST_READ = 2_000  # distinct values that are looked at
SURE = 0.9  # share of values that must look alike
SOME = 0.6  # share that must, where the column's name says the rest

_GIVEN = {"first", "given", "fore", "firstname", "forename", "givenname", "vorname", "prenom", "prénom", "fname"}
_FAMILY = {"surname", "last", "family", "lastname", "familyname", "nachname", "familienname", "apellido", "apellidos",
           "cognome", "lname", "maiden"}  # fmt: skip
_WHOLE = {"fullname", "person", "customer", "client", "patient", "employee", "contact", "member", "student", "guest",
          "owner", "holder", "cardholder", "passenger", "applicant", "tenant", "full", "recipient", "sender", "doctor",
          "physician", "nurse", "teacher", "manager", "kunde", "kunden", "cliente"}  # fmt: skip
_NAME = {"name", "names", "nombre", "nom", "nome"}
_ADDRESS = {"address", "addr", "street", "adresse", "anschrift", "strasse", "straße", "rue", "direccion", "dirección",
            "indirizzo", "residence"}  # fmt: skip
_NO_ADDRESS = {"email", "mail", "ip", "ipv4", "ipv6", "mac", "web", "url", "wallet", "memory", "network"}
_PHONE = {"phone", "telephone", "tel", "mobile", "cell", "cellphone", "fax", "telefon", "handy", "telefono",
          "teléfono", "telephon", "msisdn", "whatsapp", "landline"}  # fmt: skip
_NETWORK = {"ip", "ipv4", "ipaddr", "ipaddress", "host", "remote", "address", "addr", "client"}

_WORD = re.compile(r"[^\W\d_]+(?:['’.\- ]+[^\W\d_]+)*\.?")
_PERSON = re.compile(r"[^\W\d_][^\d_@/\\:;#&|<>=+*]*[\s,][^\d_@/\\:;#&|<>=+*]*")
_HOUSE = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{3}).*\s.*", re.DOTALL)
_LONG = re.compile(r"[^\W\d_]{3,}")
_DIALLED = re.compile(r"\+?\(?\d[\d\s().\-/]{5,18}(?:\s?(?:x|ext\.?)\s?\d{1,5})?")
_BY_VALUE = {"e-mail address": Like.EMAIL, "bank account": Like.IBAN, "payment card": Like.CARD,
             "social security number": Like.SSN}  # fmt: skip


def personal(session: Session, field: Field) -> Like | None:
    """What kind of personal data a column holds; None for other data."""
    if field.base not in (Kind.TEXT, Kind.INTEGER, Kind.DECIMAL):
        return None
    parts = _parts(field.name)
    if field.base is not Kind.TEXT and not _has_long_numbers(session, field):
        return None
    values = _values(session, field)
    if len(values) < FEWEST:
        return None
    if found := _by_value(values):
        return found
    if parts & _PHONE and _share(values, lambda text: bool(_DIALLED.fullmatch(text))) >= SURE:
        return Like.PHONE
    if field.base is not Kind.TEXT:
        return None
    return _by_name(values, parts) or (Like.NAME if parts <= _NAME and _is_of_people(session, field, values) else None)


def _parts(name: str) -> set[str]:
    """The words of a column's name."""
    spaced = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    return {part.casefold() for part in re.split(r"[\W\d_]+", spaced) if part}


def _has_long_numbers(session: Session, field: Field) -> bool:
    """Cheap: all are whole numbers of the 7 to 19 digits of a telephone or card; missing ones make floats of them."""
    whole = f"bool_and(is_whole({field.sql}))" if field.base is Kind.DECIMAL else "true"
    least, most, fits = session.rows(f"SELECT min({field.sql}), max({field.sql}), {whole} FROM stage.main.raw")[0]
    return bool(fits) and least is not None and 10**6 <= least <= most < 10**19


def _values(session: Session, field: Field) -> list[str]:
    """Distinct values, the same ones whatever the order of rows."""
    text = f"trim({as_text(field.sql, field.base)})"
    distinct = f"SELECT DISTINCT {text} AS value FROM stage.main.raw WHERE {field.sql} IS NOT NULL"
    return [row[0] for row in session.rows(f"SELECT value FROM ({distinct}) ORDER BY md5(value) LIMIT {MOST_READ}")]


def _by_value(values: Sequence[str]) -> Like | None:
    for kind, like in _BY_VALUE.items():
        pattern, holds = PATTERNS[kind]
        if _share(values, lambda text, p=pattern, h=holds: bool(p.fullmatch(text)) and h(text)) >= SURE:
            return like
    pattern, holds = PATTERNS["telephone number"]
    dialled = [text for text in values if text[:1] in "+(" and pattern.fullmatch(text) and holds(text)]
    return Like.PHONE if len(dialled) >= SURE * len(values) else None


def _by_name(values: Sequence[str], parts: set[str]) -> Like | None:
    """Where the column's name says what its values may well be."""
    pattern, _ = PATTERNS["network address"]
    if parts & _NETWORK and _share(values, lambda text: bool(pattern.fullmatch(text))) >= SURE:
        return Like.IP
    if parts & _ADDRESS and not parts & _NO_ADDRESS and _share(values, lambda t: bool(_HOUSE.fullmatch(t))) >= SOME:
        return Like.ADDRESS
    named = bool(parts & _NAME)
    words = _share(values, lambda text: bool(_WORD.fullmatch(text)) and len(text) <= 40)
    for known, like in ((_GIVEN, Like.FIRST_NAME), (_FAMILY, Like.LAST_NAME)):
        own = {part for part in known if part not in ("first", "given", "fore", "last", "family", "maiden")}
        if (parts & own or (named and parts & known)) and words >= SURE:
            return like
    whole = parts & {"fullname"} or (named and parts & _WHOLE)
    if whole and _share(values, lambda text: bool(_PERSON.fullmatch(text)) and len(text) <= 100) >= SOME:
        return Like.NAME
    return None


def _is_of_people(session: Session, field: Field, values: Sequence[str]) -> bool:
    """Of a column that is called name and no more: nearly all values differ, and most hold two names of people."""
    if _share(values, lambda text: bool(_PERSON.fullmatch(text))) < SURE:
        return False
    counts = f"SELECT count(DISTINCT {field.sql}), count({field.sql}) FROM stage.main.raw"
    levels, known = session.rows(counts)[0]
    if 2 * int(levels) < int(known):
        return False
    people = _names_of_people()
    return _share(values, lambda text: sum(part in people for part in _LONG.findall(text.lower())) >= 2) >= SOME


def _names_of_people() -> frozenset[str]:
    """First and last names of all locales of Faker, in small letters."""
    from importlib import import_module

    from faker.config import AVAILABLE_LOCALES

    out: set[str] = set()
    for locale in sorted(set(AVAILABLE_LOCALES) - {"fr_QC"}):  # deprecated: it warns
        try:
            provider = import_module(f"faker.providers.person.{locale}").Provider
        except ModuleNotFoundError:
            continue
        for kind in ("first_names", "first_names_male", "first_names_female", "last_names"):
            known = getattr(provider, kind, ())
            out |= set(map(str.lower, () if isinstance(known, property) else known))
    return frozenset(out)


def _share(values: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, values)) / len(values)
