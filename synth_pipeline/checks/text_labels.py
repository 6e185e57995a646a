"""Labels of texts: does a text say what its row says?"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.resampling import Excess, of_replicates
from synth_pipeline.checks.word_model import read
from synth_pipeline.core.finding import Family, Finding

MOST = 300  # levels of a column that is read from texts
TAUGHT = 5_000  # train texts that the model learns from


class TextLabels:
    """Columns of text beside the categories of their rows.

    A linear model of words learns from train texts to tell the category.  ``mislabelled`` is the share of synthetic
    rows whose text it gives another category than they have (0: none, 1: all), its baseline that of the holdout: what
    is more are wrong labels, or texts that do not say what the label says.  For each category of 2 to 300 levels.
    Tables without text, or without categories, have no such findings.
    """

    name = "text_labels"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            for name in evidence.nominal:
                if 2 <= evidence.train.table.frame[name].nunique() <= MOST:
                    found = _mislabelled(corpus, name)
                    yield Finding(self.name, self.family, f"{corpus.name} × {name}", "mislabelled", found.value,
                                  found.low, found.high, found.baseline, n=corpus.sample.size)  # fmt: skip


def _mislabelled(corpus: Corpus, name: str) -> Excess:
    """Over rows whose category is known; one that no train row has is never what the text says."""
    train = corpus.evidence.train.table.frame[name]
    levels = sorted(train.dropna().unique())
    taught = np.flatnonzero(train.notna().to_numpy())[:TAUGHT]
    truth = pd.Categorical(train.iloc[taught], levels).codes
    shares = []
    for side in (2, 1):
        rows, weights = corpus.sample.rows[side], corpus.sample.weights[side]
        given = corpus.evidence.tables[side].frame[name].iloc[rows]
        known = given.notna().to_numpy()
        said = read(corpus.weighed.train[taught], truth, corpus.weighed[side][rows])
        wrong = known & (said != pd.Categorical(given, levels).codes)
        shares.append(weights @ wrong / np.maximum(weights @ known, 1))
    return of_replicates(*shares)
