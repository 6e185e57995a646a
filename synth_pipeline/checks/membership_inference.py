"""Membership inference: what an attacker who holds a record learns about whether it was trained on."""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, of_scores, smallest_p
from synth_pipeline.checks.nearest_records import most_exposed, per_unit
from synth_pipeline.checks.neighbours import TINY, searched, to_real, to_synthetic
from synth_pipeline.checks.texts import left_to_text
from synth_pipeline.checks.traces import features, planted, traces
from synth_pipeline.checks.units import SMALLEST, real_pool, require_enough
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed

RATES = (0.001, 0.01)  # of false positives
KNOTS = 6


class MembershipInference:
    """Attacks that guess who was in train.

    ``distance``: the closer the nearest synthetic row, the likelier a member (Chen et al. 2020,
    doi:10.1145/3372297.3417238); ``distance ratio``: relative to the nearest other real rows; ``density
    ratio``: of synthetic to real rows around the record (DOMIAS, van Breugel et al. 2023,
    arXiv:2302.12580, with five nearest neighbours for density); ``learned``: a model that has been taught
    what leaks look like, by planting copies, noisy copies and partial copies of records of both sides.
    Area under the ROC curve (0.5: nothing learned, 1: everything; interval at 99 %; Mann-Whitney's test),
    and the share of members told at 0.1 % and 1 % false positives (Carlini et al. 2022, arXiv:2112.03570)
    with Clopper-Pearson bounds, beside the upper bound of the rate of false positives; for all records and
    for the most exposed tenth.  For the learned attack also the share of members among its K surest
    guesses, for any K from 12 to 768, exactly.
    """

    name = "membership"
    family = Family.PRIVACY

    def smallest_p(self, metric: str, train: int, holdout: int) -> float:
        """That the test can give for so many records; areas under the curve have none."""
        return smallest_p(train, holdout) if metric == "members among the surest" else 0.0

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        pool = real_pool(evidence)
        require_enough(pool, evidence)
        if left_to_text(evidence, 1):
            return
        if not evidence.names:
            raise Unmeasurable("There is no column to compare.", "keep more than identifiers and text.")
        rows = searched(evidence)
        attacks = {name: per_unit(pool, rows, scores) for name, scores in _attacks(evidence).items()}
        seen = np.isfinite(attacks["distance"])
        apart = per_unit(pool, rows, to_real(evidence).distances.mean(1))
        exposed = most_exposed(apart, seen)
        groups = {"": seen}
        if np.bincount(pool.member[exposed], minlength=2).min() >= SMALLEST // 2:
            groups[", most exposed"] = exposed
        for group, units in groups.items():
            for attack, scores in attacks.items():
                yield from self._areas(attack + group, scores[units], pool.member[units])
            yield self._surest("learned" + group, attacks["learned"][units], pool.member[units],
                               evidence.seed.child(self.name, "ties"))  # fmt: skip

    def _areas(self, subject: str, scores: np.ndarray, member: np.ndarray) -> Iterator[Finding]:
        area = of_scores(scores, member)
        yield Finding(self.name, self.family, subject, "auc", area.value, area.low, area.high, 0.5, area.p_value,
                      len(member))  # fmt: skip
        for rate in RATES:
            others = np.sort(scores[~member])[::-1]
            allowed = int(rate * len(others))
            if allowed < 1:
                continue
            told = int((scores[member] > others[allowed]).sum())
            low, high = clopper_pearson(told, int(member.sum()))
            _, at_most = clopper_pearson(allowed, len(others))
            yield Finding(self.name, self.family, subject, f"members told at {rate:.1%} false positives",
                          told / int(member.sum()), low, high, at_most, n=len(member))  # fmt: skip

    def _surest(self, subject: str, scores: np.ndarray, member: np.ndarray, seed: Seed) -> Finding:
        result = of_ranking(scores, member, seed)
        low, high = clopper_pearson(result.members, result.size)
        return Finding(self.name, self.family, subject, "members among the surest", result.members / result.size,
                       low, high, float(member.mean()), result.p_value, len(member),
                       f"{result.members} of the {result.size} surest guesses are train records")  # fmt: skip


def _attacks(evidence: Evidence) -> dict[str, np.ndarray]:
    """Scores of the searched rows by each attack; higher means more likely a member."""
    made, real = to_synthetic(evidence).distances + TINY, to_real(evidence).distances + TINY
    return {
        "distance": -made[:, 0],
        "distance ratio": -np.log(made[:, 0] / real.mean(1)),
        "density ratio": -np.log(made.mean(1) / real.mean(1)),
        "learned": _learned(evidence),
    }


def _learned(evidence: Evidence) -> np.ndarray:
    """Log odds of a leak, by a model that has not seen the record: half of the records teach for the other half."""
    rows = searched(evidence)
    seen = features(evidence, traces(evidence), np.arange(len(rows)))
    places, leaks = planted(evidence)
    leaked = features(evidence, leaks, places)
    half = evidence.seed.child("membership", "halves").stream().random(len(rows)) < 0.5
    scores = np.empty(len(rows))
    for side in (half, ~half):
        teaching = ~side[places]
        points = np.vstack([leaked[teaching], seen[~side]])
        label = np.repeat([1, 0], [int(teaching.sum()), int((~side).sum())])
        scores[side] = _model().fit(points, label).decision_function(seen[side])
    return scores


def _model():  # noqa: ANN202 - scikit-learn has no types
    """Smooth, so that it ranks the extremes too: splines of each feature, and logistic regression."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import SplineTransformer

    return make_pipeline(SplineTransformer(KNOTS, knots="quantile"), LogisticRegression(C=1.0, max_iter=300))
