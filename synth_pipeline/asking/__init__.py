"""Asking a language model for rows: prompts that keep data apart from instructions, in rounds until enough is kept."""

from synth_pipeline.asking.prompt import SYSTEM, drawn_lines, fenced, filled, one_line
from synth_pipeline.asking.rounds import Asked, Found, Gathered, Kept, gather
from synth_pipeline.asking.taxonomy import draw

__all__ = [
    "SYSTEM",
    "Asked",
    "Found",
    "Gathered",
    "Kept",
    "draw",
    "drawn_lines",
    "fenced",
    "filled",
    "gather",
    "one_line",
]
