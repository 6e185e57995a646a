"""Documents that resemble others: of real ones one is kept before the split, of synthetic ones before the audit.

Real and synthetic documents are never compared here, but for evaluation sets that somebody names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.dedup.clusters import of_matches, of_stands, together
from synth_pipeline.dedup.decontamination import contaminated
from synth_pipeline.dedup.near import near_duplicates, nearest_items
from synth_pipeline.dedup.semantic import cosine, semantic_duplicates
from synth_pipeline.spec.dedup import Dedup, Near, Semantic
from synth_pipeline.text.documents import documents_of
from synth_pipeline.text.shingles import jaccard, shingle_sets
from synth_pipeline.text.space import Embed

KINDS = ("evaluation", "earlier", "near", "semantic")


@dataclass(frozen=True, slots=True, eq=False)
class Distinct:
    """What is left, and for each document that is not the one that it resembles: see ``clusters.COLUMNS``."""

    table: Table
    clusters: pd.DataFrame

    def dropped(self, kind: str) -> int:
        """How many documents were dropped for being of this kind."""
        return int(((self.clusters["kind"] == kind) & ~self.clusters["kept"]).sum())


def distinct_source(table: Table, near: Near) -> Distinct:
    """Real documents, one of each cluster of near duplicates: the first, which is the one of the smallest record id."""
    names = table.ids.tolist() if table.ids is not None else _numbers(len(table))
    keep, clusters = _without_near(documents_of(table), names, "source", near)
    return Distinct(table.take(keep), together([clusters]))


def distinct_candidates(
    candidates: Table,
    dedup: Dedup,
    seed: Seed,
    against: Mapping[str, Sequence[str]],
    earlier: Sequence[str] = (),
    embed: Embed | None = None,
) -> Distinct:
    """Synthetic documents that hold no item of an evaluation set, are not near one of an earlier release, and of which
    only the first of those that resemble each other is left.

    ``against`` has the items of each evaluation set by its name.  Members are named by their row, from 1 on.
    """
    texts, names = documents_of(candidates), _numbers(len(candidates))
    left, parts = np.arange(len(texts)), []

    def drop(keep: np.ndarray, clusters: pd.DataFrame) -> None:
        nonlocal left
        left = left[keep]
        parts.append(clusters)

    def chosen(held: Sequence[str]) -> list[str]:
        return [held[place] for place in left]

    for name, items in against.items():
        drop(*without_items(chosen(texts), chosen(names), "candidates", name, items))
    if earlier:
        drop(*_without_earlier(chosen(texts), chosen(names), earlier, dedup.near))
    drop(*_without_near(chosen(texts), chosen(names), "candidates", dedup.near))
    if dedup.semantic is not None:
        drop(*_without_semantic(chosen(texts), chosen(names), dedup.semantic, seed, embed))
    return Distinct(candidates.take(left), together(parts))


def without_items(
    texts: Sequence[str], names: Sequence[str], origin: str, called: str, items: Sequence[str]
) -> tuple[np.ndarray, pd.DataFrame]:
    """Which documents hold no item of a set that is ``called`` so, and clusters of those that do."""
    matched = contaminated(texts, items)
    return _all_but(matched, len(texts)), of_matches("evaluation", (origin, called), names, matched)


def _without_earlier(
    texts: Sequence[str], names: Sequence[str], earlier: Sequence[str], near: Near
) -> tuple[np.ndarray, pd.DataFrame]:
    items = shingle_sets(earlier, near.words)
    similarity, place = nearest_items(shingle_sets(texts, near.words), items, np.full(len(items), near.threshold))
    found = np.flatnonzero(place >= 0)
    matched = pd.DataFrame({"document": found, "item": place[found], "similarity": similarity[found]})
    return _all_but(matched, len(texts)), of_matches("earlier", ("candidates", "earlier releases"), names, matched)


def _without_near(
    texts: Sequence[str], names: Sequence[str], origin: str, near: Near
) -> tuple[np.ndarray, pd.DataFrame]:
    sets = shingle_sets(texts, near.words)
    stands = near_duplicates(sets, near.threshold)
    similarity = jaccard(sets, np.arange(len(sets)), stands)
    return stands == np.arange(len(stands)), of_stands("near", origin, names, stands, similarity)


def _without_semantic(
    texts: Sequence[str], names: Sequence[str], semantic: Semantic, seed: Seed, embed: Embed | None
) -> tuple[np.ndarray, pd.DataFrame]:
    stands, vectors = semantic_duplicates(texts, semantic.threshold, seed.child("semantic"), embed)
    similarity = cosine(vectors, np.arange(len(stands)), stands)
    return stands == np.arange(len(stands)), of_stands("semantic", "candidates", names, stands, similarity)


def _all_but(matched: pd.DataFrame, count: int) -> np.ndarray:
    keep = np.ones(count, bool)
    keep[matched["document"].to_numpy(int)] = False
    return keep


def _numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]
