"""Utility: what was lost is found, what was kept passes; 240 to 4,000 rows on each side."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import Evidence
from synth_pipeline.checks.memory import Memory
from synth_pipeline.checks.prediction import Task
from synth_pipeline.checks.scores import Scores
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import open_sealed


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


def test_real_rows_are_as_useful_as_real_rows(survey, measured, verdicts):
    found = measured("utility", survey)
    ratio = found["had_affair, boosted trees", "ratio"]
    assert ratio.low < 1 < ratio.high
    assert found["had_affair, boosted trees", "skill"].baseline > 0.2
    assert verdicts("utility", found)["had_affair, boosted trees", "ratio"] in (Verdict.PASS, Verdict.WARN)


def test_noise_in_the_labels_is_found(survey, measured, verdicts, changed):
    stream = np.random.default_rng(1)
    ratios = []
    for share in (0.0, 0.3, 0.5):
        flip = stream.random(len(survey.synthetic)) < share
        noisy = changed(survey.synthetic, had_affair=survey.synthetic.frame["had_affair"] ^ flip)
        found = measured("utility", replace(survey, synthetic=noisy))
        ratios.append(found["had_affair, boosted trees", "ratio"])
    assert ratios[0].value > ratios[1].value > ratios[2].value
    assert verdicts("utility", found)["had_affair, boosted trees", "ratio"] == Verdict.BLOCK
    assert found["had_affair, boosted trees", "skill"].value < 0.1


def test_a_number_can_be_the_target(randhie, split, evidence, measured, changed):
    parts = split(randhie, 1_200, 2)
    order = np.random.default_rng(1).permutation(1_200)
    broken = changed(parts.spare, fmde=parts.spare.frame["fmde"].to_numpy()[order])
    kept, lost = (
        measured("utility", evidence(parts.train, parts.holdout, made, target="fmde")) for made in (parts.spare, broken)
    )
    assert kept["fmde, boosted trees", "ratio"].value == pytest.approx(1, abs=0.25)
    assert kept["fmde, boosted trees", "skill"].value > 0.9
    assert lost["fmde, boosted trees", "ratio"].high < 0.7
    assert lost["fmde, boosted trees", "skill"].value < 0.2
    assert "RMSE" in kept["fmde, boosted trees", "ratio"].note


def test_a_target_may_have_several_classes(digits, split, evidence, measured):
    parts = split(digits, 240, 3)
    finding = measured("utility", evidence(parts.train, parts.holdout, parts.spare, target="digit"))[
        "digit, boosted trees", "ratio"
    ]
    assert finding.value == pytest.approx(1, abs=0.05)
    assert finding.low < 1 < finding.high + 0.01


def test_a_class_that_was_never_made_lowers_the_ratio_and_stops_nothing(digits, split, evidence, measured, changed):
    parts = split(digits, 240, 3)
    few = changed(parts.spare, digit=parts.spare.frame["digit"].replace("digit 3", "digit 2"))
    whole, partial = (
        measured("utility", evidence(parts.train, parts.holdout, made, target="digit"))["digit, boosted trees", "ratio"]
        for made in (parts.spare, few)
    )
    assert partial.value < whole.value - 0.03
    assert math.isfinite(partial.low)


def test_a_synthetic_target_of_one_class_teaches_nothing(survey, measured, verdicts, changed):
    found = measured("utility", replace(survey, synthetic=changed(survey.synthetic, had_affair=False)))
    assert found["had_affair, boosted trees", "skill"].value == pytest.approx(0, abs=1e-9)
    assert verdicts("utility", found)["had_affair, boosted trees", "ratio"] == Verdict.BLOCK


@pytest.mark.parametrize("why", ["one class", "too many classes", "too few rows", "identifier"])
def test_what_cannot_be_learned_is_unmeasured(survey, measured, verdicts, why, changed):
    tables = list(survey.tables)
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
    sides = replace(survey, train=replace(survey.train, table=train), holdout=replace(survey.holdout, table=holdout))
    found = measured("utility", replace(sides, synthetic=synthetic, target=target))
    assert math.isnan(found[target, "ratio"].value)
    assert found[target, "ratio"].note
    assert verdicts("utility", found)[target, "ratio"] == Verdict.UNMEASURED


def test_the_sealed_look_is_that_of_the_whole_check_and_trains_nothing_else(survey, measured, monkeypatch):
    whole = {key: one for key, one in measured("utility", survey).items() if key[1] == "ratio"}
    learned = set()
    of = Scores.of
    monkeypatch.setattr(Scores, "of", lambda task, model, side: learned.add(side) or of(task, model, side))
    found = open_sealed(survey.train, Sealed(survey.holdout.table), survey.synthetic, survey)
    assert learned == {"train", "synthetic"}
    assert set(found["metric"]) == {"found", "auc", "ratio"}
    ratios = found[found["metric"] == "ratio"]
    assert ratios["subject"].tolist() == [subject for subject, _ in whole]
    for name in ("value", "low", "high", "n"):
        assert ratios[name].tolist() == pytest.approx([getattr(one, name) for one in whole.values()], rel=1e-5)


def test_no_target_is_no_finding(survey, measured):
    assert measured("utility", replace(survey, target=None)) == {}


def test_both_models_see_an_effect_that_was_reversed(evidence, measured):
    """A linear effect beside a wave, which no line follows."""
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in ("wave", "line", "target")))

    def table(seed: int, slope: float) -> Table:
        stream = np.random.default_rng(seed)
        wave, line = stream.uniform(0, 6 * np.pi, 2_000), stream.normal(size=2_000)
        target = 3 * np.sin(wave) + slope * line + stream.normal(scale=0.3, size=2_000)
        return Table.conform(pd.DataFrame({"wave": wave, "line": line, "target": target}), schema)

    kept, lost = (
        measured("utility", evidence(table(1, 1), table(2, 1), made, target="target"))
        for made in (table(3, 1), table(4, -1))
    )
    line, trees = (f"target, {model}" for model in ("linear model", "boosted trees"))
    assert kept[line, "ratio"].low < 1 < kept[line, "ratio"].high
    assert kept[line, "skill"].baseline < 0.3
    assert kept[trees, "skill"].baseline > 0.8
    assert lost[line, "ratio"].high < 0.95
    assert lost[trees, "ratio"].high < 0.95


@pytest.mark.parametrize("value", [1e300, -1e300, np.inf])
def test_huge_numbers_are_useless_and_stop_nothing(randhie, split, evidence, measured, value, changed):
    parts = split(randhie, 600, 2)
    far = changed(parts.spare, fmde=parts.spare.frame["fmde"].astype(float).mask(np.arange(600) % 2 == 0, value))
    found = measured("utility", evidence(parts.train, parts.holdout, far, target="fmde"))
    for model in ("boosted trees", "linear model"):
        assert found[f"fmde, {model}", "ratio"].high < 0.5
        assert math.isfinite(found[f"fmde, {model}", "skill"].value)


def test_many_rare_classes_are_learned_as_well_from_either_side(evidence, measured):
    """13 classes, 600 rows on each side: a line of points, cut into pieces of unlike lengths."""
    schema = Schema(columns=(Column(name="place", kind=Kind.DECIMAL), Column(name="noise", kind=Kind.DECIMAL),
                             Column(name="piece", kind=Kind.CATEGORY)))  # fmt: skip

    def table(seed: int) -> Table:
        stream = np.random.default_rng(seed)
        place = stream.exponential(size=600)
        piece = [f"piece {number:.0f}" for number in np.minimum(place * 5, 12) // 1]
        return Table.conform(pd.DataFrame({"place": place, "noise": stream.normal(size=600), "piece": piece}), schema)

    found = measured("utility", evidence(table(1), table(2), table(3), target="piece"))
    assert found["piece, boosted trees", "skill"].baseline > 0.95
    assert found["piece, boosted trees", "ratio"].low > 0.95
    assert found["piece", "augmented"].value == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("seed", range(4))
def test_intervals_cover_one_for_clean_tables(randhie, split, evidence, measured, verdicts, seed):
    parts = split(randhie, 4_000, seed)
    found = measured("utility", evidence(parts.train, parts.holdout, parts.spare, target="physlm"))
    for (_, metric), one in found.items():
        if metric == "ratio":
            assert one.low < 1 < one.high, one
    assert Verdict.BLOCK not in verdicts("utility", found).values()


def rare(seed: int, rows: int = 3_000, kept: float = 1.0) -> pd.DataFrame:
    """One row in twenty is a fraud, which shows in two of three numbers together; of a share it does not."""
    stream = np.random.default_rng(seed)
    fraud = stream.random(rows) < 0.05
    shown = fraud & (stream.random(rows) < kept)
    points = stream.normal(size=(rows, 3)) + 2 * shown[:, None] * np.array([1, 1, 0])
    return pd.DataFrame(points, columns=list("abc")).assign(fraud=pd.Series(fraud, dtype="boolean"))


def of_frauds(evidence, made: pd.DataFrame, seed: int = 1) -> Evidence:
    schema = Schema(columns=(*(Column(name=name, kind=Kind.DECIMAL) for name in "abc"),
                             Column(name="fraud", kind=Kind.BOOLEAN)))  # fmt: skip
    tables = (Table.conform(frame, schema) for frame in (rare(seed), rare(seed + 1), made))
    return evidence(*tables, target="fraud")


def test_rare_events_that_synthetic_rows_do_not_teach_are_missed(evidence, measured, verdicts):
    clean = measured("utility", of_frauds(evidence, rare(3)))["fraud", "rare recall"]
    assert clean.low < 0 < clean.high
    assert clean.n > 100
    assert "at a precision of 0.5" in clean.note
    reversed_ = rare(3)
    reversed_[["a", "b"]] = np.where(reversed_[["fraud"]], -reversed_[["a", "b"]], reversed_[["a", "b"]])
    found = measured("utility", of_frauds(evidence, reversed_))
    assert found["fraud", "rare recall"].value > clean.value + 0.2
    assert verdicts("utility", found)["fraud", "rare recall"] == Verdict.WARN


def test_recall_at_a_precision_is_that_of_scikit_learn():
    from sklearn.metrics import precision_recall_curve

    from synth_pipeline.checks.recall import recall

    stream = np.random.default_rng(5)
    positive = stream.random(400) < 0.2
    scores = np.round(positive + stream.normal(scale=0.8, size=400), 1)  # with ties
    precisions, recalls, _ = precision_recall_curve(positive, scores)
    for precision in (0.1, 0.5, 0.9):
        want = recalls[precisions >= precision].max()
        assert recall(positive, scores, precision, np.ones((1, 400)))[0] == pytest.approx(want)
    twice = np.vstack([np.ones(400), np.full(400, 2.0)])
    assert len(set(recall(positive, scores, 0.5, twice))) == 1


def test_common_classes_have_no_rare_recall(survey, measured):
    assert "rare recall" not in {metric for _, metric in measured("utility", survey)}


def test_synthetic_rows_that_spoil_the_real_ones_are_told(survey, measured, verdicts, changed):
    fine = measured("utility", survey)["had_affair", "augmented"]
    assert fine.value == pytest.approx(1, abs=0.05)
    wrong = changed(survey.synthetic, had_affair=~survey.synthetic.frame["had_affair"].astype(bool))
    found = measured("utility", replace(survey, synthetic=wrong))
    assert found["had_affair", "augmented"].high < 0.95
    assert verdicts("utility", found)["had_affair", "augmented"] == Verdict.WARN


def test_the_real_side_is_the_same_for_every_synthetic_table(survey, measured, changed):
    """What is kept of models trained on real rows does not depend on the table that was seen first."""
    alone = measured("utility", replace(survey, real=Memory()))
    known = replace(survey, real=Memory())
    measured("utility", known.of(changed(survey.synthetic, occupation="a trade that nobody has")))
    assert measured("utility", known.of(survey.synthetic)) == alone


def test_intervals_are_wider_where_rows_belong_together(evidence, measured):
    """Every row six times over, as rows of one person."""
    schema = Schema(columns=(Column(name="person", kind=Kind.IDENTIFIER),
                             *(Column(name=name, kind=Kind.DECIMAL) for name in "abc"),
                             Column(name="fraud", kind=Kind.BOOLEAN)))  # fmt: skip

    def table(seed: int) -> Table:
        frame = rare(seed, 500).loc[lambda one: one.index.repeat(6)].reset_index(drop=True)
        return Table.conform(frame.assign(person=[f"{seed} {row // 6}" for row in range(3_000)]), schema)

    tables = [table(seed) for seed in (1, 2, 3)]
    by_row, by_person = (
        measured("utility", evidence(*tables, target="fraud", **roles))["fraud, boosted trees", "ratio"]
        for roles in ({}, {"entity": "person"})
    )
    assert by_person.high - by_person.low > 1.5 * (by_row.high - by_row.low)
    task = Task.of(evidence(*tables, target="fraud", entity="person"))
    assert Scores.of(task, "linear model", "train").influence.shape == (500,)  # one for each person
