"""What personal data, keys and tokens look like: patterns, and check digits where there are any."""

import json
import re
from base64 import urlsafe_b64decode
from binascii import Error
from collections.abc import Callable, Sequence
from typing import Protocol

from synth_pipeline.core import national

Datum = tuple[str, str]
"""Its kind, and the words as they stand."""


class Detector(Protocol):
    """Somebody who finds more than the patterns here do, such as names."""

    def __call__(self, texts: Sequence[str]) -> list[frozenset[Datum]]:
        """What each text holds."""
        ...


def luhn(digits: str) -> bool:
    """Check digit of payment cards, ISO/IEC 7812-1."""
    numbers = [int(digit) for digit in reversed(re.sub(r"\D", "", digits))]
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[1::2])
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0 and len(set(numbers)) > 1


def mod97(account: str) -> bool:
    """Check digits of an international bank account number, ISO 13616."""
    text = re.sub(r"\s", "", account).upper()
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


def signed(token: str) -> bool:
    """A JSON Web Token, RFC 7519: its head names an algorithm."""
    head = token.split(".", maxsplit=1)[0]
    try:
        said = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (Error, ValueError):
        return False
    return isinstance(said, dict) and "alg" in said


def _mixed(key: str) -> bool:
    """A head as short as sk- may stand before words; what is made by chance has digits."""
    return not key.startswith("sk-") or sum(letter.isdigit() for letter in key) >= 3


def _always(_: str) -> bool:
    return True


PATTERNS: dict[str, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "e-mail address": (re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}(?![\w-])"), _always),
    "bank account": (re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b"), mod97),
    "payment card": (re.compile(r"(?<![\d.-])(?:\d[ -]?){12,18}\d(?![\d.-])"), luhn),
    "social security number": (
        re.compile(r"(?<!\d)(?!000|666|9\d\d)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?!\d)"), _always),
    "telephone number": (
        re.compile(
            r"(?<![\w.+-])(?<!\d )(?:\+\d{1,3}[ .-]?)?(?:\(\d{2,4}\)|\d{2,4})[ .-]\d{3,4}[ .-]?\d{3,4}(?![\w.-])"
            r"(?! ?\d)"
        ),
        lambda text: 9 <= len(re.sub(r"\D", "", text)) <= 15),
    "national identity number": (national.PATTERN, national.holds),
    "key or token": (
        re.compile(
            r"(?<![A-Za-z0-9])(?:sk-(?:[a-z0-9]{2,10}-)*[A-Za-z0-9_-]{20,200}|gh[oprsu]_[A-Za-z0-9]{36,255}"
            r"|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,50}|(?:AKIA|ASIA)[A-Z0-9]{16}"
            r"|AIza[A-Za-z0-9_-]{35}|xox[abprs]-[A-Za-z0-9-]{10,200}|[prs]k_(?:live|test)_[A-Za-z0-9]{16,100}"
            r"|hf_[A-Za-z0-9]{30,50}|npm_[A-Za-z0-9]{36}|SG\.[A-Za-z0-9_-]{16,30}\.[A-Za-z0-9_-]{16,60})(?![A-Za-z0-9])"
            r"|-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"
        ), _mixed),
    "web token": (
        re.compile(r"(?<![\w-])eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{4,4000}\.[A-Za-z0-9_-]{10,1000}(?![\w-])"),
        signed),
    "network address": (
        re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"), _always),
}  # fmt: skip
