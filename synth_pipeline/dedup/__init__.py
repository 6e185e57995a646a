"""Deduplication: what may be dropped from the candidates, and nothing in silence."""

from synth_pipeline.dedup.documents import KINDS, Distinct, distinct_candidates, distinct_source, without_items
from synth_pipeline.dedup.exact import Deduplicated, deduplicate, repeats

__all__ = [
    "KINDS", "Deduplicated", "Distinct", "deduplicate", "distinct_candidates", "distinct_source", "repeats",
    "without_items",
]  # fmt: skip
