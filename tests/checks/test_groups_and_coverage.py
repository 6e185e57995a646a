"""Groups of sensitive columns, and neighbourhoods: 4,000 rows on each side, real tables of 2,000."""

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks.groups import EVENTS, FEWEST, HOLDERS
from synth_pipeline.core.finding import Finding
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema

ROWS = 4_000
SCHEMA = Schema(columns=(
    Column(name="sex", kind=Kind.CATEGORY), Column(name="origin", kind=Kind.CATEGORY, nullable=True),
    Column(name="age", kind=Kind.INTEGER, grid=1.0), Column(name="hired", kind=Kind.BOOLEAN, nullable=True),
    Column(name="score", kind=Kind.DECIMAL),
))  # fmt: skip


def applicants(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Two of five are women; they are hired as often as men, and two in a hundred come from a small place."""
    stream = np.random.default_rng(seed)
    sex = stream.choice(["f", "m"], rows, p=[0.4, 0.6])
    age = stream.integers(18, 65, rows)
    score = stream.normal(size=rows) + (sex == "f") * 0.3 + age / 50
    return pd.DataFrame({
        "sex": sex, "origin": stream.choice(["here", "there", "small place"], rows, p=[0.7, 0.28, 0.02]), "age": age,
        "hired": pd.Series(stream.random(rows) < 0.2, dtype="boolean"), "score": score,
    })  # fmt: skip


def of_groups(measured, evidence, made: pd.DataFrame, sensitive=("sex", "origin"), target="hired", seed=5, **roles):
    tables = (Table.conform(frame, SCHEMA) for frame in (applicants(seed), applicants(seed + 1), made))
    return measured("groups", evidence(*tables, target=target, sensitive=sensitive, **roles))


def biased(frame: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Women are hired so many times as often, and men the more, so that as many are hired in all."""
    stream, out = np.random.default_rng(3), frame.copy()
    hired = np.flatnonzero((frame["sex"] == "f") & frame["hired"])
    losing = stream.permutation(hired)[: round((1 - factor) * len(hired))]
    gaining = stream.permutation(np.flatnonzero((frame["sex"] == "m") & ~frame["hired"]))[: len(losing)]
    out.loc[losing, "hired"], out.loc[gaining, "hired"] = False, True
    return out


@pytest.mark.parametrize("seed", [5, 15, 25])
def test_another_sample_passes_in_every_group(measured, evidence, verdicts, seed):
    found = of_groups(measured, evidence, applicants(seed + 2), seed=seed)
    assert {metric for _, metric in found} == {"compared", "within group", "target rate"}
    assert set(verdicts("fidelity", found).values()) == {"pass"}


def test_bias_in_one_group_blocks_though_the_rate_over_all_is_right(measured, evidence, verdicts):
    made = biased(applicants(7), 0.25)
    assert made["hired"].mean() == applicants(7)["hired"].mean()
    found = of_groups(measured, evidence, made)
    said = verdicts("fidelity", found)
    women, men = (("sex = " + sex + ", hired = True", "target rate") for sex in "fm")
    assert found[women].value == pytest.approx(np.log(4), abs=0.35)
    assert said[women] == "block"
    assert found[men].value < found[women].value
    assert said["origin = here, hired = True", "target rate"] == "pass"


def test_a_group_whose_columns_are_mixed_up_blocks_and_the_others_do_not(measured, evidence, verdicts):
    made = applicants(7)
    made.loc[made["sex"] == "f", "age"] = 18
    said = verdicts("fidelity", of_groups(measured, evidence, made))
    assert said["sex = f", "within group"] == "block"
    assert said["sex = m", "within group"] == "pass"


def test_a_target_of_numbers_is_compared_by_its_means(measured, evidence, verdicts):
    made = applicants(7)
    assert set(verdicts("fidelity", of_groups(measured, evidence, made, target="score")).values()) == {"pass"}
    made.loc[made["sex"] == "f", "score"] += made["score"].std()
    found = of_groups(measured, evidence, made, target="score")
    assert found["sex = f, score", "target mean"].value == pytest.approx(1, abs=0.1)
    assert verdicts("fidelity", found)["sex = f, score", "target mean"] == "block"


def test_small_groups_are_neither_compared_nor_named(measured, evidence):
    found = of_groups(measured, evidence, applicants(7))
    assert not [subject for subject, _ in found if "small place" in subject]
    assert found["origin", "compared"].value == pytest.approx(0.98, abs=0.01)
    assert all(one.n >= (EVENTS if one.metric == "target rate" else FEWEST) for one in found.values()
               if one.metric != "compared")  # fmt: skip


@pytest.mark.parametrize(("people", "entity", "named"), [(1, "person", False), (HOLDERS - 1, "person", False),
                                                         (HOLDERS, "person", True), (1, None, True)])  # fmt: skip
def test_what_few_people_alone_have_is_not_named(measured, evidence, people, entity, named):
    """400 rows of the holdout are of so many people, women who alone come from abroad."""
    schema = Schema(columns=(Column(name="person", kind=Kind.IDENTIFIER), *SCHEMA.columns))
    frames = [applicants(seed).assign(person=[f"{seed} {row}" for row in range(ROWS)]) for seed in (5, 6, 7)]
    frames[1].loc[:399, ["person", "sex", "origin"]] = [[f"guest {row % people}", "f", "abroad"] for row in range(400)]
    tables = [Table.conform(frame, schema) for frame in frames]
    found = measured("groups", evidence(*tables, target="hired", sensitive=("origin",), entity=entity))
    assert any("abroad" in subject for subject, _ in found) is named
    assert found["origin", "compared"].value == pytest.approx(0.98 if named else 0.88, abs=0.01)
    found = measured("groups", evidence(*tables, target="origin", sensitive=("sex",), entity=entity))
    assert (("sex = f, origin = abroad", "target rate") in found) is named
    assert ("sex = f, origin = here", "target rate") in found


def test_a_sensitive_number_is_compared_by_quarters(measured, evidence):
    found = of_groups(measured, evidence, applicants(7), sensitive=("age",))
    assert len([1 for _, metric in found if metric == "within group"]) == 4
    assert found["age", "compared"].value == 1


def test_a_group_that_is_gone_or_without_anybody_of_a_class_blocks(measured, evidence, verdicts):
    made = applicants(7)
    gone = verdicts("fidelity", of_groups(measured, evidence, made.assign(sex="m")))
    assert gone["sex = f", "within group"] == "block"
    nobody = made.assign(hired=made["hired"].mask(made["sex"] == "f", False))
    said = verdicts("fidelity", of_groups(measured, evidence, nobody))
    assert said["sex = f, hired = True", "target rate"] == "block"


def test_without_a_sensitive_column_nothing_is_said(measured, evidence):
    assert not of_groups(measured, evidence, applicants(7), sensitive=())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_real_rows_cover_real_rows(measured, evidence, split, verdicts, fair, seed):
    parts = split(fair, 2_000, seed)
    found = measured("coverage", evidence(parts.train, parts.holdout, parts.spare))
    assert set(verdicts("fidelity", found).values()) == {"pass"}
    # With as many rows on both sides, none of the five nearest is of the other one in 1 of 32 balls.
    assert found["all columns", "uncovered"].baseline < 2**-5 + 0.02


def test_balls_of_continuous_points_are_empty_as_often_as_they_must_be(measured, evidence):
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in "abcd"))
    points = (np.random.default_rng(seed).normal(size=(3_000, 4)) for seed in range(3))
    tables = (Table.conform(pd.DataFrame(one, columns=list("abcd")), schema) for one in points)
    found = measured("coverage", evidence(*tables))["all columns", "uncovered"]
    assert found.value == pytest.approx(2**-5, abs=0.01)
    assert found.baseline == pytest.approx(2**-5, abs=0.01)


def test_lost_kinds_of_rows_are_uncovered(measured, evidence, split, verdicts, fair):
    parts = split(fair, 2_000, 4)
    collapsed = parts.spare.take(np.arange(2_000) % 200)
    found = measured("coverage", evidence(parts.train, parts.holdout, collapsed))
    assert found["all columns", "uncovered"].value > 0.2
    assert verdicts("fidelity", found)["all columns", "uncovered"] == "block"
    assert verdicts("fidelity", found)["all columns", "implausible"] in ("pass", "warn")


def test_rows_where_no_real_one_could_be_are_implausible(measured, evidence, verdicts):
    """Four numbers that go together, each shuffled on its own."""
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.DECIMAL) for name in "abcd"))

    def together(seed: int) -> pd.DataFrame:
        stream = np.random.default_rng(seed)
        common = stream.normal(size=1_000)
        return pd.DataFrame({name: common + stream.normal(scale=0.3, size=1_000) for name in "abcd"})

    def look(made: pd.DataFrame) -> tuple[Finding, str]:
        found = measured(
            "coverage", evidence(*(Table.conform(one, schema) for one in (together(1), together(2), made)))
        )
        return found["all columns", "implausible"], verdicts("fidelity", found)["all columns", "implausible"]

    assert look(together(3))[1] == "pass"
    stream = np.random.default_rng(4)
    found, verdict = look(together(3).apply(lambda column: stream.permutation(column.to_numpy())))
    assert found.value > 0.5
    assert verdict == "block"
