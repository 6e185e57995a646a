"""Every privacy attack sees a planted leak that it is made for, and is calm on clean splits.

Sizes and measured powers stand in the docstrings; every draw is seeded.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.checks.canaries import Canaries, epsilon_bound, planted
from synth_pipeline.checks.effort import DEFAULT
from synth_pipeline.checks.exchangeability import copied_contents
from synth_pipeline.checks.personal_data import PersonalData
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.personal import luhn, mod97
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.redteam import Scene
from synth_pipeline.redteam.copies import jittered, plant_copies, verbatim
from synth_pipeline.redteam.partial_copies import redrawn, reused_keys
from synth_pipeline.spec.columns import Column, Kind, Schema

LIGHT = replace(DEFAULT, attacks=400, real_rows=2_000, subsets=80, plants=20)
LEVEL = 0.001
ATTACKS = ("unique_tuples", "membership", "singling_out", "linkability", "inference", "exchangeability")


def people(rows: int, seed: int) -> Table:
    """Four numbers that go together, three categories, an identifier."""
    stream = np.random.default_rng(seed)
    hidden = stream.normal(size=rows)
    frame = pd.DataFrame({
        "income": np.round(np.exp(10 + 0.5 * hidden + 0.3 * stream.normal(size=rows))),
        "age": np.clip(np.round(45 + 10 * hidden + 8 * stream.normal(size=rows)), 18, 90),
        "balance": np.round(stream.normal(size=rows) * 1000 - 500, 2),
        "hours": np.round(40 + 5 * stream.normal(size=rows)),
        "town": stream.choice([f"town {number}" for number in range(40)], rows),
        "job": stream.choice([f"job {number}" for number in range(12)], rows),
        "married": stream.choice(["yes", "no"], rows),
        "person": [f"person-{seed}-{number}" for number in range(rows)],
    })  # fmt: skip
    kinds = [Kind.DECIMAL] * 4 + [Kind.CATEGORY] * 3 + [Kind.IDENTIFIER]
    grids = [1.0, 1.0, 0.01, 1.0, None, None, None, None]
    schema = Schema(columns=tuple(Column(name=name, kind=kind, grid=grid)
                                  for name, kind, grid in zip(frame, kinds, grids, strict=True)))  # fmt: skip
    return Table.conform(frame, schema)


def scene(seed: int, rows: int = 1_500) -> Scene:
    parts = [people(rows, 10 * seed + place) for place in range(3)]
    return Scene(*parts, key="person", seed=Seed(seed, ("scene",)))


def evidence_with(evidence, one: Scene, made: pd.DataFrame | None = None, **roles):
    table = one.clean if made is None else Table.conform(made, one.clean.schema)
    return replace(evidence(one.train, one.holdout, table), effort=LIGHT, **roles)


def smallest(measured, check: str, compared) -> float:
    return min(finding.p_value for finding in measured(check, compared).values() if np.isfinite(finding.p_value))


PLANTED = [
    ("unique_tuples", lambda one: verbatim(one, 0.03)),
    ("membership", lambda one: jittered(one, 0.03)),
    ("linkability", lambda one: verbatim(one, 0.1)),
    ("inference", lambda one: verbatim(one, 0.1)),
    ("singling_out", lambda one: verbatim(one, 0.5)),
    ("identifiers", lambda one: reused_keys(one, 0.02)),
]


@pytest.mark.parametrize(
    ("check", "plant"), PLANTED, ids=[f"{check}-{number}" for number, (check, _) in enumerate(PLANTED)]
)
@pytest.mark.parametrize("seed", range(2))
def test_an_attack_sees_what_it_is_made_for(evidence, measured, check, plant, seed):
    """1,500 rows on each side; leaks of 2 %, 3 %, 10 % and, for singling out, 50 % of the rows."""
    one = scene(seed)
    assert smallest(measured, check, evidence_with(evidence, one, plant(one))) < LEVEL


@pytest.mark.parametrize("check", ["unique_tuples", "membership"])
def test_partial_copies_are_seen(evidence, measured, check):
    """4,000 rows on each side, 40 of the synthetic ones being train records with two of seven columns redrawn."""
    one = scene(1, 4_000)
    compared = replace(evidence_with(evidence, one, redrawn(one, 2)), effort=DEFAULT)
    assert smallest(measured, check, compared) < LEVEL
    assert smallest(measured, "exact_copies", compared) > LEVEL


@pytest.mark.parametrize("check", ATTACKS)
def test_an_attack_is_calm_on_clean_splits(evidence, measured, check):
    """20 splits of 500 rows on each side.  Of up to 10 p-values each, none below 1e-4: expected are .02."""
    found = [smallest(measured, check, evidence_with(evidence, scene(seed, 500))) for seed in range(20)]
    assert min(found) > 1e-4
    assert np.mean(np.array(found) < 0.2) < 0.98  # not all small either


@pytest.mark.parametrize("name", ["fair", "randhie"])
def test_attacks_are_calm_where_rows_repeat_by_nature(request, split, evidence, measured, name):
    """8 splits of 800 rows on each side of real tables."""
    table = request.getfixturevalue(name)
    for seed in range(8):
        parts = split(table, 800, seed)
        compared = replace(evidence(parts.train, parts.holdout, parts.spare, seed), effort=LIGHT)
        for check in ATTACKS:
            assert smallest(measured, check, compared) > 1e-4, (check, seed)


def test_too_few_records_are_said_to_be_too_few(evidence, measured):
    for check in (*ATTACKS, "minimum_detectable_leak"):
        with pytest.raises(Unmeasurable, match="at least 100"):
            measured(check, evidence_with(evidence, scene(0, 60)))


@pytest.mark.parametrize("drift", ["age", "town", "hidden"])
def test_a_split_by_time_is_no_control(evidence, measured, drift):
    """1,000 rows on each side: a mean moved by .3 deviations, three towns emptied, or an association gone."""
    one = scene(3, 1_000)
    frame = one.holdout.frame.copy()
    if drift == "age":
        frame["age"] += 0.3 * frame["age"].std()
    elif drift == "town":
        frame.loc[frame["town"].isin(["town 1", "town 2", "town 3"]), "town"] = "town 0"
    else:
        frame["age"] = frame["age"].sample(frac=1, random_state=1).to_numpy()
    moved = replace(one, holdout=Table.conform(frame, one.clean.schema))
    assert smallest(measured, "exchangeability", evidence_with(evidence, moved)) < 1e-4


def test_contents_that_train_has_too_make_the_holdout_blind(evidence, fair, split):
    """100 of 1,500 holdout rows repeat train rows, which is more than chance; natural repeats are not."""
    one = scene(4)
    frame = one.holdout.frame.copy()
    frame.iloc[:100] = one.train.frame.iloc[:100].to_numpy()
    blind = replace(one, holdout=Table.conform(frame, one.clean.schema))
    assert copied_contents(evidence_with(evidence, blind)) == pytest.approx(100, abs=2)
    for seed in range(20):
        parts = split(fair, 1_500, seed)
        assert copied_contents(evidence(parts.train, parts.holdout, parts.spare)) == 0


def test_the_minimum_detectable_leak_is_what_is_caught(evidence, measured):
    """1,500 rows on each side: copies at the stated share are seen by the two tests, a third of them is not always."""
    one = scene(5)
    finding = measured("minimum_detectable_leak", evidence_with(evidence, one))["verbatim copies", "share"]
    assert 0.005 < finding.value < 0.03
    caught = dict.fromkeys((1.2, 0.4), 0)
    for factor in caught:
        for seed in range(10):
            made = plant_copies(one.clean, Train(one.train), factor * finding.value, Seed(seed, ("again",)))
            compared = evidence_with(evidence, one, made.frame)
            p_values = [smallest(measured, check, compared) for check in ("exact_copies", "nearest_records")]
            caught[factor] += min(p_values) < 0.00025
    assert caught[1.2] >= 9
    assert caught[0.4] <= 5


def test_searches_in_a_sample_state_what_they_alone_would_catch(evidence, measured):
    """1,000, 2,000 and all of 3,000 real rows are searched: the fewer, the larger the leak must be."""
    one, shares = scene(5), []
    for searched in (1_000, 2_000):
        compared = replace(evidence_with(evidence, one), effort=replace(LIGHT, real_rows=searched))
        found = measured("minimum_detectable_leak", compared)["near copies", "share"]
        assert f"{searched} of 3000 real rows" in found.note
        made = plant_copies(one.clean, Train(one.train), 1.3 * found.value, Seed(1, ("again",)))
        assert smallest(measured, "nearest_records", compared.of(made)) < 0.00025
        shares.append(found.value)
    assert shares[0] > 1.5 * shares[1]
    everyone = replace(evidence_with(evidence, one), effort=replace(LIGHT, real_rows=3_000))
    assert set(measured("minimum_detectable_leak", everyone)) == {("verbatim copies", "share")}


def test_a_table_in_which_nothing_stands_out_has_no_detectable_leak(evidence, measured):
    """Three yes-or-no columns, 300 rows: every row is everywhere."""
    stream = np.random.default_rng(5)
    schema = Schema(columns=tuple(Column(name=name, kind=Kind.BOOLEAN) for name in "abc"))
    table = Table.conform(pd.DataFrame(stream.random((900, 3)) < 0.5, columns=list("abc")), schema)
    compared = evidence(*(table.take(np.arange(place, 900, 3)) for place in range(3)))
    finding = next(iter(measured("minimum_detectable_leak", compared).values()))
    assert np.isnan(finding.value)
    assert "not even" in finding.note


def test_canaries_bound_epsilon_from_below(evidence, measured):
    """200 canaries; a generator that copies train gives nearly all of them away, one that never saw them nothing."""
    one = scene(6)
    together, secret = planted(one.train, 200, Seed(7))
    included = secret.pop("_included").to_numpy()
    assert len(together) == len(one.train) + included.sum()
    canaries = Canaries(Table.conform(secret, one.clean.schema), included)
    copying = evidence_with(evidence, one, together.iloc[: len(together)], canaries=canaries)
    found = {finding.metric: finding for finding in measured("canaries", copying).values()}
    assert found["right"].p_value < 1e-6
    assert found["epsilon"].value > 2
    clean = {one.metric: one for one in measured("canaries", evidence_with(evidence, one, canaries=canaries)).values()}
    assert clean["right"].p_value > 0.001
    assert clean["epsilon"].value < 0.5


def test_epsilon_bounds_have_their_coverage():
    """100 guesses of a mechanism with epsilon 1 are right with e / (1 + e): the bound exceeds 1 in 5 % of runs at most.

    Of 2,000 runs 100 are expected, and 135 is more than 3 deviations.
    """
    right = np.random.default_rng(8).binomial(100, np.e / (1 + np.e), 2_000)
    assert sum(epsilon_bound(int(number), 100, 0.05) > 1 for number in right) <= 135
    assert epsilon_bound(50, 100, 0.05) == 0.0
    assert epsilon_bound(100, 100, 0.05) == pytest.approx(np.log(0.05**0.01 / (1 - 0.05**0.01)))


@pytest.mark.parametrize(("text", "kind"), [
    ("write to jane.roe+x@mail.example.org today", "e-mail address"), ("DE89 3704 0044 0532 0130 00", "bank account"),
    ("card 4111 1111 1111 1111", "payment card"), ("219-09-9999", "social security number"),
    ("call +49 170 1234567", "telephone number"), ("from 192.168.10.7", "network address"),
    ("CPF 111.444.777-35", "national identity number"), ("11010519491231002X", "national identity number"),
    ("2 55 08 14 168 025 38", "national identity number"), ("IdNr 86 095 742 719", "national identity number"),
    ("RSSMRA85T10A562S", "national identity number"), ("DNI: 12345678Z", "national identity number"),
    ("NIE X1234567-L", "national identity number"), ("811218-9876", "national identity number"),
    ("key=sk-proj-" + "aB3" * 12, "key or token"), ("ghp_" + "a1B2" * 9, "key or token"),
    ("AKIA" + "IOSFODNN7EXAMPLE", "key or token"), ("AIza" + "Sy" + "a1-" * 11, "key or token"),
    ("xoxb-" + "123456789012-abc", "key or token"), ("-----BEGIN " + "RSA PRIVATE KEY-----", "key or token"),
    ("hf_" + "aBcDe5gHiJ" * 3, "key or token"), ("sk_live_" + "4eC39HqLyjWDarjt", "key or token"),
    ("Bearer " + "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" + ".eyJzdWIiOiIxMjM0In0." + "c2lnbmF0dXJlLg", "web token"),
])  # fmt: skip
def test_personal_data_are_recognised(evidence, text, kind):
    made, real = texts([text, *["nothing here"] * 99]), texts(["no data"] * 150)
    found = {one.metric: one for one in PersonalData().measure(evidence(real, real, made))}
    assert kind in found["well formed"].note
    assert found["well formed"].value == 0.01
    assert found["of real records"].value == 0
    leaked = {one.metric: one for one in PersonalData().measure(evidence(texts([text] * 150), real, made))}
    assert leaked["of real records"].value == 0.01
    assert text not in str(leaked)


@pytest.mark.parametrize("text", [
    "12.50", "2020-01-02", "2020-01-02 10:11:12", "1,234,567", "3.14159265358979", "DE89 3704 0044 0532 0130 01",
    "4111 1111 1111 1112", "version 1.2.3", "(0.5, 0.7]", "a@b", "1e-05", "111.444.777-36", "110105194912310021",
    "110105194913310023", "2 55 08 14 168 025 39", "86 095 742 718", "RSSMRA85T10A562T", "DNI 12345678A", "12345678Z",
    "811218-9875", "811318-9874", "sk-learn-the-library-for-machine-learning", "sk-" + "aB3" * 4, "ghp_short",
    "AKIASHORT", "eyJhbGci" + ".eyJzdWIi" + ".nothing", "-----BEGIN CERTIFICATE-----",
])  # fmt: skip
def test_what_only_looks_like_personal_data_is_left_alone(evidence, text):
    made, real = texts([text] * 100), texts(["no data"] * 150)
    assert [one.value for one in PersonalData().measure(evidence(real, real, made))] == [0.0]


def test_check_digits():
    assert luhn("4111111111111111")
    assert not luhn("4111111111111112")
    assert mod97("GB82 WEST 1234 5698 7654 32")
    assert not mod97("GB82 WEST 1234 5698 7654 33")


def texts(values: list[str]) -> Table:
    schema = Schema(columns=(Column(name="said", kind=Kind.TEXT),))
    return Table.conform(pd.DataFrame({"said": values}), schema)
