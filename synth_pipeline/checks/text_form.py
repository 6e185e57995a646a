"""Form of texts: are they written as real ones are, in the same language, in a format that holds?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Excess, excess, of_replicates
from synth_pipeline.checks.rows import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.form import FORMS, marks, no_code, unparsable

ODD = 0.01  # share of real texts that may be called foreign
BINS = 4  # of length: in a short text of the right language chance has a larger part
TRIED = 100  # texts, by which most corpora are seen to be no code
PARSED = 0.99  # share of real texts from which a format is taken to be required


class TextForm:
    """Language and form of columns of text.

    ``foreign`` is the share of texts whose characters, by runs of three, are less like those of real texts than
    99 % of the real texts of their length are (0: none, 1: all): another language, another script, gibberish; after
    Cavnar and Trenkle (1994), "N-Gram-Based Text Categorization".  Its baseline is the holdout's share.  For each
    mark of form, such as ``digits``, the share of texts that have it is compared: ``form`` is the difference (0: alike,
    1: all and none), with that between train and holdout as its baseline.  Where 99 % of the real texts are JSON,
    ``unparsable`` is the share of texts that are none; where as many are no JSON but Python, and most of several words,
    ``no code`` is that of texts that are none.  Tables without text have no such findings.
    """

    name = "text_form"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            yield self._finding(corpus, corpus.name, "foreign", _foreign(corpus))
            having = Three(*(marks(side) for side in corpus.texts))
            for number, form in enumerate(FORMS):
                codes = Three(*(side[:, number].astype(int) for side in having))
                if len(np.unique(np.concatenate(codes))) > 1:
                    found = excess(total_variation, corpus.sample.counts(codes, 2))
                    yield self._finding(corpus, f"{corpus.name}, {form}", "form", found)
            wrong = [unparsable(side) for side in corpus.texts]
            if np.concatenate(wrong[:2]).mean() <= 1 - PARSED:
                yield share(self.name, corpus.name, "unparsable", wrong[2], float(wrong[1].mean()))
            elif _is_code(corpus):
                wrong = [no_code(side) for side in corpus.texts]
                yield share(self.name, corpus.name, "no code", wrong[2], float(wrong[1].mean()))

    def _finding(self, corpus: Corpus, subject: str, metric: str, found: Excess) -> Finding:
        return Finding(self.name, self.family, subject, metric, found.value, found.low, found.high, found.baseline,
                       n=corpus.sample.size)  # fmt: skip


def _is_code(corpus: Corpus) -> bool:
    """Whether real texts are Python; a single word is too, so that most must have several."""
    real = [*corpus.texts[0], *corpus.texts[1]]
    several = [text for text in real if len(text.split()) > 1]
    if 2 * len(several) <= len(real) or no_code(several[:TRIED]).mean() > 1 - PARSED:
        return False
    return bool(no_code(real).mean() <= 1 - PARSED)


def _foreign(corpus: Corpus) -> Excess:
    """Limits are those of train and holdout together; a text of no three characters is judged by its form."""
    model = corpus.learned.characters
    surprises, lengths = zip(*(model.surprise(side) for side in corpus.texts), strict=True)
    real = np.concatenate(surprises[:2])
    known = ~np.isnan(real)
    edges = np.quantile(np.concatenate(lengths[:2])[known], np.arange(1, BINS) / BINS) if known.any() else np.zeros(3)
    bins = [np.searchsorted(edges, side) for side in lengths]
    of_real = np.concatenate(bins[:2])
    limits = np.full(BINS, np.inf)
    for number in range(BINS):
        if len(of_bin := real[known & (of_real == number)]):
            limits[number] = np.quantile(of_bin, 1 - ODD)
    shares = []
    for side in (2, 1):
        odd = np.nan_to_num(surprises[side], nan=-np.inf) > limits[bins[side]]
        weights = corpus.sample.weights[side]
        shares.append(weights @ odd[corpus.sample.rows[side]] / weights.sum(1))
    return of_replicates(*shares)
