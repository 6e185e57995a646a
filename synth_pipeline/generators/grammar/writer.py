"""Writes a column of text: one compiled grammar for each label, and its noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.generators.grammar.compiled import Compiled, compiled
from synth_pipeline.generators.grammar.expansion import expanded
from synth_pipeline.generators.grammar.features import Features
from synth_pipeline.generators.grammar.noise import noisy, word_counts
from synth_pipeline.spec.grammar import GrammarFields, LabelGrammar, Noise

_ROUNDS = 200  # of making those texts anew that are too short or too long
_HELD = 16_384  # texts whose parts are held at a time


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """``grammars`` by code of the label."""

    grammars: tuple[Compiled, ...]
    depth: int
    noise: Noise
    where: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, declared: GrammarFields, labels: Sequence[str | None], where: str) -> "Writer":
        """Raises SynthError with the place of what is wrong in the grammar of any label."""
        features = Features.of(declared.features, where)
        common: Compiled | None = None
        grammars, places = [], []
        for label in labels:
            own = declared.labels.get(label) if label is not None else None
            if own is None:
                common = common or _compiled(declared, LabelGrammar(), features, where, len(declared.labels))
                grammars.append(common)
            else:
                grammars.append(_compiled(declared, own, features, f"{where}, label {label!r}"))
            places.append(where if own is None else f"{where}, label {label!r}")
        return cls(tuple(grammars), declared.depth, declared.noise, tuple(places))

    def write(self, codes: np.ndarray, seed: Seed) -> Any:
        """One text for each code of a label, as an Arrow array."""
        import pyarrow as pa

        parts, order = [pa.array([], pa.large_string())], []
        for code in np.unique(codes):
            rows = np.flatnonzero(codes == code)
            for place, start in enumerate(range(0, len(rows), _HELD)):
                chunk = rows[start : start + _HELD]
                parts.append(self._made(int(code), len(chunk), seed.child(code, place).stream()))
                order.append(chunk)
        back = np.empty(len(codes), np.int64)
        if order:
            back[np.concatenate(order)] = np.arange(len(codes))
        return pa.concat_arrays(parts).take(pa.array(back))

    def _made(self, code: int, rows: int, stream: np.random.Generator) -> Any:
        """Texts within the bounds of length, with noise."""
        import pyarrow as pa

        texts = expanded(self.grammars[code], rows, self.depth, stream)
        if (length := self.noise.length) is not None:
            for _ in range(_ROUNDS):
                words = word_counts(texts)
                outside = np.flatnonzero((words < length.min) | (words > length.max))
                if not len(outside):
                    break
                order = np.arange(rows)
                order[outside] = rows + np.arange(len(outside))
                new = expanded(self.grammars[code], len(outside), self.depth, stream)
                texts = pa.concat_arrays([texts, new]).take(pa.array(order))
            else:
                raise SynthError(f"{self.where[code]}, noise, length: {len(outside):,} of {rows:,} texts have never "
                                 f"come to {length.min} to {length.max} words.", "widen the bounds.")  # fmt: skip
        return noisy(texts, self.noise, stream)


def _compiled(
    declared: GrammarFields, own: LabelGrammar, features: Features, where: str, labelled: int = 0
) -> Compiled:
    rules, pools = {**declared.rules, **own.rules}, {**declared.pools, **own.pools}
    start = own.start or declared.start
    for name in own.rules.keys() & declared.pools.keys():
        pools.pop(name)
    for name in own.pools.keys() & declared.rules.keys():
        rules.pop(name)
    if labelled and start not in {**rules, **pools}:
        raise SynthError(f"{where}: some labels of train have no rules of their own, and no rule {start!r} is common.",
                         f"name all under 'labels', which names {labelled}, or write the common rule.")  # fmt: skip
    return compiled(start, rules, pools, features, where)
