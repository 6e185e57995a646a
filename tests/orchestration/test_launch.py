"""How a run ends where one of the two branches is released and the other is not."""

from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from synth_pipeline.adapters.ledger import Ledger
from synth_pipeline.adapters.project import store
from synth_pipeline.cli import app
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.launch import Outcome, launch
from synth_pipeline.stages import Run, refusal_report


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DatasetSpec:
    monkeypatch.setenv("SYNTH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))
    monkeypatch.setattr("synth_pipeline.stages.facts.facts_of_run", lambda run: run)
    monkeypatch.setattr("synth_pipeline.stages.facts.report", lambda facts: "refused")
    return DatasetSpec.model_validate({"name": "shop", "source": {"kind": "file", "path": "rows.csv"}})


def ended(spec: DatasetSpec, released: bool) -> Outcome:
    """After a run that made rows, released them or not, and whose records were blocked by their gate."""

    @dg.asset(key=["shop", "release"])
    def rows(context: dg.AssetExecutionContext) -> None:
        with store().writing("shop", "deduplicated", context.run.run_id) as draft:
            draft.content = "rows"
        if released:
            event = {"dataset": "shop", "run_id": context.run.run_id, "event": "released", "version": "v1", "rows": 1}
            Ledger(store()).write("releases", [{**event, "generation": 1, "seed": 0}])

    @dg.asset(key=["shop", "grounding"], deps=[rows])
    def records() -> None:
        raise dg.Failure("too few words are quoted", metadata={"refused": True})

    job = dg.define_asset_job("shop", dg.AssetSelection.all())
    return launch(lambda: dg.Definitions([rows, records], jobs=[job], executor=dg.in_process_executor), spec, {})


def test_rows_stay_released_where_their_records_are_not(spec: DatasetSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = ended(spec, released=True)
    assert (outcome.version, outcome.records, outcome.refused) == ("v1", None, True)
    assert outcome.report == store().published("shop") / "releases" / "v1" / "report.html"
    assert refusal_report(Run(spec, store(), outcome.run)) is None, "the sensor of failed gates writes it too"
    assert not (store().restricted / "shop" / "refused").exists()

    monkeypatch.setattr("synth_pipeline.cli.pipeline.spec_of", lambda dataset: spec)
    monkeypatch.setattr("synth_pipeline.orchestration.launch.launch", lambda *_: outcome)
    done = CliRunner().invoke(app, ["run", "shop"])
    assert done.exit_code == 1, done.output
    assert "shop: records not released: too few words are quoted" in done.output
    assert "release    shop v1" in done.output


def test_rows_that_were_not_released_leave_a_report_of_their_refusal(spec: DatasetSpec) -> None:
    outcome = ended(spec, released=False)
    assert outcome.version is None
    assert outcome.report == store().restricted / "shop" / "refused" / outcome.run / "report.html"
    assert outcome.report.read_text() == "refused"
