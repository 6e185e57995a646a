"""Numbers that go together by declared rank correlations: a Gaussian copula."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.spec.rules import Correlation

_LEAST = 1e-9  # smallest eigenvalue of a matrix that is taken for positive definite


def evens(pairs: Sequence[Correlation], rows: int, seed: Seed) -> Mapping[str, np.ndarray]:
    """For each column of the pairs, numbers spread evenly between 0 and 1, of the ranks' correlations declared."""
    from scipy.special import ndtr

    names = named(pairs)
    if not names:
        return {}
    normal = seed.child("correlated").stream().standard_normal((rows, len(names)))
    normal @= np.linalg.cholesky(_matrix(pairs, names)).T
    return {name: inner(ndtr(normal[:, place])) for place, name in enumerate(names)}


def inner(even: np.ndarray) -> np.ndarray:
    """Without 0 and 1, where quantiles are infinite."""
    return np.clip(even, 2.0**-54, 1 - 2.0**-53)


def named(pairs: Sequence[Correlation]) -> list[str]:
    """The columns of the pairs, each once, in order."""
    return list(dict.fromkeys(name for pair in pairs for name in pair.columns))


def check(pairs: Sequence[Correlation], numeric: Collection[str], called: str) -> None:
    """Raises SynthError for columns that are no numbers, for a pair named twice, and for correlations that contradict
    each other, naming the pairs.
    """
    for name in named(pairs):
        if name not in numeric:
            known = ", ".join(numeric) or "there are none"
            raise SynthError(f"{called}, correlations: {name!r} is no column of numbers.",
                             f"name columns of kind integer or decimal: {known}.")  # fmt: skip
    seen = [frozenset(pair.columns) for pair in pairs]
    for pair in pairs:
        if seen.count(frozenset(pair.columns)) > 1:
            raise SynthError(f"{called}, correlations: {_shown(pair)} is declared twice.", "delete one of the two.")
    names = named(pairs)
    if not names:
        return
    values, vectors = np.linalg.eigh(_matrix(pairs, names))
    if values[0] > _LEAST:
        return
    heavy = {name for name, weight in zip(names, vectors[:, 0], strict=True) if abs(weight) > 0.1}
    guilty = [_shown(pair) for pair in pairs if heavy.issuperset(pair.columns)]
    raise SynthError(f"{called}, correlations: no numbers can go together as {', '.join(guilty)} say.",
                     "make these weaker; pairs that are not named have 0.")  # fmt: skip


def _matrix(pairs: Sequence[Correlation], names: list[str]) -> np.ndarray:
    """Correlations of the normal numbers: 2 sin(pi/6 rank), Kruskal (1958), doi:10.2307/2281954."""
    out = np.eye(len(names))
    for pair in pairs:
        first, second = (names.index(name) for name in pair.columns)
        out[first, second] = out[second, first] = 2 * np.sin(np.pi / 6 * pair.rank)
    return out


def _shown(pair: Correlation) -> str:
    return f"{pair.columns[0]} with {pair.columns[1]} ({pair.rank:g})"
