"""Verbatim text: words of training texts that stand in synthetic ones, in the same order, against those of holdout."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_set
from synth_pipeline.checks.texts import made_words, pooled_columns, real_words
from synth_pipeline.checks.units import SMALLEST, Pool
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.matches import HOLDERS

SIZES = (13, 50)  # words in a row


class VerbatimText:
    """Runs of words of training texts that synthetic texts repeat.

    A real record is found when a run of its words stands in a synthetic text, whatever case and
    punctuation: 50 in a row, as in the extraction of training data (Lee et al. 2022, arXiv:2107.06499;
    Carlini et al. 2023, arXiv:2202.07646, who count the tokens of a model), 13, as in the search for
    test items (Brown et al. 2020, arXiv:2005.14165), or the whole text.  A run that more than 16 real
    records have is a formula and counts for none.  Value is the share of train records that are found
    (0: none, 1: all), baseline that of holdout records, who have phrases in common with anybody; Fisher's
    exact test.  Of tables with columns of text only, and sizes that at least 100 real texts have.
    """

    name = "verbatim_text"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for column, pool in pooled_columns(evidence):
            real, made = real_words(evidence, column), made_words(evidence, column)
            if len(real.codes):
                yield self._finding(f"{column}: whole text", _found(real.whole(), made.whole(), pool), pool)
            for size in SIZES:
                if (real.lengths >= size).sum() >= SMALLEST:
                    found = _found(real.runs(size), made.runs(size), pool)
                    yield self._finding(f"{column}: {size} words in a row", found, pool)

    def _finding(self, subject: str, found: np.ndarray, pool: Pool) -> Finding:
        """``found`` marks units."""
        result = of_set(found, pool.member)
        low, high = clopper_pearson(result.members, result.train)
        return Finding(
            self.name, self.family, subject, "found", result.share, low, high, result.control, result.p_value,
            len(pool.member), result.counted,
        )  # fmt: skip


def _found(real: Grams, made: Grams, pool: Pool) -> np.ndarray:
    """Units of which a run that few units have stands in a synthetic text."""
    shared = np.flatnonzero(np.isin(real.codes, np.unique(made.codes)))
    _, run = np.unique(real.codes[shared], return_inverse=True)
    pairs = np.unique(run * np.int64(len(pool.member)) + pool.unit[real.places[shared]])
    run, unit = pairs // len(pool.member), pairs % len(pool.member)
    out = np.zeros(len(pool.member), bool)
    out[unit[np.bincount(run)[run] <= HOLDERS]] = True
    return out
