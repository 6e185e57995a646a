"""What personal data look like: patterns, and check digits where there are any."""

import re
from collections.abc import Callable


def luhn(digits: str) -> bool:
    """Check digit of payment cards, ISO/IEC 7812-1."""
    numbers = [int(digit) for digit in reversed(re.sub(r"\D", "", digits))]
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[1::2])
    return (sum(numbers[::2]) + sum(doubled)) % 10 == 0 and len(set(numbers)) > 1


def mod97(account: str) -> bool:
    """Check digits of an international bank account number, ISO 13616."""
    text = re.sub(r"\s", "", account).upper()
    return int("".join(str(int(letter, 36)) for letter in text[4:] + text[:4])) % 97 == 1


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
    "network address": (
        re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])"), _always),
}  # fmt: skip
