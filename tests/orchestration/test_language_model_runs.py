"""Rows by a language model through the stages: what is kept of them, preview, and trace.

The corpus has 1,500 rows of made-up sentences; gates over texts are not what is tested here.
"""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_pipeline import stages
from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.requests import request_ledger
from synth_pipeline.cli import app
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.table import RECORD_ID
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generation import fit
from synth_pipeline.mock import Running, plan_of, running
from synth_pipeline.preview import preview_of
from synth_pipeline.spec.dataset import Shares
from synth_pipeline.stages import Run
from synth_pipeline.stages.attempt import real_parts
from synth_pipeline.stages.trace import TRACES, trace
from tests.language_model import LABELS, pool, sentences

ROWS = 1_500


@pytest.fixture
def mock(tmp_path: Path) -> Iterator[Running]:
    with running(plan_of({"answers": {"mode": "pool", "file": str(pool(tmp_path, 30_000))}})) as server:
        yield server


@pytest.fixture
def spec(tmp_path: Path, mock: Running, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    labels = [LABELS[place % 3] for place in range(ROWS)]
    pd.DataFrame({"text": sentences(ROWS, 5), "label": labels}).to_parquet(tmp_path / "real.parquet", index=False)
    endpoint = {"name": "local", "base_url": mock.base_url, "model": "mock", "price": {"input": 1, "output": 2}}
    return DatasetSpec.model_validate({
        "name": "bank", "rows": 300, "target": "label",
        "source": {"kind": "file", "path": str(tmp_path / "real.parquet")},
        "columns": {"text": {"kind": "text"}, "label": {"kind": "category"}},
        "generator": {"kind": "language_model", "endpoint": endpoint,
                      "mode": {"kind": "labelled_text", "label": "label"}},
    })  # fmt: skip


@pytest.fixture
def ungated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Staging without an audit, which made-up sentences of chance would not pass, and takes long."""
    drawn_alone = ("source", "train", "holdout", "candidates", "deduplicated")
    monkeypatch.setattr("synth_pipeline.stages.stage.CHAIN", drawn_alone)
    monkeypatch.setattr("synth_pipeline.stages.stage.failed_gates", lambda run, gates: [])
    monkeypatch.setattr("synth_pipeline.stages.stage._findings", lambda *_: pd.DataFrame({"check": []}))


def drawn(spec: DatasetSpec) -> Run:
    run = Run(spec, store(), "one")
    for stage in (stages.load_source, stages.split_source, stages.fit_generator, stages.draw_candidates,
                  stages.remove_repeats):  # fmt: skip
        stage(run)
    return run


def test_a_preview_projects_the_whole_and_is_paid_for_once(spec, mock):
    seen = preview_of(spec, store(), 20)
    first = mock.stats(totals=True)
    assert len(seen.rows) == 20 and any("300 rows will take" in line for line in seen.lines)
    drawn(spec)
    after = mock.stats(totals=True)
    cost = (after["prompt_tokens"] + 2 * after["completion_tokens"]) / 1e6
    assert seen.cost is not None and abs(seen.cost.expected / cost - 1) < 0.15
    assert seen.cost.low <= seen.cost.expected <= seen.cost.high
    assert after["billed_contents"] == after["billed"] >= 300
    assert 80 <= first["billed"] < 110


def test_a_preview_reads_the_source_anew_when_it_or_its_declaration_has_changed(spec, tmp_path):
    def parts(declared, run):
        train, _ = real_parts(Run(declared, store(), run))
        return len(train.table), store().get("bank", "train").run

    rows, made = parts(spec, "one")
    assert made == "one" and parts(spec, "two") == (rows, "one")
    shares = Shares(train=0.3, holdout=0.5, sealed=0.2)
    fewer, made = parts(spec.model_copy(update={"shares": shares}), "three")
    assert made == "three" and fewer < rows
    assert parts(spec, "four") == (rows, "four")
    frame = pd.read_parquet(tmp_path / "real.parquet").iloc[:-200]
    frame.to_parquet(tmp_path / "real.parquet", index=False)
    fewer, made = parts(spec, "five")
    assert made == "five" and fewer < rows


def test_commands_show_rows_with_their_cost_and_where_a_record_is_from(spec, mock, monkeypatch):
    monkeypatch.setattr("synth_pipeline.cli.records.spec_of", lambda dataset: spec)
    done = CliRunner().invoke(app, ["preview", "bank", "--rows", "6", "--show", "2"])
    assert done.exit_code == 0 and done.output.count("text: ") == 2
    assert "6 rows by 6 requests to 'local'" in done.output and "USD; 300 rows will take about" in done.output
    missing = CliRunner().invoke(app, ["trace", "synthetic-0123456789abcdef-1"])
    assert isinstance(missing.exception, SynthError)


def test_rows_are_made_from_a_file_without_a_declaration(spec, mock, tmp_path):
    declared = {"endpoint": spec.generator.endpoint.model_dump(), "mode": {"kind": "labelled_text", "label": "label"}}
    train = pd.read_parquet(tmp_path / "real.parquet").head(60)
    told: list[str] = []
    fitted = fit(train, "language_model", parameters=declared, progress=told.append)
    assert fitted.write(tmp_path / "made.csv", 30, progress=told.append) == 30
    made = pd.read_csv(tmp_path / "made.csv")
    assert len(made) == made["text"].nunique() == 30 and {*made["label"]} == {*LABELS}
    assert "30 of 30 rows" in told


def test_candidates_keep_their_traces_and_a_staged_record_is_found_again(spec, ungated):
    run = drawn(spec)
    candidates = run.get("candidates")
    assert TRACES in candidates.files and candidates.facts["missing_rows"] == 0
    staged = stages.stage_release(run)
    rows = pd.read_parquet(staged.data)
    assert len(pd.read_parquet(staged.file(TRACES))) == len(rows) == 300
    record = rows.iloc[41]
    found = trace(store(), record[RECORD_ID])
    assert found.facts["label"] == record["label"] and found.facts["dataset"] == "bank"
    assert found.facts["state"] == "staged, not released" and found.facts["model"] == "mock"
    assert record["text"] in found.answer and f"label: {record['label']}" in found.messages[1]["content"]
    train = pd.read_parquet(run.get("train").data)
    shown = train[train[RECORD_ID].isin(found.facts["parents"].split(", "))]
    assert len(shown) == 4 and all(f"- {text}" in found.messages[1]["content"] for text in shown["text"])
    with request_ledger(store()) as ledger:
        assert ledger.find(found.facts["key"]) is not None


def test_records_of_tables_are_traced_too_and_unknown_ones_are_told(spec, ungated):
    table = spec.model_copy(update={"generator": DatasetSpec(name="x", source=spec.source).generator,
                                    "exclude": ("text",), "columns": {}, "target": None})  # fmt: skip
    run = drawn(table)
    staged = stages.stage_release(run)
    assert TRACES not in run.get("candidates").files
    found = trace(store(), pd.read_parquet(staged.data)[RECORD_ID].iloc[0])
    assert found.facts["generator"].startswith("forest-") and found.facts["batch_id"] == staged.facts["batch_id"]
    assert not found.messages
    for name in ("nobody", "synthetic-0123456789abcdef-1", f"synthetic-{staged.facts['batch_id']}-0"):
        with pytest.raises(SynthError, match="no released record"):
            trace(store(), name)


def test_a_run_after_a_shortfall_that_is_kept_says_what_is_missing(spec):
    short = {"budget": {"amount": 20_000, "unit": "tokens"}, "when_short": "keep"}
    spec = DatasetSpec.model_validate({**spec.model_dump(), "generator": {**spec.generator.model_dump(), **short}})
    facts = drawn(spec).get("candidates").facts
    assert facts["missing_rows"] == 300 - facts["rows"] > 100
    assert " not asked, since the budget was spent" in facts["left_out"]
