"""Findings about what a judge said, of rows of a table or of records over documents."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.checks.agreement import agreement
from synth_pipeline.checks.membership import clopper_pearson
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.judged import Judged, People, Scores
from synth_pipeline.core.seeds import Seed
from synth_pipeline.spec.judging import Criterion

NAME = "judge"
ALL = "all criteria"
MOST_UNANSWERED = 0.05  # share of rows without a verdict above which those with one say too little
FEWEST_PEOPLE = 30  # rows that people have judged
FEWEST_OF_EACH = 10  # rows that they accept, and that they do not


def verdict_findings(judged: Judged, family: Family, seed: Seed) -> Iterator[Finding]:
    """For each criterion how many rows are below what is acceptable, and how far the judge can be believed."""
    for place, criterion in enumerate(judged.rubric):
        yield from _below(judged, place, criterion, family)
        if judged.made.values.shape[2] > 1:
            yield _of_share(family, criterion.name, "wavering", judged.made.wavering(judged.rubric)[:, place])
        if judged.people is not None:
            yield from _with_people(judged.people, place, criterion, family, seed.child(criterion.name))
    if judged.people is None:
        note = "no people have judged any rows, so that nobody knows whether the judge can tell"
        yield Finding(NAME, family, ALL, "without people", 1.0, note=note)
    told = ", ".join(f"{count:,} verdicts {reason}" for reason, count in judged.unanswered.items())
    told = f"of all rows that were asked about, real ones too: {told}" if told else ""
    yield _of_share(family, ALL, "unanswered", np.isnan(judged.made.settled).all(axis=1), told)
    contested = len(judged.contested())
    yield Finding(NAME, family, ALL, "to review", float(contested), n=len(judged.made),
                  note=f"{contested:,} of {len(judged.made):,} judged rows" * bool(contested))  # fmt: skip


def _below(judged: Judged, place: int, criterion: Criterion, family: Family) -> Iterator[Finding]:
    """The share of synthetic rows below what is acceptable, against real ones: as judged, and as people would have it.

    What the judge sees of a difference between rows that people accept and others is its sensitivity plus its
    specificity less one; the difference that it finds is divided by that, after Rogan and Gladen (1978),
    doi:10.1093/oxfordjournals.aje.a112510.  Without real rows those that people accept take their place.
    """
    name = criterion.name
    made = _known(judged.made, judged.rubric, place)
    control = None if judged.control is None else _known(judged.control, judged.rubric, place)
    for side, hits in (("synthetic", made), ("real", control)):
        if hits is not None and not len(hits):
            told = ", ".join(f"{count:,} {reason}" for reason, count in judged.unanswered.items())
            note = f"too few {side} rows have a verdict ({f'of all rows, {told}' if told else 'there are none'})"
            yield Finding(NAME, family, name, "below acceptable", np.nan, note=note)
            return
    accepted, others = (_FEW, _FEW) if judged.people is None else _by_people(judged.people, place, criterion)
    known = min(len(accepted), len(others)) >= FEWEST_OF_EACH
    control = accepted if control is None and known else control
    apart = _apart(made, control)
    note = f"acceptable is {criterion.least} of {criterion.scale[1]}"
    yield _of_apart(family, name, "as judged", apart, len(made), note)
    sight = float(others.mean() - accepted.mean()) if known else 1.0
    if sight <= 0:
        note = "the judge finds no more fault with rows that people do not accept than with others"
        yield Finding(NAME, family, name, "below acceptable", np.nan, note=note)
        return
    seen = f"the judge sees {sight:.0%} of what people find" if known else "taken as the judge has it"
    yield _of_apart(family, name, "below acceptable", apart.seen_by(sight), len(made), f"{note}; {seen}")


@dataclass(frozen=True, slots=True)
class _Apart:
    """A share, its interval and the share that it is compared with; the interval less the baseline is that of both."""

    value: float
    low: float
    high: float
    baseline: float

    def seen_by(self, sight: float) -> "_Apart":
        """Differences as they are when so much of them is seen, above 0 to 1; shares and limits stay in 0 to 1."""
        told = self.baseline + (np.array([self.value, self.low, self.high]) - self.baseline) / sight
        return _Apart(*np.clip(told, 0, 1).tolist(), self.baseline)


def _apart(made: np.ndarray, control: np.ndarray | None) -> _Apart:
    """Exact limits of both shares at 99 %, put together after Newcombe (1998).

    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    """
    value, (low, high) = float(made.mean()), clopper_pearson(int(made.sum()), len(made))
    if control is None:
        return _Apart(value, low, high, 0.0)
    other, (least, most) = float(control.mean()), clopper_pearson(int(control.sum()), len(control))
    return _Apart(value, value - float(np.hypot(value - low, most - other)),
                  value + float(np.hypot(high - value, other - least)), other)  # fmt: skip


def _of_apart(family: Family, name: str, metric: str, apart: _Apart, rows: int, note: str) -> Finding:
    return Finding(NAME, family, name, metric, apart.value, apart.low, apart.high, apart.baseline, n=rows, note=note)


_FEW = np.zeros(0, bool)


def _known(scores: Scores, rubric: tuple[Criterion, ...], place: int) -> np.ndarray:
    """Whether each row with a verdict is below; ``_FEW`` where too many have none."""
    missing = np.isnan(scores.settled[:, place])
    return _FEW if missing.mean() > MOST_UNANSWERED else scores.below(rubric)[~missing, place]


def _by_people(people: People, place: int, criterion: Criterion) -> tuple[np.ndarray, np.ndarray]:
    """Whether the judge finds rows below, of those that people accept and of those that they do not."""
    theirs, own = people.scores[:, place], people.judged.settled[:, place]
    both = ~np.isnan(theirs) & ~np.isnan(own)
    below, good = own[both] < criterion.least, theirs[both] >= criterion.least
    return below[good], below[~good]


def _with_people(people: People, place: int, criterion: Criterion, family: Family, seed: Seed) -> Iterator[Finding]:
    theirs, own = people.scores[:, place], people.judged.settled[:, place]
    both = ~np.isnan(theirs) & ~np.isnan(own)
    rows = int(both.sum())
    problem = ""
    if rows < FEWEST_PEOPLE:
        problem = f"people and judge have scored {rows} rows both, and {FEWEST_PEOPLE} are needed"
    elif len(np.unique(theirs[both])) < 2:
        problem = "people gave all rows the same score, by which no judge can be told from another"
    if problem:
        yield Finding(NAME, family, criterion.name, "kappa", np.nan, n=rows, note=problem)
        return
    found = agreement(own[both], theirs[both], criterion.scale, seed)
    low, high = clopper_pearson(int((own[both] == theirs[both]).sum()), rows, 0.95)
    note = f"kappa {found.kappa:.3g}, at 95 % from {found.low:.3g} to {found.high:.3g}, over {rows:,} rows of people"
    yield Finding(NAME, family, criterion.name, "kappa", found.kappa, found.low, found.high, 0.0, n=rows, note=note)
    yield Finding(NAME, family, criterion.name, "agreement", found.exact, low, high, found.by_chance, n=rows)


def _of_share(family: Family, subject: str, metric: str, hits: np.ndarray, note: str = "") -> Finding:
    if not len(hits):
        return Finding(NAME, family, subject, metric, np.nan, note="no rows were judged")
    low, high = clopper_pearson(int(hits.sum()), len(hits))
    return Finding(NAME, family, subject, metric, float(hits.mean()), low, high, n=len(hits), note=note)
