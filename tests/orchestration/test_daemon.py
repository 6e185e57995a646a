"""A real daemon: sensors fire once, what they launch ends, and retries stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from tests.orchestration.project import Project, wait
from tests.orchestration.test_runs import amounts

pytestmark = pytest.mark.slow

ENDED = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE)


@contextmanager
def daemon(project: Project) -> Iterator[None]:
    """Schedules and sensors, as `synth ui` runs them, without the web server."""
    home = project.home / "restricted" / "dagster"
    log = (project.root / "daemon.log").open("w")
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", "workspace.yaml"],
        cwd=project.root, env=project.environment | {"DAGSTER_HOME": str(home)}, stdout=log, stderr=log,
        start_new_session=True,
    )  # fmt: skip
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
        log.close()


def queue(project: Project, job: str) -> None:
    """Launch a job as the UI does: through the queue that the daemon works off."""
    command = [Path(sys.executable).with_name("dagster"), "job", "launch", "-w", "workspace.yaml", "-j", job]
    home = {"DAGSTER_HOME": str(project.home / "restricted" / "dagster")}
    subprocess.run(list(map(str, command)), cwd=project.root, env=project.environment | home, check=True,
                   capture_output=True)  # fmt: skip


def runs(project: Project, name: str) -> list[dg.DagsterRun]:
    with dg.DagsterInstance.from_config(str(project.home / "restricted" / "dagster")) as instance:
        return list(instance.get_runs(dg.RunsFilter(job_name=name)))


def test_sensors_fire_once_and_retries_stop(tmp_path: Path) -> None:
    project = Project.copy(tmp_path / "project")
    rows = amounts(6_000, seed=3)
    source = project.root / "rows.csv"
    rows.to_csv(source, index=False)
    where = {"kind": "file", "path": "rows.csv"}
    project.declare("shop", source=where, drift={"tolerance": 0.05, "every_seconds": 10}, retries=0)
    project.declare("floor", source=where, generator={"kind": "marginals"}, retries=1)
    status, printed = project.synth("run", "shop")
    assert status == 0, printed
    version = project.release("shop")["version"]

    with daemon(project):
        assert wait(lambda: "shop_drift" in (project.root / "daemon.log").read_text(), 90, 1), (
            "the daemon does not look"
        )

        rows.sample(len(rows), replace=True, random_state=1).to_csv(source, index=False)
        looked = "its distribution did not"
        assert wait(lambda: (project.root / "daemon.log").read_text().count(looked) >= 1, 60, 1)
        assert len(runs(project, "shop")) == 1, "a resample of the same data is no drift"

        amounts(6_000, seed=3).assign(rent=lambda table: (table["rent"] * 1.3).round(2)).to_csv(source, index=False)
        assert wait(lambda: len(runs(project, "shop")) == 2, 60, 1), "the shifted file was not seen"
        launched = runs(project, "shop")[0]
        assert "rent moved" in launched.tags["synth/reason"]
        assert wait(lambda: runs(project, "shop")[0].status in ENDED, 180, 1)
        assert runs(project, "shop")[0].status is dg.DagsterRunStatus.SUCCESS
        assert project.release("shop")["version"] != version
        time.sleep(25)
        assert len(runs(project, "shop")) == 2, "the sensor fired again"

        queue(project, "floor")
        assert wait(lambda: len(runs(project, "floor")) == 2, 180, 1), (project.root / "daemon.log").read_text()
        assert wait(lambda: all(run.status in ENDED for run in runs(project, "floor")), 180, 1)
        time.sleep(25)
        attempts = sorted(run.tags.get("synth/attempt", "0") for run in runs(project, "floor"))
        assert attempts == ["0", "1"], "retries went past the cap"
        seeds = {run.tags.get("synth/seed") for run in runs(project, "floor")}
        assert len(seeds) == 2
    refusals = project.ledger("releases").query("event == 'refused' and dataset == 'floor'")
    assert len(set(refusals["run_id"])) == 2
    assert isinstance(refusals, pd.DataFrame)
