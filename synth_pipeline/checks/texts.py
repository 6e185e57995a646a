"""Columns of text as tokens, for the checks that read them."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.units import Pool, real_pool, require_enough
from synth_pipeline.spec.columns import Kind
from synth_pipeline.text.space import Space
from synth_pipeline.text.tokens import encoded


class Tokens(NamedTuple):
    """As from ``encoded``; a missing text has no token."""

    hashes: np.ndarray
    offsets: np.ndarray

    def of(self, texts: np.ndarray) -> "Tokens":
        """Those of some texts, by their positions."""
        lengths = np.diff(self.offsets)[texts]
        offsets = np.r_[0, np.cumsum(lengths)]
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return Tokens(self.hashes[np.repeat(self.offsets[texts], lengths) + within], offsets)


def columns_of_text(evidence: Evidence) -> list[str]:
    """Names, in order; the checks of text say nothing where there is none."""
    return evidence.schema.of(Kind.TEXT)


def pooled_columns(evidence: Evidence) -> Iterator[tuple[str, Pool]]:
    """Each column of text with the records of both sides, for a test of membership; nothing where there is no text.

    Raises Unmeasurable where records are too few.
    """
    if columns := columns_of_text(evidence):
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        yield from ((column, pool) for column in columns)


def left_to_text(evidence: Evidence, columns: int) -> bool:
    """Whether a table has text and fewer than so many other columns: the checks of text say what there is to say."""
    return bool(columns_of_text(evidence)) and len(evidence.names) < columns


def real_tokens(evidence: Evidence, name: str) -> Tokens:
    """Of the texts of train, then of holdout."""

    def read() -> Tokens:
        return tokens_of(pd.concat([table.frame[name] for table in evidence.tables[:2]], ignore_index=True))

    return evidence.real.recall(("tokens", name), read)


def made_tokens(evidence: Evidence, name: str) -> Tokens:
    """Of the synthetic texts."""
    return evidence.own.recall(("tokens", name), lambda: tokens_of(evidence.synthetic.frame[name]))


def space_of(evidence: Evidence, column: str) -> Space:
    """Learned from the real texts of both sides."""
    return evidence.real.recall(
        ("space", column), lambda: Space.of(*real_tokens(evidence, column), evidence.seed.child("space", column))
    )


def tokens_of(texts: pd.Series) -> Tokens:
    return Tokens(*encoded(texts.fillna("").tolist()))
