"""A good endpoint, and each of the bad ones that a gate must block."""

import json
from collections import Counter

import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock import plan_of, running
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.modes import Writer
from synth_pipeline.mock.plan import Answers
from synth_pipeline.mock.pool import pool_of
from synth_pipeline.mock.prompt import read
from synth_pipeline.mock.words import WORDS

DOCUMENT = "Bees keep honey in combs. Wax is made by young bees! Do drones gather nectar? Smoke makes bees calm."
ABOUT = f"Ask about this.\n```document\n{DOCUMENT}\n```\n"


def writer(mode, pool, **more):
    answers = Answers(mode=mode, file=pool, **more)
    return Writer(answers, pool_of(answers, 0))


def items(made, text, count=200):
    prompt = read([{"role": "user", "content": text}])
    return [made.item(prompt, Draws("test", place), 0) for place in range(count)]


def texts_of(pool, label):
    return {line.rsplit(",", 1)[0] for line in pool.read_text().splitlines()[1:] if line.endswith(f",{label}")}


def test_a_good_endpoint_draws_texts_of_the_label(pool):
    drawn = Counter(item["text"] for item in items(writer("pool", pool), "label: green"))
    assert set(drawn) == texts_of(pool, "green")
    assert max(drawn.values()) < 30  # 10 in the mean


def test_seeds_one_after_the_other_use_up_a_label_before_a_text_comes_twice(serve_mock, asked, labelled, pool):
    server = serve_mock(answers={"mode": "pool", "file": str(pool)})
    got = [asked(server, "label: red", labelled, seed=seed).item for seed in range(20)]
    assert {item["text"] for item in got} == texts_of(pool, "red")
    assert {item["label"] for item in got} == {"red"}


def test_items_of_one_answer_differ(serve_mock, asked, labelled, pool):
    server = serve_mock(answers={"mode": "pool", "file": str(pool)})
    many = {"type": "object", "properties": {"items": {"type": "array", "items": labelled}}, "required": ["items"],
            "additionalProperties": False}  # fmt: skip
    got = asked(server, "label: red\ncount: 20", many).item["items"]
    assert {item["text"] for item in got} == texts_of(pool, "red")
    seeds = [asked(server, "label: red\ncount: 5", many, seed=seed, n=2).body["choices"] for seed in range(2)]
    told = [json.loads(one["message"]["content"])["items"] for choices in seeds for one in choices]
    assert {item["text"] for one in told for item in one} == texts_of(pool, "red")


def test_memorising_repeats_examples_or_rows_of_a_file(pool):
    made = writer("memorising", None)
    assert {item["text"] for item in items(made, "label: a\n- one two three\n- four five six")} == {
        "one two three", "four five six",
    }  # fmt: skip
    assert {item["text"] for item in items(writer("memorising", pool), "label: red")} == texts_of(pool, "red")


def test_memorising_with_edits_changes_so_many_words():
    example = " ".join(f"w{place}" for place in range(40))
    got = [item["text"].split() for item in items(writer("memorising", None, edits=0.15), f"- {example}")]
    kept = [sum(a == b for a, b in zip(words, example.split(), strict=True)) for words in got]
    assert 33.5 <= sum(kept) / len(kept) <= 34.5


def test_low_diversity_has_few_texts_each_with_one_word_put_otherwise(pool):
    got = [item["text"].split() for item in items(writer("low-diversity", pool, distinct=3), "label: red")]
    sources = [text.split() for text in texts_of(pool, "red")]
    changed = [min(sum(map(str.__ne__, words, source)) for source in sources) for words in got]
    assert set(changed) == {1}
    assert len({tuple(words) for words in got}) > 60
    assert len({words[3] for words in got if words[3].isdigit()}) == 3


def test_a_good_endpoint_is_grounded(pool):
    for made in (writer("instance", None), writer("pool", pool)):
        got = items(made, ABOUT)
        assert all(DOCUMENT[item["start"] : item["end"]] == item["span"] for item in got)
        assert len({item["span"] for item in got}) == 4
        assert all(item["question"].split()[-1].strip("?") in item["span"] for item in got)


def test_an_ungrounded_endpoint_quotes_what_does_not_stand_there():
    got = items(writer("ungrounded", None), ABOUT)
    assert not any(item["span"] in DOCUMENT for item in got)
    assert all(DOCUMENT[item["start"] : item["end"]] != item["span"] for item in got)
    every_word = ". ".join(WORDS)
    got = items(writer("ungrounded", None), f"```document\n{every_word}\n```")
    assert not any(item["span"] in every_word for item in got)


def test_a_document_without_a_sentence_has_nothing_to_quote():
    assert {item["span"] for item in items(writer("instance", None), "```document\n...\n```", 3)} == {""}


def test_a_mislabelling_endpoint_gives_texts_of_other_labels(pool):
    got = items(writer("mislabelling", pool), "label: red", 600)
    assert {item["label"] for item in got} == {"red"}
    assert {item["text"] for item in got} == texts_of(pool, "green") | texts_of(pool, "blue")


def test_a_document_of_the_pool_is_classified_rightly_or_wrongly(pool):
    text = f"```document\n{min(texts_of(pool, 'blue'))}\n```"
    assert {item["label"] for item in items(writer("pool", pool), text)} == {"blue"}
    assert {item["label"] for item in items(writer("mislabelling", pool), text)} == {"red", "green"}


def test_a_share_of_answers_may_be_good(pool):
    wrong = sum("red" not in item["text"] for item in items(writer("mislabelling", pool, share=0.2), "label: red", 500))
    assert 65 <= wrong <= 137  # 100 in the mean, 9 standard deviation


def test_echo_says_the_prompt_again(serve_mock, asked):
    assert asked(serve_mock(answers={"mode": "echo"}), "say this").content == "say this"


def test_a_pool_is_read_from_json_lines_and_from_compressed_files(tmp_path, pool):
    import gzip

    lines = tmp_path / "pool.jsonl.gz"
    with gzip.open(lines, "wt") as out:
        out.write("\n".join(json.dumps({"body": f"text {n}", "kind": "a"}) for n in range(5)))
    answers = Answers(mode="pool", file=lines, text="body", label="kind")
    assert set(pool_of(answers, 0).by_label["a"]) == {f"text {n}" for n in range(5)}


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ({"mode": "pool"}, "answers.file"),
        ({"mode": "mislabelling"}, "answers.file"),
        ({"mode": "pool", "file": "nowhere.csv"}, "nowhere.csv"),
        ({"mode": "pool", "file": "POOL", "label": "colour"}, "'colour'"),
        ({"mode": "brilliant"}, "answers.mode"),
    ],
)
def test_what_cannot_answer_does_not_start(answers, named, pool):
    given = answers | ({"file": str(pool)} if answers.get("file") == "POOL" else {})
    with pytest.raises(SynthError, match=named), running(plan_of({"answers": given})):
        pass


def test_other_columns_of_a_file_fill_fields_of_their_names_or_titles(tmp_path, serve_mock, asked):
    turns = [{"role": "user", "content": "hello"}]
    rows = [{"text": f"t{n}", "label": "a", "answer": f"a{n}", "said": {"turns": turns}} for n in range(4)]
    file = tmp_path / "pool.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    text = {"type": "string"}
    schema = {"type": "object", "additionalProperties": False, "required": ["c0", "answer", "said"], "properties": {
        "c0": text | {"title": "text"}, "answer": text,
        "said": {"type": "object", "additionalProperties": False, "required": ["turns"], "properties": {
            "turns": {"type": "array", "items": text}}}}}  # fmt: skip
    server = serve_mock(answers={"mode": "pool", "file": str(file)})
    found = json.loads(asked(server, "label: a", schema=schema).content)
    assert found["c0"][1:] == found["answer"][1:] and found["said"] == {"turns": turns}


def test_a_memorising_endpoint_knows_examples_of_every_form(tmp_path):
    item = Writer(Answers(mode="memorising"), None).item
    row, turns = {"instruction": "Add.", "response": "Two."}, [{"role": "user", "content": "hello"}]
    for example, held in ((json.dumps(row), row), (json.dumps(json.dumps(turns)), {"conversation": {"turns": turns}}),
                          (repr("x = 1\n"), {"program": "x = 1\n"}), ("plain words", {})):  # fmt: skip
        found = item(read([{"role": "user", "content": f"- {example}"}]), Draws("one"), 0)
        assert found.items() >= held.items()
