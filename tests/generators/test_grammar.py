"""``grammar`` on tables of 60 to 4,000 rows with a column of text."""

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.drawing import Drawer, dumps, fit_drawer, loads
from synth_pipeline.generators import Grammar
from synth_pipeline.generators.grammar.expansion import with_articles
from synth_pipeline.generators.grammar.noise import mistyped
from synth_pipeline.generators.grammar.template import ARTICLE
from synth_pipeline.spec.columns import Column, Kind, Schema

SECRET = "what nobody else has written"
SCHEMA = Schema(columns=(
    Column(name="text", kind=Kind.TEXT), Column(name="topic", kind=Kind.CATEGORY),
    Column(name="n", kind=Kind.INTEGER, grid=1.0), Column(name="id", kind=Kind.IDENTIFIER),
))  # fmt: skip
EXAMPLE = "synth_pipeline/generators/grammar/support.yaml"
TOPICS = ["lost card", "refund", "cash withdrawal", "transfer"]


def train(topics: list[str] = ["a", "b"], rows: int = 60) -> Train:  # noqa: B006
    frame = pd.DataFrame({"text": SECRET, "topic": [topics[place % len(topics)] for place in range(rows)],
                          "n": np.arange(rows) % 7, "id": [f"p{place}" for place in range(rows)]})  # fmt: skip
    return Train(Table.conform(frame, SCHEMA))


def drawer(grammar: dict, given: Train | None = None, label: str | None = None) -> Drawer:
    declared = grammar | ({"label": label} if label else {})
    return fit_drawer(Grammar.model_validate({"texts": {"text": declared}}), given or train(), (), Seed(1))


def texts(grammar: dict, rows: int = 400, seed: int = 2) -> list[str]:
    return drawer(grammar).sample(rows, Seed(seed)).frame["text"].tolist()


def test_texts_are_what_the_rules_say_as_often_as_the_weights_say():
    said = Counter(texts({
        "pools": {"item": ["pen", {"say": "ink {x}", "weight": 3}]},
        "rules": {"start": ["one {item}", {"say": "{{two}}", "weight": 0}]},
    }, 4_000))  # fmt: skip
    assert set(said) == {"one pen", "one ink {x}"}  # words of pools are no rules, and a weight of 0 is never
    assert abs(said["one pen"] / 4_000 - 0.25) < 0.03  # four standard errors


def test_words_agree_in_number_and_person_with_what_they_stand_beside():
    made = set(texts({
        "features": {"number": ["one", "many"], "person": {"first": 1, "third": 1}},
        "rules": {
            "start": [{"say": "{who} {be} {a thing one}, {thing}", "draw": ["number", "person"]}],
            "who": [{"first one": "I", "first many": "we", "one": "she", "many": "they"}],
            "be": [{"first one": "am", "one": "is", "else": "are"}],
            "thing": [{"one": "owl", "many": "owls"}],
        },
    }))  # fmt: skip
    assert made == {"I am an owl, owl", "we are an owl, owls", "she is an owl, owl", "they are an owl, owls"}


def test_a_feature_keeps_its_value_below_until_it_is_drawn_anew():
    made = Counter(texts({
        "features": {"number": {"one": 1, "many": 3}},
        "rules": {"start": ["{w}{w}{pair}"], "w": [{"one": "o", "many": "m"}],
                  "pair": [{"say": "-{w}{w}", "draw": ["number"]}]},
    }, 2_000))  # fmt: skip
    assert set(made) == {"oo-oo", "oo-mm", "mm-oo", "mm-mm"}
    assert abs(made["mm-mm"] / 2_000 - 9 / 16) < 0.045


@pytest.mark.parametrize(
    ("word", "article"),
    [("apple", "an"), ("pen", "a"), ("hour", "an"), ("unit", "a"), ("uninteresting day", "an"), ("user", "a"),
     ("umbrella", "an"), ("euro", "a"), ("one-off", "a"), ("SQL table", "an"), ("UN report", "a"), ("house", "a"),
     ("X-ray", "an"), ("8-bit word", "an"), ("18 card", "an"), ("80 cards", "an"), ("1 card", "a"), ("‘owl’", "an"),
     ("honest answer", "an"), ("herd", "a"), ("Île", "an"), ("utility", "a"), ("urn", "an"), ("useful list", "a")],
)  # fmt: skip
def test_the_article_goes_by_the_sound_of_the_next_word(word, article):
    made = with_articles(pa.array([f"{ARTICLE} {word}"], pa.large_string())).to_pylist()
    assert made == [f"{article} {word}"]


def test_rules_within_themselves_come_to_an_end():
    made = texts({"rules": {"start": ["x{start}", {"say": "", "weight": 1e-9}]}, "depth": 7})
    assert set(made) == {"x" * 7}
    short = texts({"rules": {"start": ["({start}{start})", {"say": "o", "weight": 3}]}})
    assert all(one.count("(") == one.count(")") for one in short)
    assert len(set(short)) > 20


def test_every_label_has_its_rules_and_its_share():
    grammar = {
        "rules": {"start": ["common {word}"]}, "pools": {"word": ["w"]},
        "labels": {"a": {"share": 3, "pools": {"word": ["own"]}}, "b": {"share": 1, "rules": {"start": ["b {word}"]}}},
    }  # fmt: skip
    frame = drawer(grammar, label="topic").sample(401, Seed(3)).frame
    assert frame.groupby("topic")["text"].agg(set).to_dict() == {"a": {"common own"}, "b": {"b w"}}
    assert abs((frame["topic"] == "a").sum() - 0.75 * 401) <= 1
    grammar["labels"] = {"a": {"pools": {"word": ["own"]}}}
    learned = drawer(grammar, train(["a", "a", "c"]), "topic").sample(300, Seed(3)).frame
    assert learned.groupby("topic")["text"].agg(set).to_dict() == {"a": {"common own"}, "c": {"common w"}}
    assert (learned["topic"] == "a").sum() == 200


def test_pools_can_be_of_faker_and_of_expressions():
    made = texts({"pools": {"name": {"faker": "first_name", "locale": "de_DE"}, "code": {"pattern": "[A-Z]{2}-[0-9]+"}},
                  "rules": {"start": ["{name} {code} {code}"]}})  # fmt: skip
    assert all(re.fullmatch(r"\D+( [A-Z]{2}-[0-9]+){2}", one) for one in made)
    assert len(set(made)) > 395
    assert len({one.split()[0] for one in made}) > 50


def test_noise_is_as_much_as_is_asked_for():
    words = {"rules": {"start": ["the quick brown fox jumps over the lazy dog. it sleeps"]}}
    plain = "the quick brown fox jumps over the lazy dog. it sleeps"
    cased = Counter(texts(words | {"noise": {"lower": 0.2, "upper": 0.3, "sentences": 1}}, 2_000))
    assert set(cased) == {plain, plain.upper(), "The quick brown fox jumps over the lazy dog. It sleeps"}
    assert abs(cased[plain] / 2_000 - 0.2) < 0.04
    assert abs(cased[plain.upper()] / 2_000 - 0.3) < 0.045
    cut = texts(words | {"noise": {"cut": 0.5}}, 2_000)
    assert abs(np.mean([one != plain for one in cut]) - 0.5) < 0.05
    assert all(plain.startswith(one) and one for one in cut)
    assert {len(one.split()) for one in cut} == set(range(1, 12))


def test_typing_errors_are_of_letters_alone_and_as_frequent_as_declared():
    plain = ["alpha beta 1234 gämma delta", "", "x", "日本語 words"] * 2_000
    made = mistyped(pa.array(plain, pa.large_string()), 0.05, Seed(4).stream()).to_pylist()
    assert len(made) == len(plain)
    assert all("1234" in one for one in made[::4])
    assert set(made[1::4]) == {""}
    assert set(made[2::4]) == {"x"}
    assert all("日本語" in one for one in made[3::4])
    hit = np.mean([one != "alpha beta 1234 gämma delta" for one in made[::4]])
    assert 1 - 0.95**19 - 0.1 < hit < 1 - 0.95**19 + 0.06  # a few swaps are of equal letters, or of neighbours


def test_texts_beyond_the_bounds_are_made_anew():
    rules = {"start": ["w {start}", {"say": "w", "weight": 0.2}]}
    made = texts({"rules": rules, "noise": {"length": {"min": 3, "max": 5}}})
    assert {len(one.split()) for one in made} == {3, 4, 5}
    with pytest.raises(SynthError, match=r"length: 400 of 400 texts have never come to 50 to 60 words.*widen"):
        texts({"rules": {"start": ["w"]}, "noise": {"length": {"min": 50, "max": 60}}})


def test_the_same_seed_gives_the_same_bytes_at_any_number_of_workers_and_another_seed_others():
    grammar = {"label": "topic", "file": EXAMPLE}
    made = drawer(grammar, train(TOPICS))
    again = loads(dumps(made), "grammar-1")
    hashes = [of_frame(one.sample(70_000, Seed(seed), workers=workers).frame)
              for one, seed, workers in ((made, 5, 1), (made, 5, 3), (again, 5, 2), (made, 6, 2))]  # fmt: skip
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3]


def test_the_example_says_hardly_anything_twice():
    frame = drawer({"label": "topic", "file": EXAMPLE}, train(TOPICS)).sample(20_000, Seed(7)).frame
    assert frame["text"].nunique() > 0.995 * 20_000
    assert frame["topic"].value_counts().to_dict() == {
        "lost card": 6_000, "transfer": 6_000, "refund": 4_000, "cash withdrawal": 4_000
    }  # fmt: skip
    assert not frame["text"].str.contains(r"[{}\ue000]|  | [.,?]").any()
    assert frame["text"].str.contains(r"\ban amount").mean() > 0.05
    assert frame["text"].str.contains(r"\ba amount").mean() < 0.002  # a letter may be lost


def test_other_columns_are_drawn_and_no_text_of_train_is_kept():
    made = drawer({"rules": {"start": ["hello"]}}, train())
    assert SECRET.encode() not in dumps(made)
    frame = made.sample(500, Seed(1)).frame
    assert set(frame["n"]) <= set(range(7))
    assert frame["id"].is_unique
    table = train(rows=200)
    holes = table.table.frame.assign(text=lambda one: one["text"].mask(np.arange(200) < 50))
    with_holes = drawer({"rules": {"start": ["hello"]}}, Train(Table(holes, SCHEMA)))
    assert abs(with_holes.sample(2_000, Seed(1)).frame["text"].isna().mean() - 0.25) < 0.04


@pytest.mark.parametrize(
    ("grammar", "told"),
    [
        ({"rules": {"go": ["x"]}}, "no rule 'start'"),
        ({"rules": {"start": ["a", "b {thing}"]}}, "rule 'start', alternative 2: there is no rule or pool 'thing'"),
        ({"rules": {"start": []}}, "rule 'start': it is empty"),
        ({"rules": {"start": ["{p}"]}, "pools": {"p": []}}, "pool 'p': it is empty"),
        ({"rules": {"start": [{"say": "x", "weight": 0}]}}, "rule 'start': its weights add up to nothing"),
        ({"rules": {"start": ["x {start}"]}}, "rule 'start': it never comes to an end"),
        ({"rules": {"start": ["{b}", {"say": "x", "weight": 0}], "b": ["{start}"]}}, "never comes to an end"),
        ({"rules": {"start": ["{"]}}, "alternative 1: a brace has no counterpart"),
        ({"rules": {"start": ["{a }"]}}, "braces name no rule"),
        ({"rules": {"start": [{"one": "x"}]}}, "'one' is no value of a feature"),
        ({"rules": {"start": [{"one": "x"}]}, "features": {"n": ["one", "two"]}}, "there is no form for two"),
        ({"rules": {"start": [{"say": "x", "draw": ["n"]}]}}, "there is no feature 'n'"),
        ({"rules": {"start": ["x"]}, "features": {"n": {"one": 0}}}, "feature 'n': its weights add up to nothing"),
        ({"rules": {"start": ["{p}"]}, "pools": {"p": {"faker": "no_such_thing"}}}, "no provider 'no_such_thing'"),
        ({"rules": {"start": ["x"]}, "labels": {"zebra": {}}, "label": "topic"}, "no train row has 'zebra'"),
        ({"labels": {"a": {"rules": {"start": ["x"]}}}, "label": "topic"}, "some labels of train have no rules"),
        ({"rules": {"start": ["x"]}, "label": "n"}, "column 'n': it is of type integer"),
        ({"rules": {"start": ["x"]}, "label": "nothing"}, "there is no column 'nothing'"),
        ({"file": "no/such.yaml"}, "no/such.yaml does not exist"),
    ],
)  # fmt: skip
def test_a_grammar_that_cannot_be_is_refused_with_its_place(grammar, told):
    with pytest.raises(SynthError, match=re.escape(told)) as refusal:
        drawer(grammar)
    assert refusal.value.fix
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("rules: {start: [on, off, yes]}\npools: {p: [", "line 2"),
        ("rules: {start: [x]}\nrules: {start: [y]}", "line 2: 'rules' is given twice"),
        ("rules: {start: [{say: x, weight: -1}]}", "rules.start.0.weight"),
        ("rules: {start: [x]}\ncolour: red", "colour"),
        ("- x", "holds no fields"),
        ("rules: {start: [x]}\nfeatures: {n: [one], m: [one]}", "a value is named twice"),
        ("rules: {a b: [x]}", "'a b' is no name"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_its_place(content, told, tmp_path: Path):
    file = tmp_path / "g.yaml"
    file.write_text(content)
    with pytest.raises(SynthError, match=re.escape(told)) as refusal:
        drawer({"file": str(file)})
    assert "g.yaml" in str(refusal.value)


def test_words_that_yaml_takes_for_truths_are_words_in_a_file(tmp_path: Path):
    file = tmp_path / "g.yaml"
    file.write_text("rules: {start: [on, off, no, 3]}")
    assert set(texts({"file": str(file)})) == {"on", "off", "no", "3"}
    with pytest.raises(ValidationError, match="quotes"):
        Grammar.model_validate({"texts": {"text": {"rules": {"start": [True]}}}})


def test_another_file_is_another_generator(tmp_path: Path):
    file = tmp_path / "g.yaml"
    declared = {"name": "t", "source": {"kind": "file", "path": "a.csv"},
                "generator": {"kind": "grammar", "texts": {"text": {"file": str(file)}}}}  # fmt: skip
    identities = []
    for content in ("rules: {start: [x]}", "rules: {start: [y]}"):
        file.write_text(content)
        identities.append(DatasetSpec.model_validate(declared).identity)
    assert identities[0] != identities[1]
    with pytest.raises(ValidationError, match="stands beside 'file'"):
        Grammar.model_validate({"texts": {"t": {"file": str(file), "depth": 3}}})
