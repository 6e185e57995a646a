"""Inference: does the synthetic table tell what a training record holds in one column, given the others?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.attacks import attacked, on_units, risk, searched_by_attacker
from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.models import Features, classifier, regressor
from synth_pipeline.checks.neighbours import points_of, search
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.units import real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding

MOST = 5  # columns, where none is declared sensitive
NEAR = 0.05  # of the spread between the first and the last decile, within which a number is guessed
TAUGHT = 20_000  # synthetic rows that a model learns from


class Inference:
    """Values of training records that an attacker can infer.

    The attacker knows all columns of a person but one.  ``risk``: the value of the nearest synthetic row
    is the guess; ``disclosure``, for columns declared sensitive: boosted trees taught on the synthetic
    table make it.  A number is guessed when it lies within 5 % of the spread between the first and the
    last decile.  Value is the share of train records that are guessed (0: none, 1: all), baseline that of
    holdout records, which anybody could guess from the population; Fisher's exact test.  For the declared
    sensitive columns and the target, or else for the five columns that vary most.  Giomi et al. 2022,
    arXiv:2211.10459.
    """

    name = "inference"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if not evidence.effort.attacks:
            return
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if left_to_text(evidence, 2):
            return
        if len(evidence.names) < 2:
            raise Unmeasurable("The table has a single column.", "nothing is left to infer it from.")
        rows = attacked(evidence)
        for secret in _secrets(evidence):
            truth = _Truth(evidence, secret, rows)
            yield risk(self.name, secret, on_units(pool, rows, truth.guessed(_nearest(evidence, secret, rows))),
                       truth.naive)  # fmt: skip
            if secret in evidence.sensitive:
                yield risk(self.name, secret, on_units(pool, rows, truth.guessed(_taught(evidence, secret, rows))),
                           truth.naive, metric="disclosure")  # fmt: skip


class _Truth:
    """The secret values of the attacked rows, and when a guess counts."""

    def __init__(self, evidence: Evidence, secret: str, rows: np.ndarray) -> None:
        self.nominal = secret in evidence.codes
        view = evidence.codes[secret] if self.nominal else evidence.numbers[secret]
        real = np.concatenate(view[:2]).astype(float)
        self.values, made = real[rows], view.synthetic.astype(float)
        known = real[~np.isnan(real)]
        self.reach = 0.0 if self.nominal or not len(known) else NEAR * float(np.ptp(np.quantile(known, [0.1, 0.9])))
        # The best guess of somebody who has only the synthetic column.
        common, counts = np.unique(made[~np.isnan(made)], return_counts=True)
        guess = (
            common[np.argmax(counts)] if self.nominal and len(common) else np.nanmedian(made) if len(common) else 0.0
        )
        self.naive = float(self.guessed(np.full(len(rows), guess)).mean())

    def guessed(self, guesses: np.ndarray) -> np.ndarray:
        """Which guesses are right; a missing value is guessed when the guess is missing too."""
        both = np.isnan(guesses) & np.isnan(self.values)
        return both | (np.abs(guesses - self.values) <= self.reach)


def _secrets(evidence: Evidence) -> list[str]:
    """Declared ones and the target, or those with the largest entropy on bins among several values."""
    declared = [name for name in evidence.names if name in (*evidence.sensitive, evidence.target)]
    if evidence.sensitive:
        return declared
    entropy = {name: _entropy(np.concatenate(evidence.bins[name][:2])) for name in evidence.names}
    others = sorted((name for name in entropy if name not in declared), key=lambda name: -entropy[name])
    return (declared + others)[:MOST]


def _entropy(codes: np.ndarray) -> float:
    share = np.bincount(codes) / max(1, len(codes))
    return float(-(share * np.log(np.where(share > 0, share, 1))).sum())


def _nearest(evidence: Evidence, secret: str, rows: np.ndarray) -> np.ndarray:
    """The secret of the synthetic row that is nearest in all other columns."""
    names, places = [name for name in evidence.names if name != secret], searched_by_attacker(evidence)
    found = search(points_of(evidence, rows, "rank", names=names), evidence.embed(2, places, names), 1)
    view = evidence.codes[secret] if secret in evidence.codes else evidence.numbers[secret]
    return view.synthetic[places].astype(float)[found.places[:, 0]]


def _taught(evidence: Evidence, secret: str, rows: np.ndarray) -> np.ndarray:
    """The guess of a model that has been taught on the synthetic table."""
    features = Features.of(evidence)
    others = features.without(secret)
    view = evidence.codes[secret] if secret in evidence.codes else evidence.numbers[secret]
    truth = view.synthetic.astype(float)
    known = np.flatnonzero(~np.isnan(truth))[:TAUGHT]
    seed = evidence.seed.child("inference", secret).state
    train = len(evidence.train.table)
    points = np.vstack([others.points(0, rows[rows < train]), others.points(1, rows[rows >= train] - train)])
    if len(np.unique(truth[known])) < 2:
        return np.full(len(rows), truth[known][0] if len(known) else np.nan)
    make = classifier if secret in evidence.codes else regressor
    return make(others.nominal, seed).fit(others.points(2, known), truth[known]).predict(points).astype(float)
