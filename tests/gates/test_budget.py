"""The error budget: adjusted p-values, overspent files, and tests that could never reject."""

import json
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from synth_pipeline.adapters.gates.budget import holm, load_budget, refuse_unattainable, spend
from synth_pipeline.checks import CHECKS
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import Family, Finding, as_frame


def written(folder: Path, alpha: float = 0.005, **shares: object) -> Path:
    path = folder / "error_budget.json"
    path.write_text(
        json.dumps({"alpha": alpha, "families": {name: {"alpha": share} for name, share in shares.items()}})
    )
    return path


def lines(*families: str) -> list[dict]:
    return [{"kwargs": {"check": f"check {place}", "metric": "m", "family": family}}
            for place, family in enumerate(families)]  # fmt: skip


def test_holm_is_that_of_statsmodels():
    p_values = np.random.default_rng(3).random(20) ** 3
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm(np.array([])).size == 0


def test_a_family_rejects_no_more_often_than_its_share_says():
    """20,000 families of five true null hypotheses at .05; 1,000 are expected at most, 1,100 is 3.2 deviations."""
    p_values = np.random.default_rng(4).random((20_000, 5))
    assert sum((holm(row) < 0.05).any() for row in p_values) < 1_100


def test_p_values_are_adjusted_within_the_family_of_their_line(tmp_path):
    budget = load_budget(written(tmp_path, a=0.002, b=0.001))
    rows = [
        Finding(f"check {place}", Family.PRIVACY, "s", "m", 0.1, p_value=p) for place, p in enumerate([0.01, 0.02, 0.5])
    ]
    spent = spend(budget, lines("a", "a", "b"), as_frame(rows))
    assert spent["p_holm"].tolist() == pytest.approx([0.02, 0.02, 0.5])
    assert spent["alpha"].tolist() == [0.002, 0.002, 0.001]


@pytest.mark.parametrize(("shares", "word"), [
    ({"a": 0.004, "b": 0.002}, "take 0.006"), ({"a": 0}, "between"), ({"a": "much"}, "not understood"),
])  # fmt: skip
def test_a_budget_that_does_not_add_up_is_refused(tmp_path, shares, word):
    with pytest.raises(SynthError, match=word):
        load_budget(written(tmp_path, **shares))


def test_a_missing_or_broken_budget_is_refused(tmp_path):
    with pytest.raises(SynthError, match="missing"):
        load_budget(tmp_path / "error_budget.json")
    (tmp_path / "error_budget.json").write_text("{")
    with pytest.raises(SynthError, match="line 1"):
        load_budget(tmp_path / "error_budget.json")


def test_a_family_without_a_share_is_refused(tmp_path):
    with pytest.raises(SynthError, match="no family 'b'"):
        load_budget(written(tmp_path, a=0.001)).share("b")


def test_a_test_that_could_never_reject_is_refused(tmp_path):
    suite = [{"kwargs": {"check": "nearest_records", "metric": "members among the closest", "family": "a"}}]
    refuse_unattainable(load_budget(written(tmp_path, a=0.001)), suite, 1_000, 1_000)
    with pytest.raises(SynthError, match="never see anything"):
        refuse_unattainable(load_budget(written(tmp_path, a=0.001)), suite, 1_000, 2)


def test_the_shipped_budget_is_spent_on_tests_that_can_reject(shipped):
    """At 110 records on each side, just above the least that the checks demand, and at 9 to 1."""
    for gate in ("memorisation", "release"):
        suite = shipped.load(gate)
        assert suite.budget.alpha == 0.005
        for sizes in ((110, 110), (900, 100), (100, 900), (50_000, 50_000)):
            refuse_unattainable(suite.budget, suite.lines, *sizes)
    assert sum(hasattr(check, "smallest_p") for check in CHECKS) >= 3
