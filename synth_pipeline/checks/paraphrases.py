"""Paraphrases: synthetic texts that follow a training text too closely, against those that follow a holdout text."""

import re
from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, of_set, smallest_p
from synth_pipeline.checks.neighbours import owners, searched
from synth_pipeline.checks.texts import made_words, pooled_columns, real_words
from synth_pipeline.checks.units import Pool
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.grams import Grams
from synth_pipeline.text.matches import Matches, Sources

NATURAL = 0.993  # share of real texts that follow no other real text as closely as a leak does
SHOWN = 5
TRIED = 500  # train texts by copies of which the power is told
EDITED = 0.1  # share of their words that are replaced
POOR = 0.8  # share of such copies below which the note says what to do
CLOSE_PAIR = "close pair"  # the metric that names rows of train
SHORT = 12  # digits of a hash


class Paraphrases:
    """Training texts that synthetic texts follow word by word, with words replaced, dropped or put in.

    Every synthetic text is compared with all real ones, of train and holdout alike, and claims the one that
    it follows most closely, or several that it follows equally.  ``leaked``: a real record is leaked when
    a synthetic text claims it that follows it more closely than 99.3 % of real texts follow any other
    real text; value is the share of train records (0: none, 1: all), baseline that of holdout records;
    Fisher's exact test; its note says how many copies of train texts with a tenth of their words replaced would
    be told so, which are few where real texts have near duplicates.  ``members among the closest``: the share of
    members among the K records that are followed most closely, exact for the best K from 12 to 768.
    ``close pair``: the score of one of the closest, its baseline the threshold; where it stands is told by rows
    and words, and nothing is quoted.  Claims do not look at the split, so without a leak the split alone decides
    on which side a claimed record is.  Of tables with columns of text only.
    """

    name = "paraphrases"
    family = Family.PRIVACY

    def smallest_p(self, metric: str, train: int, holdout: int) -> float:
        """That the test can give for so many records; the set of leaks has none."""
        return smallest_p(train, holdout) if metric == "members among the closest" else 0.0

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for column, pool in pooled_columns(evidence):
            sources = sources_of(evidence, column)
            claims = sources.matches(made_words(evidence, column)).claims(len(evidence.synthetic))
            threshold = natural(evidence, column)
            beyond = claims.take(claims.score > threshold)
            yield self._leaked(column, beyond, threshold, _power(evidence, column, threshold), pool)
            yield self._closest(column, claims, pool, evidence)
            yield from self._shown(column, beyond, threshold, evidence)

    def _leaked(self, column: str, leaks: Matches, threshold: float, power: float, pool: Pool) -> Finding:
        marked = np.zeros(len(pool.unit), bool)
        marked[leaks.source] = True
        result = of_set(pool.any(marked), pool.member)
        low, high = clopper_pearson(result.members, result.train)
        told = f"{result.counted}, by scores above {threshold:.3g}; {_power_said(power)}"
        return Finding(self.name, self.family, column, "leaked", result.share, low, high, result.control,
                       result.p_value, len(pool.member), told)  # fmt: skip

    def _closest(self, column: str, claims: Matches, pool: Pool, evidence: Evidence) -> Finding:
        scores = pool.most(claims.best(claims.source, len(pool.unit)))
        result = of_ranking(scores, pool.member, evidence.seed.child(self.name, "ties", column))
        low, high = clopper_pearson(result.members, result.size)
        return Finding(
            self.name, self.family, column, "members among the closest", result.members / result.size, low, high,
            float(pool.member.mean()), result.p_value, len(pool.member),
            f"{result.members} of the {result.size} texts that are followed most closely are train records",
        )  # fmt: skip

    def _shown(self, column: str, leaks: Matches, threshold: float, evidence: Evidence) -> Iterator[Finding]:
        """The closest, without those that follow a holdout text as closely; each synthetic text once."""
        train = len(evidence.train.table)
        leaks = leaks.take(~np.isin(leaks.text, leaks.text[leaks.source >= train]))
        leaks = leaks.take(np.unique(leaks.text, return_index=True)[1])
        leaks = leaks.take(np.argsort(-leaks.score, kind="stable")[:SHOWN])
        spans = sources_of(evidence, column).spans(made_words(evidence, column), leaks)
        for text, source, score, span in zip(leaks.text, leaks.source, leaks.score, spans, strict=True):
            begin, end, source_begin, source_end = span
            where = (f"{column}, row {text} words {begin}-{end - 1}, train {_called(evidence, int(source))} "
                     f"words {source_begin}-{source_end - 1}")  # fmt: skip
            yield Finding(self.name, self.family, where, CLOSE_PAIR, float(score), baseline=threshold, n=1)


def sources_of(evidence: Evidence, column: str) -> Sources:
    """The texts of train and holdout in one index."""
    return evidence.real.recall(("sources", column), lambda: Sources(real_words(evidence, column)))


def natural(evidence: Evidence, column: str) -> float:
    """The score that all but a few real texts stay below, compared with the real texts of others."""
    rows, owner = searched(evidence), owners(evidence)

    def learned() -> float:
        found = sources_of(evidence, column).matches(real_words(evidence, column).take(rows), (owner[rows], owner))
        return float(np.quantile(found.best(found.text, len(rows)), NATURAL, method="higher"))

    return evidence.real.recall(("natural", column, len(rows)), learned)


def _power(evidence: Evidence, column: str, threshold: float) -> float:
    """Share of copies of train texts with some words replaced that score above the threshold."""

    def tried() -> float:
        stream = evidence.seed.child("paraphrases", "power", column).stream()
        words = real_words(evidence, column)
        held = np.flatnonzero(words.lengths[: len(evidence.train.table)])
        copies = words.take(np.sort(stream.permutation(held)[:TRIED]))
        new = stream.random(len(copies.codes)) < EDITED
        codes = np.where(new, stream.choice(words.codes, len(new)), copies.codes) if len(new) else copies.codes
        found = sources_of(evidence, column).matches(Grams(codes, copies.offsets))
        return float((found.best(found.text, len(copies)) > threshold).mean()) if len(copies) else 0.0

    return evidence.real.recall(("power", column, threshold), tried)


def _power_said(power: float) -> str:
    told = f"{power:.0%} of copies with a tenth of the words replaced would be told"
    return told if power >= POOR else f"{told}: near duplicates among real texts hide the others, see dedup.near"


def _called(evidence: Evidence, row: int) -> str:
    """How a train record is called: by the head of its identifier where that is a hash, or else by its row."""
    ids = evidence.train.table.ids
    hashed = ids is not None and re.fullmatch("[0-9a-f]{16,}", str(ids.iloc[row]))
    return hashed[0][:SHORT] if hashed else f"row {row}"
