"""How unlike the characters of real texts those of another text are: its language, its script, its spelling."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_pipeline.text.grams import Grams, located

RUN = 3  # characters that are looked at together


@dataclass(frozen=True, slots=True, eq=False)
class CharacterModel:
    """Frequencies of runs of three characters, after Cavnar and Trenkle (1994); ``known`` is ascending."""

    known: np.ndarray
    surprises: np.ndarray  # negative logarithm of the share of each, and of an unknown one at the end

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "CharacterModel":
        known, counts = np.unique(Grams.of_characters(texts).runs(RUN).codes, return_counts=True)
        total = counts.sum() + len(counts) + 1  # an unknown run counts half
        return cls(known, -np.log(np.append(counts + 0.5, 0.5) / total))

    def surprise(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Of each text, in nats per run: NaN where it has none; and how many runs it has."""
        runs = Grams.of_characters(texts).runs(RUN)
        sums = np.bincount(runs.places, self.surprises[located(self.known, runs.codes)], minlength=len(texts))
        return np.divide(sums, runs.lengths, out=np.full(len(texts), np.nan), where=runs.lengths > 0), runs.lengths
