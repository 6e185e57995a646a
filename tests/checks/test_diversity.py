"""Diversity: what is lost is found, what is kept passes; 2,000 rows on each side."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema


def test_another_sample_is_as_diverse(survey, measured, verdicts):
    assert set(verdicts("diversity", measured("diversity", survey)).values()) <= {Verdict.PASS, Verdict.WARN}


def test_a_level_that_was_never_made_is_found(survey, measured, verdicts, changed):
    words = survey.synthetic.frame["occupation"]
    commonest = words.mode()[0]
    rest = words[words != commonest].sample(len(words), replace=True, random_state=1).to_numpy()
    made = changed(survey.synthetic, occupation=np.where(words == commonest, rest, words))
    found = measured("diversity", replace(survey, synthetic=made))
    share = (survey.holdout.table.frame["occupation"] == commonest).mean()
    assert found["occupation", "levels"].value == pytest.approx(share)
    assert verdicts("diversity", found)["occupation", "levels"] == Verdict.BLOCK


def test_a_range_that_was_cut_is_found(survey, measured, verdicts, changed):
    made = changed(survey.synthetic, age=survey.synthetic.frame["age"].clip(22, 32))
    found = measured("diversity", replace(survey, synthetic=made))
    assert found["age", "range"].value > 0.3
    assert verdicts("diversity", found)["age", "range"] == Verdict.BLOCK


def test_a_collapse_to_a_few_rows_is_found(survey, measured, verdicts):
    few = survey.synthetic.take(np.random.default_rng(1).integers(0, 60, len(survey.synthetic)))
    found = measured("diversity", replace(survey, synthetic=few))
    assert found["rows", "distinct"].value > 0.9
    assert verdicts("diversity", found)["rows", "distinct"] == Verdict.BLOCK


def test_a_constant_column_has_lost_its_entropy(survey, measured, verdicts, changed):
    made = changed(survey.synthetic, religiousness="mildly")
    found = measured("diversity", replace(survey, synthetic=made))
    assert found["religiousness", "entropy"].value > 0.7
    assert verdicts("diversity", found)["religiousness", "entropy"] == Verdict.BLOCK


def test_small_clean_tables_are_not_blocked_by_chance(randhie, split, evidence, measured, verdicts):
    """300 rows on each side, in 20 splits: what a sample of this size leaves out, it leaves out of train as well."""
    blocked = []
    for seed in range(20):
        parts = split(randhie, 300, seed)
        found = measured("diversity", evidence(parts.train, parts.holdout, parts.spare, seed))
        blocked += [name for name, verdict in verdicts("diversity", found).items() if verdict == Verdict.BLOCK]
    assert blocked == []


def test_levels_that_any_sample_of_a_wide_column_lacks_do_not_block(split, evidence, measured, verdicts):
    """1,500 rows of a column with some 1,000 levels: a train sample lacks a third of the holdout's rows as well."""
    stream = np.random.default_rng(1)
    schema = Schema(columns=(Column(name="place", kind=Kind.CATEGORY), Column(name="a", kind=Kind.DECIMAL)))
    places = [f"place {code}" for code in stream.integers(0, 1_500, 4_500)]
    frame = pd.DataFrame({"place": places, "a": stream.normal(size=4_500)})
    parts = split(Table.conform(frame, schema), 1_500, 1)
    found = measured("diversity", evidence(parts.train, parts.holdout, parts.spare))
    assert found["place", "levels"].value == pytest.approx(found["place", "levels"].baseline, abs=0.05)
    assert verdicts("diversity", found)["place", "levels"] in (Verdict.PASS, Verdict.WARN)
