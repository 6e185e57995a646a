"""Agreement of a judge with people, on up to 400 rows."""

import numpy as np
import pytest

from synth_pipeline.checks.agreement import agreement
from synth_pipeline.core.seeds import Seed

SEED = Seed(1)


def scored(rows: int, right: float, scale: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """People's scores, and those of a judge who repeats so many of them and draws the others."""
    stream = np.random.default_rng(seed)
    people = stream.integers(scale[0], scale[1] + 1, rows)
    drawn = stream.integers(scale[0], scale[1] + 1, rows)
    return np.where(stream.random(rows) < right, people, drawn), people


@pytest.mark.parametrize("scale", [(0, 1), (1, 5)])
def test_kappa_is_cohens(scale):
    from sklearn.metrics import cohen_kappa_score

    judge, people = scored(120, 0.6, scale, 3)
    found = agreement(judge, people, scale, SEED)
    assert found.kappa == pytest.approx(cohen_kappa_score(judge, people, weights="quadratic"))
    assert found.low < found.kappa < found.high
    assert found.exact == (judge == people).mean()
    assert found.by_chance == pytest.approx(1 / (scale[1] - scale[0] + 1), abs=0.05)
    assert found == agreement(judge, people, scale, SEED)


def test_a_judge_that_always_gives_the_best_score_agrees_with_nobody():
    _, people = scored(200, 1, (1, 5), 4)
    found = agreement(np.full(200, 5), people, (1, 5), SEED)
    assert found.kappa == 0 and found.low <= 0


def test_few_rows_without_any_disagreement_prove_little():
    judge, people = scored(30, 1, (0, 1), 5)
    found = agreement(judge, people, (0, 1), SEED)
    assert found.kappa == found.high == 1
    assert 0.7 < found.low < 0.85
    many = agreement(*scored(400, 1, (0, 1), 5), (0, 1), SEED)
    assert many.low > 0.97


def test_where_both_said_one_thing_alone_there_is_no_kappa():
    assert np.isnan(agreement(np.full(50, 1), np.full(50, 1), (0, 1), SEED).kappa)


@pytest.mark.parametrize("scale", [(0, 1), (1, 5)])
def test_the_lower_end_holds_as_often_as_it_says(scale):
    """Kappa is .5, and 2.5 % of 200 trials of 60 rows may exceed it; 14 is beyond four standard errors."""
    beyond = sum(agreement(*scored(60, 0.5, scale, 100 + trial), scale, SEED.child(trial)).low > 0.5
                 for trial in range(200))  # fmt: skip
    assert beyond <= 14
