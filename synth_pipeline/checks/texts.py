"""Columns of text as words, for the checks that read them."""

from collections.abc import Iterator

import pandas as pd

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.units import Pool, real_pool, require_enough
from synth_pipeline.spec.columns import Kind
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.space import Space

TOPICS = 64  # axes on which the neighbours of a text are looked for


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


def real_words(evidence: Evidence, name: str) -> Grams:
    """Of the texts of train, then of holdout."""

    def read() -> Grams:
        return words_of(pd.concat([table.frame[name] for table in evidence.tables[:2]], ignore_index=True))

    return evidence.real.recall(("words", name), read)


def made_words(evidence: Evidence, name: str) -> Grams:
    """Of the synthetic texts."""
    return evidence.own.recall(("words", name), lambda: words_of(evidence.synthetic.frame[name]))


def space_of(evidence: Evidence, column: str) -> Space:
    """Learned from the real texts of both sides."""
    return evidence.real.recall(
        ("space", column),
        lambda: Space.fit(real_words(evidence, column), evidence.seed.child("space", column), axes=TOPICS),
    )


def words_of(texts: pd.Series) -> Grams:
    """A missing text has no word."""
    return Grams.of_words(texts.fillna("").tolist())
