"""A grammar as arrays, so that all texts are expanded at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.generators.grammar.features import Features
from synth_pipeline.generators.grammar.template import Reference, pieces
from synth_pipeline.generators.words import words
from synth_pipeline.spec.expression import Node, parse
from synth_pipeline.spec.grammar import Entry, Pool

ENDLESS = 10**6


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """Symbols are numbers; each has alternatives, which stand one after the other.

    A symbol s draws the first alternative whose entry in ``free`` exceeds s plus a random number between 0 and 1;
    in ``closing`` only those count that come to an end soonest.  ``production[alternative, state]`` is what is said:
    ``length`` items from ``first`` on.  An item is a literal text, or, below 0, the symbol -1 - item; ``fixed`` maps
    the state for what is below it, and ``drawn[alternative]`` draws it anew by a table of ``redrawn``, if not -1.
    ``patterns`` are literal texts that are made anew each time.
    """

    start: int
    free: np.ndarray
    closing: np.ndarray
    production: np.ndarray
    first: np.ndarray
    length: np.ndarray
    items: np.ndarray
    fixed: np.ndarray
    maps: np.ndarray
    drawn: np.ndarray
    redrawn: np.ndarray
    law: np.ndarray
    texts: Any
    patterns: dict[int, Node]
    height: int


def compiled(
    start: str, rules: Mapping[str, Sequence[Entry]], pools: Mapping[str, Pool], features: Features, where: str
) -> Compiled:
    """Raises SynthError naming rule and alternative: unknown names, nothing to choose from, rules without an end."""
    made = _Maker(features, where, [*rules, *pools])
    if start not in made.symbols:
        raise SynthError(f"{where}: there is no rule {start!r} to start with.", "write it, or name another as 'start'.")
    for name, entries in rules.items():
        made.rule(name, entries)
    for name, pool in pools.items():
        made.pool(name, pool)
    return made.compiled(start)


@dataclass(slots=True, eq=False)
class _Maker:
    features: Features
    where: str
    symbols: list[str]
    weights: list[list[float]] = field(default_factory=list)
    productions: list[list[int]] = field(default_factory=list)  # by alternative, for each state
    draws: list[int] = field(default_factory=list)
    tables: list[np.ndarray] = field(default_factory=list)
    maps: list[np.ndarray] = field(default_factory=list)
    said: list[list[tuple[int, int]]] = field(default_factory=list)  # by production: item and map
    texts: dict[str, int] = field(default_factory=dict)
    patterns: dict[int, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.maps.append(np.arange(self.features.count, dtype=np.int16))

    def rule(self, name: str, entries: Sequence[Entry]) -> None:
        """Texts with references."""
        called = f"{self.where}, rule {name!r}"
        self._choices(called, [entry.weight for entry in entries])
        for number, entry in enumerate(entries, 1):
            self._entry(entry, f"{called}, alternative {number}", pieces)

    def pool(self, name: str, pool: Pool) -> None:
        """Literal texts."""
        called = f"{self.where}, pool {name!r}"
        if pool.pattern is not None:
            self._choices(called, [1])
            self.patterns[self._text(f"\0{name}")] = parse(pool.pattern)
            self._say([f"\0{name}"], called)
            return
        entries = pool.words
        if pool.faker is not None:
            values, counts = np.unique(words(pool.faker, pool.locale).to_pylist(), return_counts=True)
            entries = [Entry(say=str(value), weight=int(n)) for value, n in zip(values, counts, strict=True)]
        self._choices(called, [entry.weight for entry in entries])
        for number, entry in enumerate(entries, 1):
            self._entry(entry, f"{called}, word {number}", lambda text, _: [text] * bool(text))

    def compiled(self, start: str) -> Compiled:
        """All of it as arrays."""
        heights = self._heights()
        bounds = np.r_[0, np.cumsum([len(one) for one in self.weights])]
        closing = [
            [weight * (self._height_of(bounds[symbol] + place, heights) == heights[symbol] - 1 and weight > 0)
             for place, weight in enumerate(own)]
            for symbol, own in enumerate(self.weights)
        ]  # fmt: skip
        lengths = np.array([len(items) for items in self.said])
        items = [item for said in self.said for item in said]
        import pyarrow as pa

        return Compiled(
            start=self.symbols.index(start), free=_cumulated(self.weights), closing=_cumulated(closing),
            production=np.array(self.productions, np.int32), first=np.cumsum(lengths) - lengths, length=lengths,
            items=np.array([item for item, _ in items], np.int32), fixed=np.array([one for _, one in items], np.int32),
            maps=np.array(self.maps), drawn=np.array(self.draws, np.int32),
            redrawn=np.array(self.tables).reshape(-1, self.features.count, self.features.count),
            law=np.cumsum(self.features.law), texts=pa.array(list(self.texts), pa.large_string()),
            patterns=self.patterns, height=int(max(heights)),
        )  # fmt: skip

    def _choices(self, called: str, weights: list[float]) -> None:
        if not weights:
            raise SynthError(f"{called}: it is empty.", "write at least one way to say it, or delete it.")
        if not sum(weights):
            raise SynthError(f"{called}: its weights add up to nothing.", "give at least one a weight above 0.")
        self.weights.append(weights)

    def _entry(self, entry: Entry, at: str, read: Any) -> None:
        forms = entry.say if isinstance(entry.say, dict) else {"else": entry.say}
        if not forms:
            raise SynthError(f"{at}: it has no forms.", "write {one: ..., many: ...}, or a text.")
        numbers = [self._production(read(text, at), at) for text in forms.values()]
        self.productions.append([numbers[place] for place in self.features.chosen(list(forms), at)])
        self.draws.append(-1)
        if entry.draw:
            self.draws[-1] = len(self.tables)
            self.tables.append(self.features.redrawn(entry.draw, at))

    def _say(self, parts: list[str | Reference], at: str) -> None:
        self.productions.append([self._production(parts, at)] * self.features.count)
        self.draws.append(-1)

    def _production(self, parts: list[str | Reference], at: str) -> int:
        items = []
        for part in parts:
            if isinstance(part, str):
                items.append((self._text(part), 0))
                continue
            if part.name not in self.symbols:
                known = ", ".join(self.symbols[:20]) + (", ..." if len(self.symbols) > 20 else "")
                raise SynthError(f"{at}: there is no rule or pool {part.name!r}.", f"the names are: {known}.")
            items.append((-1 - self.symbols.index(part.name), self._map(part.values, at)))
        self.said.append(items)
        return len(self.said) - 1

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text, len(self.texts))

    def _map(self, values: tuple[str, ...], at: str) -> int:
        if not values:
            return 0
        self.maps.append(self.features.fixed(values, at))
        return len(self.maps) - 1

    def _heights(self) -> list[int]:
        """Of each symbol, rules within rules on the shortest way to its end; raises SynthError where there is none."""
        heights, bounds = [ENDLESS] * len(self.symbols), np.r_[0, np.cumsum([len(one) for one in self.weights])]
        for _ in self.symbols:
            before = list(heights)
            for symbol, own in enumerate(self.weights):
                heights[symbol] = 1 + min(self._height_of(bounds[symbol] + place, heights)
                                          for place, weight in enumerate(own) if weight)  # fmt: skip
            if heights == before:
                break
        endless = [name for name, height in zip(self.symbols, heights, strict=True) if height >= ENDLESS]
        if endless:
            raise SynthError(f"{self.where}, rule {endless[0]!r}: it never comes to an end, since each of its ways "
                             "leads back to it or to another such rule.",
                             "add an alternative of words alone.")  # fmt: skip
        return heights

    def _height_of(self, alternative: int, heights: list[int]) -> int:
        """Of the highest symbol that any form of an alternative names."""
        return max((heights[-1 - item] for number in set(self.productions[alternative])
                    for item, _ in self.said[number] if item < 0), default=0)  # fmt: skip


def _cumulated(weights: Sequence[Sequence[float]]) -> np.ndarray:
    """Of each symbol the cumulated chances of its alternatives, plus its number."""
    out = []
    for symbol, own in enumerate(weights):
        shares = np.cumsum(np.asarray(own, float) / sum(own))
        shares[shares == shares[-1]] = 1.0  # sums of floats fall short of it
        out.append(symbol + shares)
    return np.concatenate(out)
