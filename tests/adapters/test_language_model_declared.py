"""Mistakes in how a language model is asked, with file and line."""

from pathlib import Path

import pandas as pd
import pytest

from synth_pipeline.adapters.declaration import mistakes
from synth_pipeline.adapters.project import ROOT

DECLARED = """type: synth_pipeline.SyntheticDataset
attributes:
  name: bank
  source: {{kind: file, path: {path}}}
  columns: {{text: {{kind: text}}}}
  {part}:
    kind: language_model
    endpoint:
      name: local
      base_url: http://127.0.0.1:9/v1
      model: mock
{rest}
"""
MODE = "    mode:\n      kind: labelled_text\n      label: label\n"


@pytest.mark.parametrize(
    ("part", "rest", "line", "told"),
    [
        ("generator", f"{MODE}      template: Say {{lable}}", 15, "unknown variable {lable}"),
        ("generator", f"{MODE}      template: Say {{label", 15, "brace left open"),
        (
            "generator",
            f"{MODE}      taxonomies:\n        topic:\n          a: [b]\n          b: [a]",
            16,
            "loop: a > b > a",
        ),
        ("generator", f"{MODE}      quotas: {{a: .5, b: .4}}", 15, "sum to 0.9"),
        ("generator", f"{MODE}      text: body", 12, "no column 'body'"),
        ("generator", f"{MODE}    parameters: {{seed: 3}}", 15, "cannot set 'seed'"),
        ("generator", f"{MODE}    budget: {{amount: 5, unit: USD}}", 8, "price of the endpoint 'local' is not known"),
        (
            "generator",
            f"      price: {{input: 1, output: 2}}\n{MODE}    budget: {{amount: 5, unit: EUR}}",
            8,
            "is in USD",
        ),
        ("generator", f"      api_key_env: sk-abc123\n{MODE}", 12, "What is given is not of its form"),
        ("generator", f"      weight: 2\n{MODE}", 6, "'weight' shares the questions"),
        ("labels", "    text: text\n    id: label\n    template: Say {what}", 14, "unknown variable {what}"),
        ("labels", "    text: text\n    id: text", 12, "the same column"),
        ("judge", "    rows: {rubric: [{name: good, question: Is it so, scale: [5, 1]}]}", 11, "it must rise"),
        ("judge", "    rows: {rubric: []}", 11, "holds no criterion"),
        ("judge", "    rows: {samples: 2, rubric: [{name: good, question: Is it so}]}", 11, "must be odd"),
        (
            "judge",
            "    rows: {people: no.csv, rubric: [{name: good, question: Is it so}]}",
            11,
            "no.csv does not exist",
        ),
        ("judge", "    rows: {rubric: [{name: text, question: Is it so}], people: {path}}", 11, "as a column is"),
        ("judge", "    labels: {rubric: [{name: good, question: Is it so}]}", 11, "no questions to judge"),
        ("judge", "    parameters: {}", 6, "something to judge"),
    ],
)
def test_a_mistake_has_its_line_and_says_what_to_do(tmp_path: Path, part, rest, line, told):
    rows = {"text": [f"words of number {place}" for place in range(40)], "label": ["a", "b"] * 20}
    pd.DataFrame(rows).to_parquet(tmp_path / "rows.parquet", index=False)
    file = tmp_path / "bank" / "defs.yaml"
    file.parent.mkdir()
    rest = rest.replace("{path}", str(tmp_path / "rows.parquet"))
    declared = DECLARED.format(path=tmp_path / "rows.parquet", part=part, rest=rest)
    file.write_text(declared.replace("    kind: language_model\n", "") if part == "judge" else declared)
    found = [one for one in mistakes(file, root=ROOT) if told in one.problem]
    assert [one.line for one in found] == [line]
    assert found[0].fix and found[0].field.startswith(part)
    assert "sk-abc" not in found[0].problem + found[0].fix


@pytest.mark.parametrize(
    ("classes", "told"), [(25, []), (310, ["310 classes, and the utility check takes at most 300."])]
)
def test_a_label_of_a_corpus_may_have_as_many_classes_as_a_model_of_words_tells(tmp_path: Path, classes, told):
    rows = {"text": [f"words of number {place}" for place in range(930)],
            "label": [f"l{place % classes}" for place in range(930)]}  # fmt: skip
    pd.DataFrame(rows).to_parquet(tmp_path / "rows.parquet", index=False)
    file = tmp_path / "bank" / "defs.yaml"
    file.parent.mkdir()
    rest = f"{MODE}  target: label"
    file.write_text(DECLARED.format(path=tmp_path / "rows.parquet", part="generator", rest=rest))
    found = [one.problem for one in mistakes(file, root=ROOT) if one.field == "target"]
    assert len(found) == len(told) and all(words in one for words, one in zip(told, found, strict=True))
