"""Identifiers and personal data are made anew: the right looks, no repeats, and a shard goes on where another ends."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.personal import PATTERNS, luhn, mod97
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.counters import shuffled
from synth_pipeline.generators.identities import made_anew
from synth_pipeline.generators.texts import Keys, drawn, series
from synth_pipeline.spec.columns import Column, ColumnOverride, Kind, Like, Schema
from synth_pipeline.spec.expression import parse
from tests.every_generator import KINDS, small

UNIQUE = [like for like in Like if like.is_unique]
EXPRESSIONS = [
    "C-[0-9]{8}", r"\d{3}-\d{4}", "(?:red|green|[bB]lue)?", "a{2,4}b*c+?", "[^a-z]{5}", r"\w+@\w{2,}\.(com|org)",
    r"^(?P<day>[0-2]\d|3[01])\.\d\d$", "[äöü€🦊]{3}", r"[\]\-a-c^]{2}", r"\x41\t[\d\s]", "(a|b(c|d){2}){1,3}", "",
]  # fmt: skip
REFUSED = {
    "(?=a)b": "look-around", r"(a)\1": "back reference", r"a\b": "anchor", "a$b": "anchor", "(?i)a": "flag",
    "a++": "repetition", "(?>a)b": "atomic", "([": "regular expression", "a{20000}": "characters",
    r"\ud800": "surrogate",
}  # fmt: skip


def column(**fields) -> Column:
    return Column(name="x", kind=Kind.IDENTIFIER, **fields)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_drawn_values_match_their_expression(expression):
    values = series(drawn(parse(expression), 3_000, np.random.default_rng(1)))
    assert len(values) == 3_000
    assert values.map(lambda text: re.fullmatch(expression, text) is not None).all()


def test_all_alternatives_and_lengths_are_drawn_alike():
    values = series(drawn(parse("[ab]{1,2}|c"), 60_000, np.random.default_rng(2)))
    expected = pd.Series({"c": 1 / 2, "a": 1 / 8, "b": 1 / 8} | dict.fromkeys(("aa", "ab", "ba", "bb"), 1 / 16))
    assert (values.value_counts(normalize=True) - expected).abs().max() < 0.01


@pytest.mark.parametrize(("expression", "reason"), REFUSED.items())
def test_what_cannot_be_generated_is_refused_in_the_declaration(expression, reason):
    with pytest.raises(ValueError, match=reason):
        ColumnOverride(kind="identifier", pattern=expression)


@pytest.mark.parametrize("expression", ["[abc]{1,3}|d", r"(x|y)?\d", "[01]{10}"])
def test_keys_go_through_all_values_of_an_expression_once(expression):
    known = Keys.of(parse(expression))
    values = series(known.texts(np.arange(known.count), Seed(3)))
    assert values.is_unique
    assert values.map(lambda text: re.fullmatch(expression, text) is not None).all()
    assert known.count == {"[abc]{1,3}|d": 40, r"(x|y)?\d": 30, "[01]{10}": 1024}[expression]


def test_long_keys_vary_at_every_place_and_never_repeat():
    """A hundred binary places are far more values than are counted."""
    values = series(Keys.of(parse("[01]{100}")).texts(np.arange(20_000), Seed(4)))
    assert values.is_unique
    ones = np.array([[letter == "1" for letter in text] for text in values]).mean(0)
    assert np.abs(ones - 0.5).max() < 0.03


def test_keys_whose_count_is_cut_stay_different(monkeypatch):
    """Places beyond what is counted are turned by a hash; were it one of the whole number, two keys could meet."""
    assert Keys([("abc",) * 40]).count == 2**50
    monkeypatch.setattr("synth_pipeline.generators.texts._WIDEST", 1_000)
    known = Keys([("abc",) * 7])
    values = series(known.texts(np.arange(known.count), Seed(1)))
    assert known.count == 1_000 and values.is_unique
    assert all(values.str[place].nunique() == 3 for place in range(7))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 3_000), st.integers(0, 10))
def test_a_shuffle_is_a_permutation(size, seed):
    out = shuffled(np.arange(size), size, Seed(seed))
    assert np.array_equal(np.sort(out), np.arange(size))


def test_a_shuffle_leaves_no_order():
    out = shuffled(np.arange(10_000), 10_000, Seed(1))
    assert abs(np.corrcoef(out, np.arange(10_000))[0, 1]) < 0.04
    assert abs(np.corrcoef(out[1:], out[:-1])[0, 1]) < 0.04


@pytest.mark.parametrize("like", list(Like))
def test_shards_that_go_on_numbering_give_the_bytes_of_one_whole(like):
    whole = made_anew(column(like=like), 500, Seed(1))
    parts = [made_anew(column(like=like), 250, Seed(1), first) for first in (0, 250)]
    assert pd.concat(parts, ignore_index=True).equals(whole)
    assert whole.dtype == "str" and whole.notna().all()
    if like is not Like.SURROGATE:
        assert not made_anew(column(like=like), 500, Seed(2)).equals(whole)


@pytest.mark.parametrize("like", UNIQUE)
def test_what_can_name_a_record_is_made_once(like):
    assert made_anew(column(like=like), 50_000, Seed(1)).is_unique


@pytest.mark.parametrize(
    ("like", "kind"),
    [("email", "e-mail address"), ("iban", "bank account"), ("card", "payment card"), ("ip", "network address")],
)
@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR"])
def test_values_are_what_they_look_like(like, kind, locale):
    pattern, holds = PATTERNS[kind]
    values = made_anew(column(like=like, locale=locale), 300, Seed(5))
    assert values.map(lambda text: pattern.fullmatch(text) is not None and holds(text)).all()


def test_check_digits_hold_and_fail_where_a_digit_is_changed():
    cards, accounts = (made_anew(column(like=like), 200, Seed(6)) for like in ("card", "iban"))
    assert cards.map(luhn).all() and accounts.map(mod97).all()
    assert not cards.map(lambda text: luhn(text[:-1] + str((int(text[-1]) + 1) % 10))).any()


def test_nobody_answers_to_what_is_made():
    assert made_anew(column(like="email"), 300, Seed(1)).str.contains(r"@example\.(?:com|org|net)$").all()
    assert made_anew(column(like="ip"), 300, Seed(1)).str.startswith("10.").all()
    assert made_anew(column(like="ssn"), 300, Seed(1)).str.startswith("9").all()


def test_names_are_of_the_locale():
    german, japanese = (made_anew(column(like="name", locale=locale), 2_000, Seed(1)) for locale in ("de_DE", "ja_JP"))
    assert german.str.contains("[äöüß]").any() and not german.str.contains("[一-龯]").any()
    assert japanese.str.contains("[一-龯]").all()
    assert german.nunique() > 1_500


def test_more_keys_than_a_pattern_has_are_refused_with_their_number():
    with pytest.raises(SynthError, match=r"'x'.*\[0-9\]\{3\}.*1,000 different values, and 1,001"):
        made_anew(column(pattern="K[0-9]{3}"), 1_001, Seed(1))
    with pytest.raises(SynthError, match="1,000 different"):
        made_anew(column(pattern="K[0-9]{3}"), 1, Seed(1), first=1_000)
    assert made_anew(column(pattern="K[0-9]{3}"), 1_000, Seed(1)).is_unique


@pytest.mark.parametrize(("pattern", "reason"), [("ab|a[bc]", "same value"), (r"(\d+ ){9}", "forms")])
def test_a_pattern_that_cannot_be_counted_is_refused(pattern, reason):
    with pytest.raises(SynthError, match=reason):
        made_anew(column(pattern=pattern), 1, Seed(1))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "category", "like": "email"}, "only for identifiers"),
        ({"kind": "identifier", "like": "email", "pattern": "a"}, "exclude each other"),
        ({"kind": "identifier", "like": "email", "locale": "xx_XX"}, "no locale"),
        ({"kind": "identifier", "like": "fingerprint"}, "like"),
    ],
)
def test_a_contradictory_declaration_is_refused(fields, reason):
    with pytest.raises(ValueError, match=reason):
        ColumnOverride(**fields)


@pytest.mark.parametrize("kind", KINDS)
def test_no_generator_learns_personal_data(kind, tmp_path):
    real = [f"maria.example{place}@acme.test" for place in range(200)]
    frame = pd.DataFrame({"mail": real, "n": range(200)})
    schema = Schema(columns=(Column(name="mail", kind=Kind.IDENTIFIER, like="email"),
                             Column(name="n", kind=Kind.INTEGER, grid=1.0)))  # fmt: skip
    generator = small(kind, tmp_path, frame)
    made = generator.fit(Train(Table.conform(frame, schema)), Seed(1)).sample(200, Seed(2)).frame["mail"]
    assert not set(made) & set(real)
    assert made.is_unique and made.str.endswith(("example.com", "example.org", "example.net")).all()
