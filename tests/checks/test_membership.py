"""The exact tests behind every privacy check, against independent implementations and by simulation."""

import numpy as np
import pytest
from scipy.stats import fisher_exact, hypergeom, mannwhitneyu
from sklearn.metrics import roc_auc_score

from synth_pipeline.checks.enrichment import Lottery
from synth_pipeline.checks.membership import clopper_pearson, of_ranking, of_scores, of_set, smallest_p
from synth_pipeline.core.seeds import Seed


def test_a_set_is_tested_as_fisher_does():
    stream = np.random.default_rng(1)
    member, picked = stream.random(500) < 0.6, stream.random(500) < 0.1
    result = of_set(picked, member)
    table = [[result.members, result.train - result.members], [result.others, result.holdout - result.others]]
    assert result.p_value == pytest.approx(fisher_exact(table, "greater").pvalue)


def test_scores_are_tested_as_mann_and_whitney_do():
    stream = np.random.default_rng(2)
    member = stream.random(900) < 0.5
    scores = np.round(stream.normal(size=900) + 0.2 * member, 1)  # with ties
    result = of_scores(scores, member)
    assert result.value == pytest.approx(roc_auc_score(member, scores))
    reference = mannwhitneyu(scores[member], scores[~member], alternative="greater", use_continuity=False)
    assert result.p_value == pytest.approx(reference.pvalue, rel=1e-6)


def test_equal_scores_tell_nothing():
    result = of_scores(np.ones(300), np.arange(300) % 2 == 0)
    assert (result.value, result.p_value) == (0.5, 1.0)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_rankings_alarm_no_more_often_than_they_may(share):
    """2,000 random rankings of 400 records: at .01, 20 are expected at most, and 35 is more than 3 deviations."""
    stream = np.random.default_rng(3)
    member = np.arange(400) < 400 * share
    found = [of_ranking(stream.random(400), member, Seed(number)).p_value for number in range(2_000)]
    assert (np.array(found) < 0.01).sum() <= 35


def test_a_few_members_on_top_are_seen():
    """20 of 20 top scores among 2,000 records on each side."""
    stream = np.random.default_rng(4)
    member, scores = np.arange(4_000) < 2_000, stream.random(4_000)
    scores[:20] += 1
    assert of_ranking(scores, member, Seed(0)).p_value < 1e-4


@pytest.mark.parametrize(("records", "members"), [(60, 30), (400, 300), (30, 5)])
def test_the_chance_of_an_enrichment_is_that_of_a_simulation(records, members):
    """40,000 random orders, and the tails of scipy."""
    lots, stream = Lottery(records, members), np.random.default_rng(5)
    places = np.arange(lots.first, lots.last + 1)
    hits = np.array([stream.permutation(records)[: lots.last] < members for _ in range(40_000)]).cumsum(1)[
        :, places - 1
    ]
    tails = hypergeom.sf(np.arange(lots.last + 2)[None] - 1, records, members, np.arange(lots.last + 1)[:, None])
    assert lots.tails == pytest.approx(tails, rel=1e-6, abs=1e-12)
    smallest = tails[places, hits].min(1)
    for tail in (0.05, 0.005, 0.001):
        share = (smallest <= tail).mean()
        assert lots.chance(tail) == pytest.approx(share, abs=4 * np.sqrt(max(share, 1e-4) / 40_000))
    assert lots.chance(lots.bound(0.01)) < 0.01 <= lots.chance(1.03 * lots.bound(0.01)) + 0.002


def test_the_smallest_p_is_reached_when_all_members_come_first():
    member = np.arange(2_000) < 1_000
    assert of_ranking(-np.arange(2_000.0), member, Seed(0)).p_value == pytest.approx(
        smallest_p(1_000, 1_000), abs=1e-300
    )
    assert smallest_p(1_000, 2) == pytest.approx(500 * 499 / (1_002 * 1_001), rel=0.01)  # both of the rest come later


def test_the_exact_interval_is_exact():
    low, high = clopper_pearson(5, 50, 0.95)
    assert (low, high) == (pytest.approx(0.0333, abs=1e-4), pytest.approx(0.2181, abs=1e-4))
    assert clopper_pearson(0, 10)[0] == 0.0
    assert clopper_pearson(10, 10)[1] == 1.0
