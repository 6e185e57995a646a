"""What a judge said of rows: scores by criterion and sample, and the rows over which somebody must look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from synth_pipeline.spec.judging import Criterion

Rubric = Sequence[Criterion]


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """``values`` has shape (rows, criteria, samples), NaN where there is no verdict.

    ``reasons`` are the judge's own words about each row, ``unanswered`` counts why verdicts are missing.
    """

    values: np.ndarray
    reasons: tuple[str, ...]
    unanswered: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def settled(self) -> np.ndarray:
        """The score in the middle of the samples; shape (rows, criteria), NaN without any."""
        return settled_scores(self.values)

    def below(self, rubric: Rubric) -> np.ndarray:
        """A mask of what is not acceptable, shape (rows, criteria); what has no verdict is not below."""
        return self.settled < _least(rubric)

    def wavering(self, rubric: Rubric) -> np.ndarray:
        """A mask of rows and criteria on which the samples lie on both sides of what is acceptable."""
        low, known = self.values < _least(rubric)[:, None], ~np.isnan(self.values)
        return np.logical_and(low.any(axis=2), (~low & known).any(axis=2))

    def part(self, start: int, end: int) -> "Scores":
        """Some of the rows."""
        return Scores(self.values[start:end], self.reasons[start:end])


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Rows that people have judged: their ``scores``, shape (rows, criteria), NaN where there is none; and the judge's.

    ``names`` are the hashes of the rows.
    """

    scores: np.ndarray
    judged: Scores
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Verdicts on synthetic rows, on as many real ones that the judge could not tell apart, and on people's rows.

    ``names`` are the hashes of the synthetic rows.
    """

    rubric: tuple[Criterion, ...]
    made: Scores
    names: tuple[str, ...]
    control: Scores | None = None
    people: People | None = None
    unanswered: Mapping[str, int] = field(default_factory=dict)

    def contested(self) -> dict[int, str]:
        """Synthetic rows that go to review, and why.

        They passed all rules and are below what is acceptable for the judge, or its samples are at odds, or people
        have judged the very row otherwise.
        """
        why: dict[int, list[str]] = {}
        marks = {
            "judged below acceptable, and no rule is broken": self.made.below(self.rubric),
            "samples of the judge are at odds": self.made.wavering(self.rubric),
            "people have judged otherwise": self._against_people(),
        }
        for words, mask in marks.items():
            for row in np.flatnonzero(mask.any(axis=1)).tolist():
                named = ", ".join(one.name for one, hit in zip(self.rubric, mask[row], strict=True) if hit)
                why.setdefault(row, []).append(f"{words}: {named}")
        return {row: "; ".join(words) for row, words in sorted(why.items())}

    def _against_people(self) -> np.ndarray:
        """A mask of synthetic rows, by criterion, of which people and judge say otherwise."""
        out = np.zeros((len(self.made), len(self.rubric)), bool)
        if self.people is None:
            return out
        place = {name: number for number, name in enumerate(self.people.names)}
        least = _least(self.rubric)
        for row, name in enumerate(self.names):
            if (other := place.get(name)) is not None:
                theirs, own = self.people.scores[other], self.made.settled[row]
                out[row] = ~np.isnan(theirs) & ~np.isnan(own) & ((theirs < least) != (own < least))
        return out


def settled_scores(values: np.ndarray) -> np.ndarray:
    """The score in the middle along the last of three axes, the lower one of two; NaN are none."""
    ordered = np.sort(values, axis=2)  # NaN come last
    known = (~np.isnan(ordered)).sum(axis=2)
    middle = np.maximum(known - 1, 0) // 2
    return np.take_along_axis(ordered, middle[:, :, None], axis=2)[:, :, 0]


def _least(rubric: Rubric) -> np.ndarray:
    return np.array([criterion.least for criterion in rubric], float)
