"""Findings about what a judge said, of rows of a table or of records over documents."""

from collections.abc import Iterator

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


def verdict_findings(judged: Judged, family: Family, seed: Seed) -> Iterator[Finding]:
    """For each criterion how many rows are below what is acceptable, and how far the judge can be believed."""
    for place, criterion in enumerate(judged.rubric):
        yield _below(judged, place, criterion, family)
        if judged.made.values.shape[2] > 1:
            yield _of_share(family, criterion.name, "wavering", judged.made.wavering(judged.rubric)[:, place])
        if judged.people is not None:
            yield from _with_people(judged.people, place, criterion, family, seed.child(criterion.name))
    if judged.people is None:
        note = "no people have judged any rows, so that nobody knows whether the judge can tell"
        yield Finding(NAME, family, ALL, "without people", 1.0, note=note)
    told = ", ".join(f"{count:,} verdicts {reason}" for reason, count in judged.unanswered.items())
    yield _of_share(family, ALL, "unanswered", np.isnan(judged.made.settled).all(axis=1), told)
    contested = len(judged.contested())
    yield Finding(NAME, family, ALL, "to review", float(contested), n=len(judged.made),
                  note=f"{contested:,} of {len(judged.made):,} judged rows" * bool(contested))  # fmt: skip


def _below(judged: Judged, place: int, criterion: Criterion, family: Family) -> Finding:
    """The share of synthetic rows below what is acceptable, against that of real rows where there are any.

    Its interval less the baseline is that of the difference at 99 %: exact limits of both shares, put together after
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    made = _known(judged.made, judged.rubric, place)
    control = None if judged.control is None else _known(judged.control, judged.rubric, place)
    for side, hits in (("synthetic", made), ("real", control)):
        if hits is not None and (hits is _FEW or not len(hits)):
            told = ", ".join(f"{count:,} {reason}" for reason, count in judged.unanswered.items())
            note = f"too few {side} rows have a verdict ({told or 'there are none'})"
            return Finding(NAME, family, criterion.name, "below acceptable", np.nan, note=note)
    assert made is not None
    value, (low, high) = float(made.mean()), clopper_pearson(int(made.sum()), len(made))
    baseline = 0.0
    if control is not None:
        baseline, (least, most) = float(control.mean()), clopper_pearson(int(control.sum()), len(control))
        low, high = value - np.hypot(value - low, most - baseline), value + np.hypot(high - value, baseline - least)
    return Finding(NAME, family, criterion.name, "below acceptable", value, float(low), float(high), baseline,
                   n=len(made), note=f"acceptable is {criterion.least} of {criterion.scale[1]}")  # fmt: skip


_FEW = np.zeros(0, bool)


def _known(scores: Scores, rubric: tuple[Criterion, ...], place: int) -> np.ndarray:
    """Whether each row with a verdict is below; ``_FEW`` where too many have none."""
    missing = np.isnan(scores.settled[:, place])
    return _FEW if missing.mean() > MOST_UNANSWERED else scores.below(rubric)[~missing, place]


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
