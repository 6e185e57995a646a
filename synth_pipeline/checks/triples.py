"""Triples: do three columns at a time go together as they do in the real table?"""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from synth_pipeline.checks.evidence import BINS, MISSING, Evidence, Three
from synth_pipeline.checks.marginals import total_variation
from synth_pipeline.checks.resampling import Excess, of_replicates, resample
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed

LARGEST = 10_000  # rows of a side
COARSE = 5  # codes of a column: four of values and one of missing numbers or rarer levels
TRIPLES = 30
CONSIDERED = 1_000  # triples among which those are chosen

Columns = tuple[int, int, int]


class Triples:
    """Spot checks of the joint distributions of three columns.

    ``tv`` is the total variation distance of three-way tables on coarse grids: numbers by quartiles, with
    a bin for missing ones, categories by their four commonest levels and the others (0: alike, 1: disjoint);
    ``mean tv`` is its mean over all triples looked at.  These are 30 at most, chosen by real rows alone:
    half of them those that depend most on one another beyond what a tree of pairs explains (Chow and Liu
    1968, doi:10.1109/TIT.1968.1054142), as a generator can have all pairs right and these wrong; the others
    at random, associated columns rather than others.  Each between synthetic and holdout, with train
    against holdout as its baseline.
    """

    name = "triples"
    family = Family.FIDELITY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        names = evidence.names
        if len(names) < 3:
            return
        sample = resample(evidence, LARGEST)
        codes = Three(
            *(np.column_stack(side) for side in zip(*(coarse(evidence, name) for name in names), strict=True))
        )
        chosen = evidence.real.recall((self.name, sample.key), lambda: _choose(
            np.vstack([codes[side][sample.rows[side]] for side in (0, 1)]), evidence.seed.child(self.name)
        ))  # fmt: skip
        distances = []
        for triple in chosen:
            cells = Three(*(_cells(side, triple) for side in codes))
            train, holdout = evidence.real.recall((self.name, triple, sample.key), lambda cells=cells: [
                sample.shares(side, cells[side], COARSE**3) for side in (0, 1)
            ])  # fmt: skip
            made = sample.shares(2, cells.synthetic, COARSE**3)
            distances.append([total_variation(made, holdout), total_variation(train, holdout)])
            subject = " × ".join(names[column] for column in triple)
            yield self._finding(subject, "tv", of_replicates(*distances[-1]), sample.size)
        yield self._finding("all triples", "mean tv", of_replicates(*np.mean(distances, 0)), sample.size)

    def _finding(self, subject: str, metric: str, measured: Excess, size: int) -> Finding:
        return Finding(self.name, self.family, subject, metric, measured.value, measured.low, measured.high,
                       measured.baseline, n=size)  # fmt: skip


def coarse(evidence: Evidence, name: str) -> Three[np.ndarray]:
    """Codes of a column below ``COARSE``."""
    bins = evidence.bins[name]
    if name in evidence.nominal:  # the commonest levels come first
        return Three(*(np.minimum(side, COARSE - 1).astype(int) for side in bins))
    mass = np.bincount(np.concatenate(bins[:2]), minlength=BINS)[:MISSING]
    middle = (np.cumsum(mass) - mass / 2) / max(1, mass.sum())
    place = np.append(np.minimum(middle * (COARSE - 1), COARSE - 2).astype(int), COARSE - 1)
    return Three(*(place[side] for side in bins))


def _cells(codes: np.ndarray, columns: tuple[int, ...]) -> np.ndarray:
    """One code for the codes of these columns together."""
    out = np.zeros(len(codes), int)
    for column in columns:
        out = out * COARSE + codes[:, column]
    return out


def _choose(codes: np.ndarray, seed: Seed) -> list[Columns]:
    """The triples to look at, from codes of real rows, shape (rows, columns)."""
    stream = seed.stream()
    count = codes.shape[1]
    alone = [_entropy(codes, (column,)) for column in range(count)]
    triples = _candidates(count, stream)
    together = sorted({pair for triple in triples for pair in combinations(triple, 2)})
    shared = {(a, b): alone[a] + alone[b] - _entropy(codes, (a, b)) for a, b in together}
    pairs = np.array([[shared[pair] for pair in combinations(triple, 2)] for triple in triples])
    whole = np.array([sum(alone[column] for column in triple) - _entropy(codes, triple) for triple in triples])
    beyond = whole - pairs.sum(1) + pairs.min(1)
    first = np.argsort(-beyond, kind="stable")[: TRIPLES // 2]
    # The largest of u ** (1 / weight) are a draw without replacement: Efraimidis and Spirakis (2006).
    lots = np.log(stream.random(len(triples))) / np.maximum(pairs.sum(1), 1e-6)
    lots[first] = -np.inf
    rest = np.argsort(-lots, kind="stable")[: max(0, min(TRIPLES, len(triples)) - len(first))]
    return [triples[place] for place in sorted({*first.tolist(), *rest.tolist()})]


def _candidates(count: int, stream: np.random.Generator) -> list[Columns]:
    """All triples of so many columns, or as many as are considered, drawn at random."""
    if count * (count - 1) * (count - 2) // 6 <= CONSIDERED:
        return list(combinations(range(count), 3))
    drawn: set[Columns] = set()
    while len(drawn) < CONSIDERED:
        first, second, third = sorted(stream.choice(count, 3, replace=False).tolist())
        drawn.add((first, second, third))
    return sorted(drawn)


def _entropy(codes: np.ndarray, columns: tuple[int, ...]) -> float:
    """In nats, with the correction of Miller and Madow for what few rows leave out."""
    counts = np.bincount(_cells(codes, columns))
    counts = counts[counts > 0]
    shares = counts / len(codes)
    return float(-(shares * np.log(shares)).sum() + (len(counts) - 1) / (2 * len(codes)))
