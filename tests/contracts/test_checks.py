"""What every check promises, on tables of 3 to 300 rows."""

import math
from collections.abc import Callable
from dataclasses import astuple
from functools import cache

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks import CHECKS, Check, Evidence
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import FAMILIES, run_checks

ROWS = 210
MARKERS = ("marker-7f3a91", "person-3-", "987654321", "a remark that nobody made")

SCHEMA = Schema(columns=(
    Column(name="id", kind=Kind.IDENTIFIER), Column(name="number", kind=Kind.DECIMAL, nullable=True),
    Column(name="count", kind=Kind.INTEGER, grid=1.0, nullable=True),
    Column(name="word", kind=Kind.CATEGORY, nullable=True),
    Column(name="flag", kind=Kind.BOOLEAN, nullable=True), Column(name="day", kind=Kind.DATETIME, nullable=True),
    Column(name="remark", kind=Kind.TEXT, nullable=True),
))  # fmt: skip

CONDITIONAL = {
    "identifiers",
    "canaries",
    "nulls",
    "groups",
    "constraints",
    "entities",
    "verbatim_text",
    "paraphrases",
    "text_neighbours",
    "judge",
}  # say nothing where there is nothing of it


def frame(seed: int, rows: int = ROWS) -> pd.DataFrame:
    stream = np.random.default_rng(seed)
    count = stream.poisson(2, rows)
    return pd.DataFrame({
        "id": [f"person-{seed}-{place // 2}" for place in range(rows)],
        "number": stream.normal(size=rows) + count,
        "count": pd.Series(count, dtype="Int64"),
        "word": stream.choice(["a", "b", "c"], rows),
        "flag": pd.Series(stream.random(rows) < 0.1 + 0.1 * count, dtype="boolean"),
        "day": pd.Timestamp("2021-03-01") + pd.to_timedelta(stream.integers(0, 900, rows), "D"),
        "remark": [f"a remark that nobody made {number}" for number in stream.permutation(10**6)[:rows]],
    })  # fmt: skip


Change = Callable[[list[pd.DataFrame]], None]


def _same(frames: list[pd.DataFrame]) -> None:
    pass


def _gaps_everywhere(frames: list[pd.DataFrame]) -> None:
    for seed, one in enumerate(frames):
        holes = np.random.default_rng(seed).random(one.shape) < 0.2
        for place, name in enumerate(one.columns[1:], 1):
            one[name] = one[name].mask(holes[:, place])


def _constants(frames: list[pd.DataFrame]) -> None:
    for one in frames:
        one["number"], one["word"], one["count"] = 3.0, "same", 1


def _level_of_its_own(frames: list[pd.DataFrame]) -> None:
    frames[2].loc[:40, "word"] = "made up"
    for one in frames[:2]:
        one.loc[0, ["number", "word"]] = 987654321.125, "marker-7f3a91"


def _nothing_made(frames: list[pd.DataFrame]) -> None:
    frames[2][["number", "count", "day"]] = [np.nan, pd.NA, pd.NaT]
    frames[2]["word"] = pd.Series([None] * len(frames[2]), dtype="str")
    frames[2]["flag"] = pd.Series([pd.NA] * len(frames[2]), dtype="boolean")


def _no_number_made(frames: list[pd.DataFrame]) -> None:
    frames[2]["number"] = np.nan


def _nothing_real(frames: list[pd.DataFrame]) -> None:
    for one in frames[:2]:
        one["number"], one["word"] = np.nan, pd.Series([None] * len(one), dtype="str")


def _wide(frames: list[pd.DataFrame]) -> None:
    for number, one in enumerate(frames):
        one["word"] = [f"level {(place * (number + 7)) % 4_001}" for place in range(len(one))]


CHANGES = (_same, _gaps_everywhere, _constants, _level_of_its_own, _nothing_made, _no_number_made, _nothing_real, _wide)


def of_frames(
    frames: list[pd.DataFrame], schema: Schema, evidence: Callable[..., Evidence], **roles: object
) -> Evidence:
    return evidence(*(Table.conform(one[schema.names], schema) for one in frames), **roles)


def findings_of(check: Check, evidence: Evidence) -> list[Finding]:
    with pinned():
        try:
            return list(check.measure(evidence))
        except Unmeasurable as reason:
            note = f"{reason.problem} {reason.fix}"
            return [Finding(check.name, check.family, "all", "unmeasured", math.nan, note=note)]


@pytest.fixture(params=CHECKS, ids=lambda check: check.name)
def check(request: pytest.FixtureRequest) -> Check:
    return request.param


@pytest.fixture(scope="module", params=CHANGES, ids=lambda change: change.__name__[1:])
def changed(request: pytest.FixtureRequest, evidence) -> Evidence:
    frames = [frame(seed) for seed in (3, 4, 5)]
    request.param(frames)
    return of_frames(frames, SCHEMA, evidence, target="flag", sensitive=("word", "number"))


@pytest.fixture(scope="module")
def findings(changed) -> Callable[[Check], list[Finding]]:
    """Of a check on the changed tables, measured once."""
    return cache(lambda check: findings_of(check, changed))


def test_a_check_says_what_it_is(check):
    title = (check.__doc__ or "").strip().splitlines()[0]
    assert title
    assert len(title) < 120
    assert check.family in FAMILIES.values()
    assert [one.name for one in CHECKS].count(check.name) == 1


def test_a_check_measures_whatever_is_in_the_table(check, findings):
    assert findings(check) or check.name in CONDITIONAL
    for one in findings(check):
        assert isinstance(one, Finding)
        assert (one.check, one.family) == (check.name, check.family)
        assert isinstance(one.family, Family)
        assert one.subject
        assert one.metric
        assert one.n >= 0
        assert math.isfinite(one.value) or one.note, one
        assert not math.isinf(one.value)
        assert math.isnan(one.low) or one.low <= one.value <= one.high, one
        assert math.isnan(one.p_value) or 0 <= one.p_value <= 1


def test_no_two_findings_of_a_check_are_about_the_same(check, findings):
    subjects = [(one.subject, one.metric) for one in findings(check)]
    assert len(set(subjects)) == len(subjects)


def test_no_finding_quotes_a_real_value(check, findings):
    for one in findings(check):
        assert not any(marker in text for marker in MARKERS for text in (one.note, one.subject, one.metric)), one


def test_the_same_evidence_gives_the_same_findings(check, evidence):
    def measured() -> pd.DataFrame:
        frames = [frame(seed) for seed in (3, 4, 5)]
        _gaps_everywhere(frames)
        return as_frame(findings_of(check, of_frames(frames, SCHEMA, evidence, target="flag")))

    pd.testing.assert_frame_equal(measured(), measured(), check_exact=True)


@pytest.mark.parametrize("without", [0, 3], ids=["all rows have one", "every third has none"])
def test_a_declared_entity_is_no_obstacle(check, evidence, without):
    frames = [frame(seed) for seed in (3, 4, 5)]
    for one in frames:
        one.loc[::3, "id"] = None if without else one["id"]
    made = findings_of(check, of_frames(frames, SCHEMA, evidence, target="word", entity="id"))
    assert made or check.name in CONDITIONAL
    assert all(math.isfinite(one.value) or one.note for one in made)


@pytest.mark.parametrize("name", ["number", "count", "word", "flag", "day", "remark", "id"])
def test_a_table_of_one_column_is_measured_or_said_not_to_be(check, evidence, name):
    schema = Schema(columns=(SCHEMA[name],))
    made = findings_of(check, of_frames([frame(seed) for seed in (3, 4, 5)], schema, evidence, target=name))
    assert all(math.isfinite(one.value) or one.note for one in made)


@pytest.mark.parametrize("kinds", [(Kind.IDENTIFIER,), (Kind.IDENTIFIER, Kind.TEXT)], ids=["identifier", "with text"])
def test_tables_without_a_column_to_compare_pass_nothing(check, evidence, kinds):
    schema = Schema(columns=tuple(column for column in SCHEMA.columns if column.kind in kinds))
    compared = of_frames([frame(seed) for seed in (3, 4, 5)], schema, evidence)
    if check.family is not Family.FIDELITY:
        return
    assert all(math.isnan(one.value) for one in findings_of(check, compared))


@pytest.mark.parametrize("sizes", [(5, 5, 5), (5, 5, 300), (300, 300, 0), (300, 300, 5), (300, 3, 300), (3, 300, 300)],
                         ids=lambda sizes: "-".join(map(str, sizes)))  # fmt: skip
def test_too_few_rows_are_never_a_number_that_passes(check, evidence, sizes):
    tables = [frame(seed, rows) for seed, rows in zip((3, 4, 5), sizes, strict=True)]
    made = findings_of(check, of_frames(tables, SCHEMA, evidence, target="flag"))
    if check.family is Family.PRIVACY and min(sizes[:2]) > 100:
        # The real sides suffice; how many synthetic rows there are does not matter to a share of real records.
        assert all(math.isnan(one.p_value) or one.p_value > 0.001 for one in made)
        return
    assert (
        all(math.isnan(one.value) and one.note for one in made) or check.name == "personal_data"
    )  # reads, and guesses nothing


def test_all_checks_side_by_side_give_what_each_gives_alone(evidence):
    def tables() -> Evidence:
        frames = [frame(seed) for seed in (3, 4, 5)]
        _gaps_everywhere(frames)
        return of_frames(frames, SCHEMA, evidence, target="flag")

    together = run_checks(CHECKS, tables())
    alone = as_frame(finding for check in CHECKS for finding in findings_of(check, tables()))
    pd.testing.assert_frame_equal(together, alone, check_exact=True)


def test_a_finding_is_a_row_of_plain_values():
    one = Finding("c", Family.PRIVACY, "s", "m", 1.23456789, math.inf, n=3)
    row = as_frame([one]).iloc[0]
    assert row["value"] == 1.23457
    assert math.isnan(row["low"])
    assert list(as_frame([]).columns) == list(as_frame([one]).columns)
    assert len(astuple(one)) == len(row)
