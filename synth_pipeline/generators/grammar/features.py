"""What words agree in: every combination of values of the features is a state that is handed down a derivation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.grammar import OTHERWISE

MOST = 256  # states


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """``states`` holds one value of each feature, in the order of ``names``; ``law`` how likely a state is."""

    names: tuple[str, ...]
    states: tuple[tuple[str, ...], ...]
    law: np.ndarray
    weights: tuple[Mapping[str, float], ...]

    @classmethod
    def of(cls, declared: Mapping[str, Mapping[str, float]], where: str) -> "Features":
        """Raises SynthError for a feature without values or weights, and for too many combinations."""
        law = np.ones(1)
        for name, values in declared.items():
            if not sum(values.values()):
                raise SynthError(f"{where}, feature {name!r}: its weights add up to nothing.",
                                 "give at least one value a weight above 0.")  # fmt: skip
            shares = np.array(list(values.values()), float)
            law = np.outer(law, shares / shares.sum()).ravel()
        if len(law) > MOST:
            raise SynthError(f"{where}: the features have {len(law):,} combinations of values.",
                             f"declare fewer; {MOST} are possible.")  # fmt: skip
        return cls(tuple(declared), tuple(product(*declared.values())), law, tuple(declared.values()))

    @property
    def count(self) -> int:
        return len(self.states)

    def fixed(self, values: Sequence[str], where: str) -> np.ndarray:
        """For each state, the state in which these values stand instead; raises SynthError for unknown values."""
        out = list(self.states)
        for value in values:
            place = self._feature_of(value, where)
            out = [(*state[:place], value, *state[place + 1 :]) for state in out]
        known = {state: number for number, state in enumerate(self.states)}
        return np.array([known[state] for state in out], np.int16)

    def redrawn(self, names: Sequence[str], where: str) -> np.ndarray:
        """Cumulated chances of each state after each, shape (states, states), where these features are drawn anew."""
        for name in names:
            if name not in self.names:
                known = ", ".join(self.names) or "none; declare them under 'features'"
                raise SynthError(f"{where}, draw: there is no feature {name!r}.", f"the features are: {known}.")
        out = np.ones((self.count, self.count))
        for place, (name, weights) in enumerate(zip(self.names, self.weights, strict=True)):
            values = np.array([state[place] for state in self.states])
            if name in names:
                out *= np.array([weights[value] for value in values]) / sum(weights.values())
            else:
                out *= values[:, None] == values[None, :]
        return np.cumsum(out, axis=1)

    def chosen(self, forms: Sequence[str], where: str) -> list[int]:
        """For each state the place of the form that is for it: the first all of whose values hold.

        Raises SynthError where a form names an unknown value, or where a state has no form.
        """
        wanted = [[] if form == OTHERWISE else form.split() for form in forms]
        for value in (value for values in wanted for value in values):
            self._feature_of(value, where)
        out = []
        for state in self.states:
            fit = [place for place, values in enumerate(wanted) if set(values) <= set(state)]
            if not fit:
                raise SynthError(f"{where}: there is no form for {' '.join(state)}.",
                                 f"add one, or one for all others: {{..., {OTHERWISE}: ...}}.")  # fmt: skip
            out.append(next((place for place in fit if wanted[place]), fit[0]))
        return out

    def _feature_of(self, value: str, where: str) -> int:
        place = next((place for place, values in enumerate(self.weights) if value in values), None)
        if place is None:
            known = ", ".join(value for values in self.weights for value in values) or "none declared"
            raise SynthError(f"{where}: {value!r} is no value of a feature.", f"the values are: {known}.")
        return place
