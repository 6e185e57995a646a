"""Neighbours of texts: are real texts that a synthetic one resembles in its words train members too often?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, of_scores, smallest_p
from synth_pipeline.checks.nearest_records import per_unit
from synth_pipeline.checks.neighbours import NEAREST, TINY, others, owners, search, searched
from synth_pipeline.checks.texts import made_words, pooled_columns, real_words, space_of
from synth_pipeline.core.finding import Family, Finding


class TextNeighbours:
    """Training texts among those closest to the synthetic texts by topic and choice of words.

    An attacker guesses that a text was trained on when a synthetic one is nearer to it, in a space of 64
    dimensions learned from train and holdout together, than its five nearest other real texts are.  Word
    order counts for nothing here, so that what was told in another order is seen too.  ``members among
    the closest``: the share of members among the K closest, exact for the best K from 12 to 768;
    ``auc``: area under the ROC curve of the guesses (0.5: nothing learned, 1: everything; interval at
    99 %; Mann-Whitney's test).  Of tables with columns of text only.
    """

    name = "text_neighbours"
    family = Family.PRIVACY

    def smallest_p(self, metric: str, train: int, holdout: int) -> float:
        """That the test can give for so many records; areas under the curve have none."""
        return smallest_p(train, holdout) if metric == "members among the closest" else 0.0

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for column, pool in pooled_columns(evidence):
            scores = per_unit(pool, searched(evidence), _closeness(evidence, column))
            seen = np.isfinite(scores)
            scores, member = scores[seen], pool.member[seen]
            result = of_ranking(scores, member, evidence.seed.child(self.name, "ties", column))
            low, high = clopper_pearson(result.members, result.size)
            yield Finding(
                self.name, self.family, column, "members among the closest", result.members / result.size, low, high,
                float(member.mean()), result.p_value, len(member),
                f"{result.members} of the {result.size} closest are train records",
            )  # fmt: skip
            area = of_scores(scores, member)
            yield Finding(self.name, self.family, column, "auc", area.value, area.low, area.high, 0.5, area.p_value,
                          len(member))  # fmt: skip


def _closeness(evidence: Evidence, column: str) -> np.ndarray:
    """Of each searched text to the synthetic ones, relative to the texts of other real records; larger is closer."""
    rows, space = searched(evidence), space_of(evidence, column)

    def among_real() -> tuple[np.ndarray, np.ndarray]:
        points = space.directions(real_words(evidence, column).take(rows))
        return points, others(points, points, owners(evidence)[rows]).distances.mean(1)

    points, real = evidence.real.recall(("text neighbours", column, len(rows)), among_real)
    made = search(points, space.directions(made_words(evidence, column)), NEAREST).distances[:, 0]
    return -np.log((made + TINY) / (real + TINY))
