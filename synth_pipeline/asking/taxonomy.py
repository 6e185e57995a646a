"""Draws from declared taxonomies."""

from collections.abc import Mapping

import numpy as np

from synth_pipeline.spec.asking import Taxonomy


def draw(taxonomies: Mapping[str, Taxonomy], stream: np.random.Generator) -> dict[str, str]:
    """One entry of each, as the path to it: ``card > lost card``.  At every fork all branches are as likely."""
    return {name: _path(taxonomy, stream) for name, taxonomy in taxonomies.items()}


def _path(taxonomy: Taxonomy, stream: np.random.Generator) -> str:
    if not isinstance(taxonomy, dict):
        return taxonomy[int(stream.integers(len(taxonomy)))]
    inner = {entry for entries in taxonomy.values() for entry in entries}
    choices: tuple[str, ...] = tuple(name for name in taxonomy if name not in inner)  # none is inside another: no loops
    path: list[str] = []
    while choices:
        path.append(choices[int(stream.integers(len(choices)))])
        choices = taxonomy.get(path[-1], ())
    return " > ".join(path)
