"""Regular expressions that values can be made from: those without look-around and back references."""

import re
import string
from dataclasses import dataclass
from itertools import product

PRINTABLE = "".join(chr(code) for code in range(32, 127))
BEYOND = 8  # times that a repetition without an end goes on after its least number
LONGEST = 10_000  # characters of a value
FORMS = 512  # ways of unrolling an expression that keys can be counted through

_SETS = {"d": string.digits, "w": string.ascii_letters + string.digits + "_", "s": " "}
_REFUSED = dict.fromkeys(("=", "!", "<=", "<!"), "look-around") | {
    "P=": "a back reference", "(": "a condition", ">": "an atomic group"
}  # fmt: skip
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}


@dataclass(frozen=True, slots=True)
class Letter:
    """One of these characters."""

    letters: str

    @property
    def width(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Chain:
    """One part after the other."""

    parts: tuple["Node", ...]

    @property
    def width(self) -> int:
        return sum(part.width for part in self.parts)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    options: tuple["Node", ...]

    @property
    def width(self) -> int:
        return max(option.width for option in self.options)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part several times."""

    part: "Node"
    least: int
    most: int

    @property
    def width(self) -> int:
        return self.most * self.part.width


Node = Letter | Chain | Choice | Repeat


def parse(expression: str) -> Node:
    """The expression as a tree, for values that it matches as a whole; ``width`` is their greatest length.

    ``.`` and what is excluded from a set stand for printable ASCII, ``\\s`` for a blank, and a repetition
    without an end goes on at most 8 times after its least.  Raises ValueError for what is no regular
    expression, or cannot be generated.
    """
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{expression!r} is no regular expression: {error}") from None
    node = _Reader(expression).whole()
    if node.width > LONGEST:
        raise ValueError(f"{expression!r} makes values of up to {node.width:,} characters, and may make {LONGEST:,}")
    return node


def forms(node: Node) -> list[tuple[str, ...]]:
    """All ways of unrolling the tree, each as the characters that may stand at each place.

    Raises ValueError where there are more than 512.
    """
    if isinstance(node, Letter):
        return [(node.letters,)]
    if isinstance(node, Choice):
        return _few([form for option in node.options for form in forms(option)])
    if isinstance(node, Chain):
        return _joined([forms(part) for part in node.parts])
    inner = forms(node.part)
    out: list[tuple[str, ...]] = []
    for count in range(node.least, node.most + 1):
        out = _few(out + ([inner[0] * count] if len(inner) == 1 else _joined([inner] * count)))
    return out


def _joined(parts: list[list[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    out: list[tuple[str, ...]] = [()]
    for options in parts:
        out = _few([first + second for first, second in product(out, options)])
    return out


def _few(found: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Each once; two that have at most 512 each are multiplied before they are counted."""
    distinct = list(dict.fromkeys(found))
    if len(distinct) > FORMS:
        raise ValueError(f"it has more than {FORMS} forms; use fixed numbers of repetitions")
    return distinct


class _Reader:
    """Recursive descent over a text that is known to be a regular expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def whole(self) -> Node:
        for opening in ("^", r"\A"):
            if self.text.startswith(opening):
                self.at = len(opening)
        return self.choice()

    def peek(self, word: str) -> bool:
        return self.text.startswith(word, self.at)

    def take(self, word: str) -> bool:
        found = self.peek(word)
        self.at += len(word) * found
        return found

    def next(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def refuse(self, what: str) -> ValueError:
        return ValueError(f"{self.text!r} cannot be generated, because of {what} at position {self.at}")

    def choice(self) -> Node:
        options = [self.chain()]
        while self.take("|"):
            options.append(self.chain())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def chain(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and not self.peek("|") and not self.peek(")"):
            if self.at + 1 == len(self.text) and self.take("$"):
                break
            if self.text[self.at :] == r"\Z":
                self.at += 2
                break
            parts.append(self.repeated(self.atom()))
        return parts[0] if len(parts) == 1 else Chain(tuple(parts))

    def repeated(self, part: Node) -> Node:
        bounds = self._bounds()
        if bounds is None:
            return part
        if self.take("+"):
            raise self.refuse("a possessive repetition")
        self.take("?")
        return Repeat(part, bounds[0], bounds[0] + BEYOND if bounds[1] is None else bounds[1])

    def _bounds(self) -> tuple[int, int | None] | None:
        """Least and greatest number of times; no greatest where there is no end."""
        for sign, bounds in {"*": (0, None), "+": (1, None), "?": (0, 1)}.items():
            if self.take(sign):
                return bounds
        found = re.compile(r"\{(\d*)(,?)(\d*)\}").match(self.text, self.at)
        if found is None or not (found[1] or found[3]):
            return None
        self.at = found.end()
        least = int(found[1] or 0)
        return least, (int(found[3]) if found[3] else None) if found[2] else least

    def atom(self) -> Node:
        if self.take("("):
            return self.group()
        if self.take("["):
            return Letter(self.members())
        if self.peek("^") or self.peek("$"):
            raise self.refuse("an anchor")
        if self.take("."):
            return Letter(PRINTABLE)
        if self.take("\\"):
            return Letter(self.escaped())
        return Letter(self.next())

    def group(self) -> Node:
        if self.take("?"):
            for sign, what in _REFUSED.items():
                if self.peek(sign):
                    raise self.refuse(what)
            if self.take("P<"):
                self.at = self.text.index(">", self.at) + 1
            elif self.take("#"):
                self.at = self.text.index(")", self.at) + 1
                return Chain(())
            elif not self.take(":"):
                raise self.refuse("a flag")
        inner = self.choice()
        if not self.take(")"):
            raise self.refuse("an anchor")
        return inner

    def escaped(self) -> str:
        """The characters that an escape stands for."""
        sign = self.next()
        if sign.lower() in _SETS:
            known = _SETS[sign.lower()]
            return known if sign.islower() else _without(known)
        if sign in "xuU":
            digits = {"x": 2, "u": 4, "U": 8}[sign]
            self.at += digits
            return self._plain(chr(int(self.text[self.at - digits : self.at], 16)))
        if sign in _CONTROLS:
            return _CONTROLS[sign]
        if sign.isdigit():
            raise self.refuse("a back reference")
        if sign.isalpha():
            raise self.refuse("an anchor" if sign in "bBAZ" else "an escape")
        return sign

    def _plain(self, letter: str) -> str:
        if _is_half(letter):
            raise self.refuse("half a surrogate pair")
        return letter

    def members(self) -> str:
        """The characters of a set, whose bracket has been opened."""
        excluded = self.take("^")
        known: list[str] = []
        while not known or not self.peek("]"):
            first = self.member()
            if len(first) == 1 and self.peek("-") and not self.peek("-]"):
                self.at += 1
                last = self.member()
                known += [chr(code) for code in range(ord(first), ord(last) + 1)]
            else:
                known += first
        self.at += 1
        letters = "".join(sorted({letter for letter in known if not _is_half(letter)}))
        if not excluded:
            return letters
        if not (rest := _without(letters)):
            raise self.refuse("a set without printable ASCII")
        return rest

    def member(self) -> str:
        if not self.take("\\"):
            return self.next()
        return "\b" if self.take("b") else self.escaped()


def _is_half(letter: str) -> bool:
    """No character of its own: UTF-8 cannot hold it."""
    return "\ud800" <= letter <= "\udfff"


def _without(letters: str) -> str:
    return "".join(letter for letter in PRINTABLE if letter not in letters)
