"""Several generators on one split: what is recommended, what is written down, and what a failure leaves of the rest."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from synth_pipeline import stages
from synth_pipeline.adapters import declaration, project
from synth_pipeline.cli import app
from synth_pipeline.comparison import Compared, Comparison, compare
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.progress import report
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import Forest
from synth_pipeline.reports.frontier import frontier
from synth_pipeline.stages import Run

ROWS = 6_000


@pytest.fixture(scope="module")
def patched():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def spec(tmp_path_factory, patched) -> DatasetSpec:
    """A table in which columns depend on each other, so that independent ones are told at once."""
    folder = tmp_path_factory.mktemp("compare")
    patched.setenv("SYNTH_HOME", str(folder / "home"))
    stream = np.random.default_rng(5)
    base = stream.standard_normal(ROWS)
    rows = pd.DataFrame({
        "amount": np.round(np.exp(5 + 0.4 * base + 0.3 * stream.standard_normal(ROWS)), 2),
        "age": np.clip(np.round(40 + 10 * base + 5 * stream.standard_normal(ROWS)), 18, 70).astype(int),
        "kind": stream.choice(["a", "b", "c"], ROWS),
        "bought": base + 0.5 * stream.standard_normal(ROWS) > 0,
    })  # fmt: skip
    rows.to_parquet(folder / "rows.parquet", index=False)
    return DatasetSpec.model_validate(
        {"name": "shop", "source": {"kind": "file", "path": str(folder / "rows.parquet")}, "target": "bought"}
    )


@pytest.fixture(scope="module")
def copied(spec) -> str:
    """The train rows themselves, as another tool might hand them over."""
    run = Run(spec, project.store(), "made-before")
    stages.load_source(run)
    stages.split_source(run)
    path = Path(spec.source.path).with_name("copied.parquet")
    stages.table_of(run.get("train")).frame.to_parquet(path, index=False)
    return f"imported:path={path}"


@pytest.fixture(scope="module")
def found(spec, copied) -> Comparison:
    return compare(spec, ["marginals", copied, "imported:path=nowhere.csv", "forest:trees=3"], preset="quick")


def of(found: Comparison, start: str) -> Compared:
    return next(one for one in found.compared if one.generator.startswith(start))


def test_the_one_that_passes_every_gate_is_recommended(found):
    assert found.recommended is of(found, "forest")
    assert found.compared[0].generator == "forest:trees=3"
    assert found.advice.startswith("Use forest:trees=3: it is the only one that passes every gate")


def test_each_is_measured_as_an_audit_measures_it(found):
    forest, marginals = of(found, "forest"), of(found, "marginals")
    assert 0.45 < forest.auc < 0.7 < marginals.auc
    assert marginals.utility < 0.7 < forest.utility
    assert marginals.verdict is Verdict.BLOCK
    assert 0 < forest.leakage <= 1
    assert 0 < marginals.cpu_seconds < forest.cpu_seconds < 60


def test_copies_of_train_are_blocked_and_the_block_is_final(found, spec, copied):
    leaky = of(found, copied)
    assert leaky.verdict is Verdict.BLOCK
    assert leaky.leakage < 1e-6
    assert any("memorisation" in reason for reason in leaky.reasons)
    again = compare(spec, [copied], preset="quick")
    assert again.recommended is None
    assert "blocked this source" in again.compared[0].reasons[0]
    assert math.isnan(again.compared[0].auc)


def test_one_that_cannot_run_is_a_row_with_its_reason(found):
    missing = of(found, "imported:path=nowhere.csv")
    assert missing.verdict is Verdict.UNMEASURED
    assert "nowhere.csv does not exist" in missing.reasons[0]


def test_an_unforeseen_failure_is_a_row_that_quotes_nothing(spec, monkeypatch):
    def fail(*_: object) -> None:
        report("half way")
        raise ValueError("her secret")

    monkeypatch.setattr(Forest, "fit", fail)
    told = []
    failed = compare(spec, ["forest:trees=2"], preset="quick", progress=told.append)
    assert told == ["reading", "forest:trees=2", "half way"]
    assert "ValueError" in failed.advice
    assert "secret" not in failed.advice + failed.to_json()


def test_every_one_counts_as_an_attempt_and_nothing_is_in_force_or_opened(found, spec, copied):
    run = Run(spec, project.store(), "later")
    attempts = run.ledger.read("attempts", "shop")
    first = attempts[attempts["run_id"] == attempts["run_id"].iloc[0]]
    assert first["generator"].tolist() == ["marginals-2", "imported-1", "imported-1", "forest-2"]
    assert first["verdict"].tolist()[:3] == ["block", "block", "unmeasured"]
    assert set(run.ledger.read("findings", "shop")["artefact"]) >= set(first["artefact"]) - {""}
    assert not len(run.ledger.read("openings"))
    assert all(run.find(asset) is None for asset in ("generator", "candidates", "deduplicated", "memorisation"))


def test_equal_comparisons_give_equal_numbers(found, spec):
    again = of(compare(spec, ["forest:trees=3"], preset="quick"), "forest")
    assert (again.auc, again.utility, again.leakage) == tuple(
        getattr(of(found, "forest"), name) for name in ("auc", "utility", "leakage")
    )


@pytest.mark.parametrize(
    ("label", "told"),
    [("forst", "no generator 'forst'"), ("forest:leaf", "KIND:NAME=VALUE"), ("forest:leaf=3", "leaf")],
)
def test_a_generator_that_does_not_exist_is_refused_before_anything_runs(spec, label, told):
    with pytest.raises(SynthError, match=told):
        compare(spec, ["marginals", label])


def test_the_page_shows_each_one_and_no_more_than_was_measured(found):
    page = found.to_html()
    assert page == found.to_html()
    assert page.count("<svg") == 3
    assert "nowhere.csv" in page
    assert "script" not in page.lower().replace("description", "")
    assert "&lt;b&gt;" in frontier("<b>", 10, [], "nothing")


def test_the_command_prints_a_table_and_writes_json_and_the_page(spec, found, tmp_path, monkeypatch):
    monkeypatch.setattr(declaration, "declared", lambda _: {"shop": Path("shop/defs.yaml")})
    monkeypatch.setattr(declaration, "load", lambda _: spec.model_copy(update={"generator": Forest(trees=3)}))
    written = {"--json": tmp_path / "c.json", "--html": tmp_path / "c.html"}
    words = ["compare", "shop", "--generator", "forest", "--preset", "quick"]
    done = CliRunner().invoke(app, [*words, *(str(word) for pair in written.items() for word in pair)])
    assert done.exit_code == 0, done.output
    assert "Use forest" in done.output
    assert json.loads(written["--json"].read_text())["generators"][0]["auc"] == of(found, "forest").auc
    assert written["--html"].read_text().startswith("<!doctype html>")
    assert CliRunner().invoke(app, ["compare", "shop", "--generator", "marginals", "--preset", "quick"]).exit_code == 1
