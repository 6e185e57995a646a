"""Deduplication: what may be dropped from the candidates, and nothing in silence."""

from synth_pipeline.dedup.exact import Deduplicated, deduplicate, repeats

__all__ = ["Deduplicated", "deduplicate", "repeats"]
