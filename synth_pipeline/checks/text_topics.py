"""Topics of texts: do they speak of all that real ones speak of, and no closer together?"""

from collections.abc import Iterator

import numpy as np

from synth_pipeline.checks.corpora import Corpus, corpora
from synth_pipeline.checks.evidence import Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.neighbours import search
from synth_pipeline.checks.resampling import Excess, Z, excess, units
from synth_pipeline.checks.text_diversity import mixed_up
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.text.space import directions

LARGEST = 5_000  # texts of a side whose neighbours are looked for
TOPIC = 50  # texts of a topic, on average, that topics are learned from
TOPICS = (4, 60)  # at least and at most
REACHED = 0.2  # times its real share, below which a topic is lost
TURNS = 20  # of the clustering


class TextTopics:
    """Breadth of what columns of text say.

    Topics are clusters of a further part of train.  ``topics`` is the total variation distance of their shares
    between synthetic and holdout (0: alike, 1: disjoint), ``lost topics`` the share of holdout texts in topics that
    synthetic texts reach at less than a fifth of the real share (0: none, 1: all).  ``self-similarity`` is by how much
    nearer a text lies to the nearest other one of its side than holdout texts do, as a cosine (0: as near, 1: the
    same against unrelated).  Train against holdout is the baseline of all, equally many.  Tables without text have
    no such findings.
    """

    name = "text_topics"
    family = Family.DIVERSITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        for corpus in corpora(evidence):
            shares = _shares(corpus)
            found = {"topics": excess(total_variation, shares), "lost topics": _lost(corpus, shares),
                     "self-similarity": _similarity(corpus)}  # fmt: skip
            for metric, one in found.items():
                yield Finding(self.name, self.family, corpus.name, metric, one.value, one.low, one.high, one.baseline,
                              n=corpus.sample.size)  # fmt: skip


def _shares(corpus: Corpus) -> Three[np.ndarray]:
    """Of each topic in every replicate."""
    centres = corpus.evidence.real.recall(("topics", corpus.name), lambda: _centres(corpus))
    codes = Three(*(search(directions(points), centres, 1).places[:, 0] for points in corpus.points))
    return corpus.sample.counts(codes, len(centres))


def _centres(corpus: Corpus) -> np.ndarray:
    """Of clusters of the texts that topics are learned from, shape (topics, axes)."""
    from sklearn.cluster import KMeans

    points = corpus.learned.space.directions(corpus.learned.words)
    count = min(max(TOPICS[0], len(points) // TOPIC), TOPICS[1], len(np.unique(points, axis=0)))
    model = KMeans(count, n_init=1, max_iter=TURNS, random_state=corpus.evidence.seed.child("topics").state)
    return np.ascontiguousarray(model.fit(points).cluster_centers_, dtype=np.float32)


def _lost(corpus: Corpus, shares: Three[np.ndarray]) -> Excess:
    """The error is that of a share of the holdout's texts."""
    real = shares.holdout[0]
    made, train = (float(real[side[0] < REACHED * real].sum()) for side in (shares.synthetic, shares.train))
    size = len(np.unique(units(corpus.evidence, 1, corpus.sample.rows.holdout)))
    reach = Z * float(np.sqrt(max(made * (1 - made) + train * (1 - train), 1 / size) / size))
    return Excess(made, made - reach, made + reach, train)


def _similarity(corpus: Corpus) -> Excess:
    """Twice the variance of the texts looked at, as their neighbours are as many, and random too.

    Missing texts are left out: they are like none and would only add noise; how many there are is judged by their form.
    """
    means, errors, sides = [], [], [_told(corpus, side) for side in range(3)]
    size = min(LARGEST, *map(len, sides))  # the more texts there are, the nearer is the nearest
    for side, told in enumerate(sides):
        rows = told[:size]
        near, unit = _nearest(corpus.points[side][rows]), units(corpus.evidence, side, rows)
        means.append(float(near.mean()))
        errors.append(float(np.sqrt(2 * (np.bincount(unit, near - near.mean()) ** 2).sum())) / len(near))
    reach = Z * float(np.hypot(errors[0], errors[2]))
    value = means[2] - means[1]
    return Excess(value, value - reach, value + reach, means[0] - means[1])


def _told(corpus: Corpus, side: int) -> np.ndarray:
    """Rows that have a text, in random order; all where hardly any has."""
    rows = mixed_up(corpus, side)
    told = np.array([bool(corpus.texts[side][row].strip()) for row in rows], bool)
    return rows[told] if told.sum() > 1 else rows


def _nearest(points: np.ndarray) -> np.ndarray:
    """Cosine of each point to the most similar other one; a text without a known word is like none."""
    unit = directions(points)
    return np.clip(search(unit, unit, 2, by_product=True).distances[:, -1], 0, 1)
