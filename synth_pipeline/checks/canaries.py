"""Canaries: planted records, of which half were trained on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import binom, rankdata

from synth_pipeline.checks.evidence import Evidence
from synth_pipeline.checks.neighbours import TINY, search
from synth_pipeline.checks.texts import columns_of_text, left_to_text, made_words, words_of
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Kind
from synth_pipeline.text.matches import Sources

CONFIDENCE = 0.95
FEWEST = 20
INCLUDED = "_included"
ALONE = 3  # columns besides text, with fewer of which a canary is told by its text alone
SHARES = (0.1, 0.25, 0.5, 1.0)  # of the canaries that are guessed about


@dataclass(frozen=True, slots=True, eq=False)
class Canaries:
    """Made-up records; each was put into train by the toss of a coin."""

    records: Table
    included: np.ndarray


class PlantedCanaries:
    """Planted records that the synthetic table gives away.

    Each canary was put into train by the toss of a coin.  The auditor guesses in for those whose nearest
    synthetic row is closest, relative to the nearest real one, or whose text is followed most closely by a
    synthetic one, and out for those farthest.  ``epsilon``:
    with 95 % confidence the generator is not differentially private with a smaller one (0: nothing is
    given away, no upper bound; its ceiling, which all guesses right would give, is in the note), by one
    run after Steinke, Nasr and Jagielski (2023, arXiv:2305.08846), with Bonferroni over how many are
    guessed about.  ``right``: share of right guesses (0.5: by chance, 1: all), binomial test.
    """

    name = "canaries"
    family = Family.PRIVACY

    def measure(self, evidence: Evidence) -> Iterator[Finding]:
        if evidence.canaries is None:
            return
        included, count = evidence.canaries.included, len(evidence.canaries.included)
        if count < FEWEST or not len(evidence.synthetic):
            raise Unmeasurable(f"There are {count} canaries.", f"plant at least {FEWEST}.")
        order = np.argsort(-_closeness(evidence, evidence.canaries), kind="stable")
        tries = []
        for share in SHARES:
            half = max(1, int(share * count / 2))
            right = int(included[order[:half]].sum() + (~included[order[-half:]]).sum())
            tries.append((float(binom.sf(right - 1, 2 * half, 0.5)), right, 2 * half))
        p_value, right, guesses = min(tries)
        level = (1 - CONFIDENCE) / len(SHARES)
        epsilon = max(epsilon_bound(right, guesses, level) for _, right, guesses in tries)
        ceiling = max(epsilon_bound(guesses, guesses, level) for _, _, guesses in tries)
        said = f"{right} of {guesses} guesses are right"
        yield Finding(self.name, self.family, f"{count} canaries", "right", right / guesses, baseline=0.5,
                      p_value=min(1.0, len(SHARES) * p_value), n=count, note=said)  # fmt: skip
        yield Finding(self.name, self.family, f"{count} canaries", "epsilon", epsilon, baseline=0.0, n=count,
                      note=f"a lower bound; the most that {count} canaries can show is {ceiling:.3g}")  # fmt: skip


def planted(train: Table, count: int, seed: Seed) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train with the included canaries at random places, and all canaries with the column ``_included``."""
    stream = seed.stream()
    frame = pd.DataFrame({name: train.frame[name].iloc[stream.integers(len(train), size=count)].to_numpy()
                          for name in train.schema.names}).astype(train.frame.dtypes)  # fmt: skip
    for name in train.schema.of(Kind.TEXT):
        frame[name] = pd.Series(_mixed(train.frame[name], count, stream), dtype=train.frame[name].dtype)
    for name in train.schema.of(Kind.IDENTIFIER):
        frame[name] = [f"canary-{number}" for number in range(count)]
    included = stream.random(count) < 0.5
    together = pd.concat([train.frame, frame[included]], ignore_index=True)
    return together.iloc[stream.permutation(len(together))].reset_index(drop=True), frame.assign(**{INCLUDED: included})


def _mixed(texts: pd.Series, count: int, stream: np.random.Generator) -> list[str] | None:
    """Texts as long as real ones, each word of another record; None where there is no word."""
    split = texts.dropna().str.split()
    split = split[split.str.len() > 0]
    if split.empty:
        return None
    lengths = split.str.len().to_numpy()
    words = split.explode().to_numpy()
    first = np.r_[0, np.cumsum(lengths)[:-1]]
    chosen = stream.integers(len(split), size=count)
    holders = (stream.integers(len(split), size=lengths[record]) for record in chosen)
    return [" ".join(words[first[who] + (stream.random(len(who)) * lengths[who]).astype(int)]) for who in holders]


def epsilon_bound(right: int, guesses: int, level: float) -> float:
    """The smallest epsilon under which so many right guesses are not improbable: 0 and above."""

    def tail(epsilon: float) -> float:
        return float(binom.sf(right - 1, guesses, 1 / (1 + np.exp(-epsilon)))) - level

    if right == 0 or tail(0.0) >= 0:
        return 0.0
    return float(brentq(tail, 0.0, 50.0)) if tail(50.0) > 0 else 50.0


def _closeness(evidence: Evidence, canaries: Canaries) -> np.ndarray:
    """Of each canary to the synthetic table, relative to the holdout, which has no canary; ranks, by what is closer."""
    parts = [_followed(evidence, canaries, name) for name in columns_of_text(evidence)]
    if not left_to_text(evidence, ALONE):
        parts.append(_nearness(evidence, canaries))
    return np.max([rankdata(part) for part in parts], axis=0)


def _followed(evidence: Evidence, canaries: Canaries, name: str) -> np.ndarray:
    """How closely some synthetic text follows that of each canary, beyond what a holdout text does."""
    sources = Sources(words_of(canaries.records.frame[name]))
    made = sources.matches(made_words(evidence, name))
    real = sources.matches(words_of(evidence.holdout.table.frame[name]))
    return made.best(made.source, sources.count) - real.best(real.source, sources.count)


def _nearness(evidence: Evidence, canaries: Canaries) -> np.ndarray:
    """The same by the columns that are compared."""
    rows = pd.concat([evidence.synthetic.frame, canaries.records.frame], ignore_index=True)
    both = evidence.of(Table(rows, evidence.schema))
    points = both.embed(2, np.arange(len(evidence.synthetic), len(rows)))
    to_made = search(points, both.embed(2, np.arange(len(evidence.synthetic))), 1).distances[:, 0]
    to_real = search(points, both.embed(1), 1).distances[:, 0]
    return -np.log((to_made + TINY) / (to_real + TINY))
