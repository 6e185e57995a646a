"""Synthetic rows of a data frame or a file, under constraints and conditions, without a data set."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_pipeline.cli import app
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.progress import report
from synth_pipeline.drawing import drawer as drawing
from synth_pipeline.generation import fit, generate
from synth_pipeline.generators import Marginals
from synth_pipeline.spec.conditions import Conditions

RULES = [{"kind": "determines", "columns": ["city"], "of": "country"},
         {"kind": "sum", "total": "gross", "parts": ["net", "tax"]}]  # fmt: skip
WHERE = {"balance": [{"columns": ["paid"]}], "fixed": {"country": "country 1"}}


@pytest.fixture(scope="module")
def frame(shop) -> pd.DataFrame:
    return shop.frame


def kept(made: pd.DataFrame, rows: int) -> None:
    assert len(made) == rows
    assert made["paid"].sum() == rows // 2
    assert set(made["country"]) == {"country 1"}
    assert {int(city.split()[1]) % 4 for city in made["city"]} == {1}
    assert ((made["net"] + made["tax"] - made["gross"]).dropna().abs() < 1e-9).all()


def test_a_frame_is_drawn_under_constraints_and_conditions(frame):
    made = generate(frame, generator="marginals", rows=100, constraints=RULES, conditions=WHERE)
    kept(made, 100)
    again = fit(frame, "marginals", constraints=RULES, conditions=Conditions.model_validate(WHERE))
    assert of_frame(made) == of_frame(again.sample(100, workers=1))


def test_what_a_generator_reports_while_it_learns_is_told(frame, monkeypatch):
    fit, told = Marginals.fit, []

    def reporting(*arguments):
        report("half way")
        return fit(*arguments)

    monkeypatch.setattr(Marginals, "fit", reporting)
    generate(frame, generator="marginals", rows=5, progress=told.append)
    assert told == ["reading", "fitting", "half way", "sampling"]


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
def test_every_format_is_written_shard_by_shard(frame, tmp_path, monkeypatch, ending):
    monkeypatch.setattr(drawing, "SHARD", 70)
    seen: list[str] = []
    out = tmp_path / f"out{ending}"
    fitted = fit(frame, "marginals", conditions=WHERE, constraints=RULES)
    assert fitted.write(out, 200, progress=seen.append) == 200
    read = {".parquet": pd.read_parquet, ".csv": pd.read_csv, ".jsonl": lambda path: pd.read_json(path, lines=True)}
    kept(read[ending](out), 200)
    assert seen[-3:] == ["70 of 200 rows", "140 of 200 rows", "200 of 200 rows"]
    assert [one.name for one in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize("ending", [".parquet", ".csv"])
def test_a_file_that_cannot_be_made_stays_as_it_was(frame, tmp_path, ending):
    out = tmp_path / f"out{ending}"
    out.write_text("old")
    none = {"fixed": {"country": "country 1", "city": "city 2"}}
    with pytest.raises(SynthError, match="city = city 2: 0 of 100"):
        fit(frame, "marginals", conditions=none, constraints=RULES).write(out, 100)
    assert out.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == [out.name]


def test_an_unknown_ending_is_said_before_anything_is_fitted(tmp_path):
    command = ["generate", "--train", str(tmp_path / "nothing.parquet"), "--out", str(tmp_path / "out.xlsx")]
    refused = CliRunner().invoke(app, command)
    assert isinstance(refused.exception, SynthError)
    assert "unknown ending '.xlsx'" in refused.exception.problem


def test_the_command_line_takes_files(frame, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    frame.to_parquet("train.parquet", index=False)
    Path("rules.json").write_text(json.dumps(RULES))
    Path("where.yaml").write_text("fixed: {country: country 1}\nbalance:\n  - columns: [paid]\n")
    command = ["generate", "--train", "train.parquet", "--out", "out.parquet", "--generator", "marginals",
               "--rows", "60", "--constraints", "rules.json", "--where", "where.yaml", "--workers", "1"]  # fmt: skip
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    assert "60 synthetic rows in out.parquet" in result.output
    kept(pd.read_parquet("out.parquet"), 60)


WRONG = {
    "word": ("fixed: {country: Atlantis}\n", "country = Atlantis, which fewer than 5", "country 0"),
    "column": ("fixed: {land: 3}\n", "where.yaml:1: conditions.fixed.land: the table has no column 'land'", "did you"),
    "field": ("fixd: {country: 3}\n", "where.yaml:1: conditions.fixd: is no known field", "did you mean 'fixed'"),
    "twice": ("balance: []\nfixed: {}\nfixed: {}\n", "where.yaml:3: conditions.fixed: is given a second", "delete"),
    "list": ("- fixed\n", "where.yaml:1: holds no conditions", "write 'fixed:"),
}


@pytest.mark.parametrize(("text", "problem", "fix"), WRONG.values(), ids=WRONG)
def test_a_file_of_conditions_that_is_wrong_is_told_by_line(frame, tmp_path, text, problem, fix):
    (tmp_path / "where.yaml").write_text(text)
    with pytest.raises(SynthError) as refusal:
        generate(frame, generator="marginals", rows=10, conditions=tmp_path / "where.yaml")
    assert problem in refusal.value.problem
    assert fix in refusal.value.fix
