"""Utility and diversity: what is lost is found, what is kept passes; 240 to 2,000 rows on each side."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.checks import Evidence
from synth_pipeline.core.finding import Finding, as_frame
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema

Found = dict[tuple[str, str], Finding]


def changed(table: Table, **columns: object) -> Table:
    return Table.conform(table.frame.assign(**columns), table.schema)


def verdicts(shipped: Suites, gate: str, found: Found) -> dict[tuple[str, str], str]:
    judged = judge_findings(shipped.load(gate), as_frame(found.values())).findings
    assert judged is not None
    return {(row.subject, row.metric): row.verdict for row in judged.itertuples()}


@pytest.fixture(scope="module")
def clean(fair, split, evidence) -> Evidence:
    parts = split(fair, (2_000, 2_000, 2_000), 1)
    return evidence(parts.train, parts.holdout, parts.spare, target="had_affair")


@pytest.fixture(scope="module")
def digits(split) -> Table:
    """720 pictures of the digits 0 to 3, as eight sums of points each, and the digit."""
    from sklearn.datasets import load_digits

    data = load_digits()
    sums = data.data.reshape(-1, 8, 8).sum(1)
    frame = pd.DataFrame(sums, columns=[f"column {place}" for place in range(8)]).assign(
        digit=[f"digit {digit}" for digit in data.target]
    )
    frame = frame[data.target < 4].reset_index(drop=True)
    kinds = dict.fromkeys(frame, Kind.DECIMAL) | {"digit": Kind.CATEGORY}
    return Table.conform(frame, Schema(columns=tuple(Column(name=name, kind=kind) for name, kind in kinds.items())))


def test_real_rows_are_as_useful_as_real_rows(clean, measured, shipped):
    found = measured("utility", clean)
    ratio = found["had_affair", "ratio"]
    assert ratio.low < 1 < ratio.high
    assert found["had_affair", "skill"].baseline > 0.2
    assert verdicts(shipped, "utility", found)["had_affair", "ratio"] in (Verdict.PASS, Verdict.WARN)


def test_noise_in_the_labels_is_found(clean, measured, shipped):
    stream = np.random.default_rng(1)
    ratios = []
    for share in (0.0, 0.3, 0.5):
        flip = stream.random(len(clean.synthetic)) < share
        noisy = changed(clean.synthetic, had_affair=clean.synthetic.frame["had_affair"] ^ flip)
        found = measured("utility", replace(clean, synthetic=noisy))
        ratios.append(found["had_affair", "ratio"])
    assert ratios[0].value > ratios[1].value > ratios[2].value
    assert verdicts(shipped, "utility", found)["had_affair", "ratio"] == Verdict.BLOCK
    assert found["had_affair", "skill"].value < 0.1


def test_a_number_can_be_the_target(randhie, split, evidence, measured):
    parts = split(randhie, 1_200, 2)
    order = np.random.default_rng(1).permutation(1_200)
    broken = changed(parts.spare, fmde=parts.spare.frame["fmde"].to_numpy()[order])
    kept, lost = (
        measured("utility", evidence(parts.train, parts.holdout, made, target="fmde")) for made in (parts.spare, broken)
    )
    assert kept["fmde", "ratio"].value == pytest.approx(1, abs=0.25)
    assert kept["fmde", "skill"].value > 0.9
    assert lost["fmde", "ratio"].high < 0.7
    assert lost["fmde", "skill"].value < 0.2
    assert "RMSE" in kept["fmde", "ratio"].note


def test_a_target_may_have_several_classes(digits, split, evidence, measured):
    parts = split(digits, 240, 3)
    finding = measured("utility", evidence(parts.train, parts.holdout, parts.spare, target="digit"))["digit", "ratio"]
    assert finding.value == pytest.approx(1, abs=0.05)
    assert finding.low < 1 < finding.high + 0.01


def test_a_class_that_was_never_made_lowers_the_ratio_and_stops_nothing(digits, split, evidence, measured):
    parts = split(digits, 240, 3)
    few = changed(parts.spare, digit=parts.spare.frame["digit"].replace("digit 3", "digit 2"))
    whole, partial = (
        measured("utility", evidence(parts.train, parts.holdout, made, target="digit"))["digit", "ratio"]
        for made in (parts.spare, few)
    )
    assert partial.value < whole.value - 0.03
    assert math.isfinite(partial.low)


def test_a_synthetic_target_of_one_class_teaches_nothing(clean, measured, shipped):
    found = measured("utility", replace(clean, synthetic=changed(clean.synthetic, had_affair=False)))
    assert found["had_affair", "skill"].value == pytest.approx(0, abs=1e-9)
    assert verdicts(shipped, "utility", found)["had_affair", "ratio"] == Verdict.BLOCK


@pytest.mark.parametrize("why", ["one class", "too many classes", "too few rows", "identifier"])
def test_what_cannot_be_learned_is_unmeasured(clean, measured, shipped, why):
    tables = list(clean.tables)
    target = "had_affair"
    if why == "one class":
        tables[:2] = [changed(table, had_affair=True) for table in tables[:2]]
    elif why == "too many classes":
        tables = [changed(table, occupation=[f"trade {n % 40}" for n in range(len(table))]) for table in tables]
        target = "occupation"
    elif why == "too few rows":
        tables[1] = tables[1].take(np.arange(150))
    else:
        schema = Schema(columns=(*tables[0].schema.columns, Column(name="id", kind=Kind.IDENTIFIER)))
        tables = [Table.conform(table.frame.assign(id=np.arange(len(table)).astype(str)), schema) for table in tables]
        target = "id"
    train, holdout, synthetic = tables
    sides = replace(clean, train=replace(clean.train, table=train), holdout=replace(clean.holdout, table=holdout))
    found = measured("utility", replace(sides, synthetic=synthetic, target=target))
    assert math.isnan(found[target, "ratio"].value)
    assert found[target, "ratio"].note
    assert verdicts(shipped, "utility", found)[target, "ratio"] == Verdict.UNMEASURED


def test_no_target_is_no_finding(clean, measured):
    assert measured("utility", replace(clean, target=None)) == {}


def test_another_sample_is_as_diverse(clean, measured, shipped):
    assert set(verdicts(shipped, "diversity", measured("diversity", clean)).values()) <= {Verdict.PASS, Verdict.WARN}


def test_a_level_that_was_never_made_is_found(clean, measured, shipped):
    words = clean.synthetic.frame["occupation"]
    commonest = words.mode()[0]
    rest = words[words != commonest].sample(len(words), replace=True, random_state=1).to_numpy()
    made = changed(clean.synthetic, occupation=np.where(words == commonest, rest, words))
    found = measured("diversity", replace(clean, synthetic=made))
    share = (clean.holdout.table.frame["occupation"] == commonest).mean()
    assert found["occupation", "levels"].value == pytest.approx(share)
    assert verdicts(shipped, "diversity", found)["occupation", "levels"] == Verdict.BLOCK


def test_a_range_that_was_cut_is_found(clean, measured, shipped):
    made = changed(clean.synthetic, age=clean.synthetic.frame["age"].clip(22, 32))
    found = measured("diversity", replace(clean, synthetic=made))
    assert found["age", "range"].value > 0.3
    assert verdicts(shipped, "diversity", found)["age", "range"] == Verdict.BLOCK


def test_a_collapse_to_a_few_rows_is_found(clean, measured, shipped):
    few = clean.synthetic.take(np.random.default_rng(1).integers(0, 60, len(clean.synthetic)))
    found = measured("diversity", replace(clean, synthetic=few))
    assert found["rows", "distinct"].value > 0.9
    assert verdicts(shipped, "diversity", found)["rows", "distinct"] == Verdict.BLOCK


def test_a_constant_column_has_lost_its_entropy(clean, measured, shipped):
    made = changed(clean.synthetic, religiousness="mildly")
    found = measured("diversity", replace(clean, synthetic=made))
    assert found["religiousness", "entropy"].value > 0.7
    assert verdicts(shipped, "diversity", found)["religiousness", "entropy"] == Verdict.BLOCK


def test_small_clean_tables_are_not_blocked_by_chance(randhie, split, evidence, measured, shipped):
    """300 rows on each side, in 20 splits: what a sample of this size leaves out, it leaves out of train as well."""
    blocked = []
    for seed in range(20):
        parts = split(randhie, 300, seed)
        found = measured("diversity", evidence(parts.train, parts.holdout, parts.spare, seed))
        blocked += [name for name, verdict in verdicts(shipped, "diversity", found).items() if verdict == Verdict.BLOCK]
    assert blocked == []


def test_levels_that_any_sample_of_a_wide_column_lacks_do_not_block(split, evidence, measured, shipped):
    """1,500 rows of a column with some 1,000 levels: a train sample lacks a third of the holdout's rows as well."""
    stream = np.random.default_rng(1)
    schema = Schema(columns=(Column(name="place", kind=Kind.CATEGORY), Column(name="a", kind=Kind.DECIMAL)))
    places = [f"place {code}" for code in stream.integers(0, 1_500, 4_500)]
    frame = pd.DataFrame({"place": places, "a": stream.normal(size=4_500)})
    parts = split(Table.conform(frame, schema), 1_500, 1)
    found = measured("diversity", evidence(parts.train, parts.holdout, parts.spare))
    assert found["place", "levels"].value == pytest.approx(found["place", "levels"].baseline, abs=0.05)
    assert verdicts(shipped, "diversity", found)["place", "levels"] in (Verdict.PASS, Verdict.WARN)
