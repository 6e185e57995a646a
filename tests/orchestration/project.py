"""A copy of the project in a folder of its own, with data sets of the test's, driven as a user would drive it."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("synth_pipeline", "dbt_project", "expectations", "pyproject.toml", "workspace.yaml", "README.md")


@dataclass(frozen=True)
class Project:
    """The folder of a copy; its home lies inside."""

    root: Path

    @classmethod
    def copy(cls, root: Path) -> "Project":
        root.mkdir(parents=True, exist_ok=True)
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=ignored)
            elif source.exists():
                shutil.copy(source, root / name)
        return cls(root)

    @property
    def home(self) -> Path:
        return self.root / ".synth"

    @property
    def environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("SYNTH_", "DAGSTER_", "DBT_"))}
        return clean | {"PYTHONPATH": str(self.root), "SYNTH_DEBUG": "1"}

    def declare(self, name: str, **attributes: object) -> None:
        """Add a data set: its declaration, its place in the warehouse and its models."""
        folder = self.root / "synth_pipeline" / "defs" / name
        folder.mkdir(exist_ok=True)
        declaration = {"type": "synth_pipeline.SyntheticDataset", "attributes": {"name": name, **attributes}}
        (folder / "defs.yaml").write_text(yaml.safe_dump(declaration, sort_keys=False))
        models = self.root / "dbt_project" / "models"
        if not (models / name).exists():
            (models / name).mkdir()
            for file in (models / "fair").iterdir():
                text = file.read_text().replace("fair", name)
                (models / name / file.name.replace("fair", name)).write_text(text)
        project = self.root / "dbt_project" / "dbt_project.yml"
        settings = yaml.safe_load(project.read_text())
        settings["vars"]["datasets"] = sorted({*settings["vars"]["datasets"], name})
        project.write_text(yaml.safe_dump(settings, sort_keys=False))

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "synth_pipeline.cli", *words]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*words), cwd=self.root, env=self.environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def synth(self, *words: str) -> tuple[int, str]:
        """Exit status and all that was printed."""
        done = self.start(*words)
        printed, _ = done.communicate(timeout=300)
        return done.returncode, printed

    def release(self, name: str) -> dict[str, object]:
        return json.loads((self.home / "published" / name / "current" / "manifest.json").read_text())

    def query(self, sql: str) -> pd.DataFrame:
        """Of the published warehouse."""
        with duckdb.connect(str(self.home / "restricted" / "warehouse" / "warehouse.duckdb"), read_only=True) as opened:
            return opened.sql(sql).df()

    def ledger(self, kind: str) -> pd.DataFrame:
        files = sorted((self.home / "restricted" / "ledgers" / kind).glob("*.parquet"))
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True) if files else pd.DataFrame()


def wait(until: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Whether it came true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if until():
            return True
        time.sleep(every)
    return False
