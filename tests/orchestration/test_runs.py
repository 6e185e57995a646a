"""Whole runs in processes of their own: what is released, what is refused, and what a crash leaves behind."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.defs.fair.survey import women
from tests.orchestration.project import Project, wait

pytestmark = pytest.mark.slow

FAIR = {"kind": "python", "function": "synth_pipeline.defs.fair.survey:women"}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.copy(tmp_path / "project")


def amounts(rows: int, seed: int) -> pd.DataFrame:
    """A table of correlated amounts and a target: rows do not repeat, so a copied one stands out."""
    stream = np.random.default_rng(seed)
    hidden = stream.standard_normal((rows, 2))
    group = np.where(hidden[:, 0] + stream.normal(0, 1, rows) > 0, "north", "south")
    return pd.DataFrame(
        {
            "income": np.round(np.exp(10 + 0.5 * hidden[:, 0] + 0.3 * stream.standard_normal(rows)), 2),
            "rent": np.round(np.exp(6 + 0.4 * hidden[:, 0] + 0.2 * stream.standard_normal(rows)), 2),
            "age": stream.integers(18, 90, rows),
            "region": group,
            "bought": np.where(hidden[:, 0] + hidden[:, 1] + stream.normal(0, 0.7, rows) > 0.5, "yes", "no"),
        }
    )


def test_a_second_run_of_the_same_spec_and_seed_yields_the_same_content(project: Project) -> None:
    status, printed = project.synth("run", "fair")
    assert status == 0, printed
    first = project.release("fair")
    assert project.synth("run", "fair")[0] == 0
    assert project.release("fair") == first

    events = project.ledger("releases")["event"].tolist()
    assert events == ["staged", "released", "staged", "released"]
    assert len(project.ledger("openings")) == 1, "an equal rerun opened sealed again"
    ledger = project.query("select version, is_current from release_ledger")
    assert ledger.to_dict("records") == [{"version": first["version"], "is_current": True}]
    origin = project.query("select _origin, count(*) as n from fair__training_mix group by 1 order by 1")
    assert origin["_origin"].tolist() == ["real", "synthetic"]
    assert int(origin["n"][1]) == first["rows"]

    assert project.synth("run", "fair", "--seed", "7")[0] == 0
    assert project.release("fair")["version"] != first["version"]


def test_independent_columns_are_not_released_and_release_alone_is_refused(project: Project) -> None:
    project.declare("fair", source=FAIR, target="had_affair", generator={"kind": "marginals"})
    status, printed = project.synth("run", "fair")
    assert status == 1
    why = printed[printed.index("fair: not released: ") : printed.index("verdict ")]
    assert "fidelity: pairs" in why
    assert not (project.home / "published" / "fair" / "current").exists()
    status, printed = project.synth("run", "fair", "--only", "release")
    assert status == 1
    assert "fair: not released: " in printed
    assert "nothing is staged" in printed
    verdicts = project.query("select distinct gate_verdict as verdict from findings_history where gate = 'fidelity'")
    assert "block" in verdicts["verdict"].tolist(), "the marts do not show the refusal"


def test_rows_that_are_blocked_hold_no_records_back(project: Project) -> None:
    status, printed = project.synth("run", "docstrings")
    assert status == 1
    assert "docstrings: not released: " in printed and "text_classifier auc" in printed
    records = project.home / "published" / "docstrings" / "labels" / "current"
    assert f"records    {records.resolve().relative_to(project.root.resolve())}" in printed
    assert not (project.home / "published" / "docstrings" / "current").exists()
    events = project.ledger("releases")["event"].tolist()
    assert events[:2] == ["records_staged", "records_released"] and set(events[2:]) == {"refused"}
    shown = project.query("select version, is_current from record_ledger")
    assert shown.to_dict("records") == [{"version": records.resolve().name, "is_current": True}]
    assert project.query("select count(*) as n from released_records")["n"][0] > 4_000


def test_one_percent_of_copies_is_caught_by_the_audit_and_final(project: Project) -> None:
    rows = amounts(12_000, seed=1)
    rows.to_parquet(project.root / "rows.parquet", index=False)
    project.declare("shop", source={"kind": "file", "path": "rows.parquet"}, target="bought")
    status, printed = project.synth("run", "shop")
    assert status == 0, printed
    version = project.release("shop")["version"]

    status, printed = project.synth("run", "shop", "--drill-copies", "0.01")
    assert status == 1
    why = printed[printed.index("shop: not released: ") : printed.index("verdict ")]
    assert "memorisation: exact_copies found" in why
    assert "drill" not in why, "it was the audit that had to find the copies"
    assert project.release("shop")["version"] == version

    status, printed = project.synth("run", "shop", "--only", "release")
    assert status == 1
    assert "made from another" in printed or "has not judged" in printed
    assert project.ledger("blocks").empty, "a drill must not block the real thing"
    assert project.synth("run", "shop")[0] == 0


POINTS = ["fair/train", "fair/generator", "fair/fidelity", "fair/staged_release", "lineage/warehouse"]


def test_a_run_killed_at_any_step_is_completed_by_the_next_one(project: Project) -> None:
    assert project.synth("run", "fair")[0] == 0
    before = project.release("fair")
    restricted = project.home / "restricted"
    for number, point in enumerate(POINTS):
        place = restricted / point
        seen = set(place.iterdir()) if place.is_dir() else set()

        def reached(place: Path = place, seen: set[Path] = seen) -> bool:
            return bool(set(place.iterdir()) - seen) if place.is_dir() else place.exists()

        started = project.start("run", "fair", "--seed", str(100 + number))
        assert wait(reached, 120), f"never came to {point}"
        os.killpg(started.pid, signal.SIGKILL)
        started.communicate()
        rows = project.query(
            "select _version, count(*) as n from fair__training_mix where _origin = 'synthetic' group by 1"
        )
        assert len(rows) == 1, f"killed at {point}: the warehouse is not whole"
        now = project.release("fair")
        assert now == before
        assert project.query("select count(*) as n from stg_fair__synthetic")["n"][0] == now["rows"]

        status, printed = project.synth("run", "fair", "--seed", str(100 + number))
        assert status == 0, f"after a kill at {point}: {printed}"
        after = project.release("fair")
        assert after != before
        assert project.query("select version from release_ledger where is_current")["version"].tolist() == [
            after["version"]
        ]
        assert not list(restricted.rglob("intent.json"))
        before = after


def test_two_data_sets_publish_at_the_same_time(project: Project) -> None:
    for name, seed in (("left", 11), ("right", 12)):
        women().sample(frac=1, random_state=seed).to_csv(project.root / f"{name}.csv", index=False)
        project.declare(name, source={"kind": "file", "path": f"{name}.csv"}, target="had_affair")
    status, printed = project.synth("check")
    assert status == 0, printed
    for seed in ("1", "2"):
        started = {name: project.start("run", name, "--seed", seed) for name in ("left", "right")}
        for process in started.values():
            printed, _ = process.communicate(timeout=300)
            assert process.returncode == 0, printed
            assert "lock" not in printed.lower()
        shown = project.query("select dataset, version from release_ledger where is_current order by 1")
        versions = {name: project.release(name)["version"] for name in ("left", "right")}
        assert dict(shown.itertuples(index=False)) == versions, "one of the two was lost"
        counts = project.query("select dataset, synthetic_rows from provenance_summary").set_index("dataset")[
            "synthetic_rows"
        ]
        assert {name: counts[name] for name in versions} == {name: project.release(name)["rows"] for name in versions}
