"""National identity numbers that say so themselves: by their form, their dates and their check digits.

Forms that ordinary numbers have too, such as nine digits in a row, are left out: most of what they would find
were article numbers.
"""

import re
from collections.abc import Callable
from datetime import date


def of_brazil(text: str) -> bool:
    """Cadastro de Pessoas Físicas: two check digits modulo 11."""
    digits = _digits(text)
    for length in (9, 10):
        rest = sum(digit * (length + 1 - place) for place, digit in enumerate(digits[:length])) * 10 % 11
        if rest % 10 != digits[length]:
            return False
    return len(set(digits)) > 1


def of_china(text: str) -> bool:
    """Resident identity card, GB 11643-1999: a date of birth, and a check digit by ISO 7064 MOD 11-2."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper() and _is_date(text[6:10], text[10:12], text[12:14])


def of_france(text: str) -> bool:
    """Numéro d'inscription au répertoire: 97 less the rest by 97; the departments of Corsica are 19 and 18."""
    number = re.sub(r"\s", "", text).upper().replace("2A", "19").replace("2B", "18")
    return 97 - int(number[:13]) % 97 == int(number[13:])


def of_germany(text: str) -> bool:
    """Steuerliche Identifikationsnummer: one digit occurs two or three times, check digit by ISO 7064 MOD 11,10."""
    digits, product = _digits(text), 10
    repeated = sorted((digits[:10].count(digit) for digit in set(digits[:10])), reverse=True)
    for digit in digits[:10]:
        product = 2 * ((product + digit) % 10 or 10) % 11
    return repeated[0] in (2, 3) and max(repeated[1:]) == 1 and (11 - product) % 10 == digits[10]


def of_italy(text: str) -> bool:
    """Codice fiscale: a check letter modulo 26."""
    odd = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
    values = [int(letter) if letter.isdigit() else ord(letter) - ord("A") for letter in text.upper()]
    total = sum(odd[value] if place % 2 == 0 else value for place, value in enumerate(values[:15]))
    return total % 26 == values[15]


def of_spain(text: str) -> bool:
    """Documento nacional de identidad and número de identidad de extranjero: a check letter modulo 23."""
    number = re.sub(r"[^0-9A-Z]", "", text.upper())[-9:]
    digits = str("XYZ".index(number[0])) + number[1:8] if number[0] in "XYZ" else number[:8]
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(digits) % 23] == number[8]


def of_sweden(text: str) -> bool:
    """Personnummer: a date of birth, and a check digit by ISO/IEC 7812-1; after 60 the day counts coordination."""
    digits = _digits(text)[-10:]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[::2])
    day = (digits[4] * 10 + digits[5] - 1) % 60 + 1
    return (sum(doubled) + sum(digits[1::2])) % 10 == 0 and _is_date("2000", f"{digits[2]}{digits[3]}", str(day))


FORMS: dict[str, Callable[[str], bool]] = {
    r"\d{3}\.\d{3}\.\d{3}-\d{2}": of_brazil,
    r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]": of_china,
    r"[12] ?\d{2} ?(?:0[1-9]|1[0-2]|[2-4]\d) ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?\d{2}": of_france,
    r"[1-9]\d \d{3} \d{3} \d{3}": of_germany,
    r"[A-Za-z]{6}\d{2}[A-EHLMPRSTa-ehlmprst]\d{2}[A-Za-z]\d{3}[A-Za-z]": of_italy,
    r"(?:DNI|NIF|NIE)[:. ]{0,3}(?:\d{8}|[XYZ]\d{7})-?[A-Z]": of_spain,
    r"(?:19|20)?\d{6}[-+]\d{4}": of_sweden,
}
PATTERN = re.compile(rf"(?<![\w.+-])(?:{'|'.join(FORMS)})(?![\w-])(?!\.\d)")


def holds(text: str) -> bool:
    """Whether the check digits are right, in the form that the number has."""
    return any(right(text) for form, right in FORMS.items() if re.fullmatch(form, text))


def _digits(text: str) -> list[int]:
    return [int(digit) for digit in re.sub(r"\D", "", text)]


def _is_date(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
