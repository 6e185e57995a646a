"""``autoregressive``: TabularARGN (Tiwald et al. 2025, arXiv:2501.12012) by mostlyai-engine, for wide tables.

The engine runs as a process of its own, on files in a private folder that is deleted: it seeds global state and
may live in another environment.  It learns no identifiers, replaces rare levels and cuts extremes off.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table, from_numbers
from synth_pipeline.generators.autoregressive_driver import NOT_INSTALLED, OTHER_VERSION
from synth_pipeline.generators.columns import assembled, refuse_text
from synth_pipeline.spec.base import Spec
from synth_pipeline.spec.columns import Column, Kind, Schema

_DRIVER = Path(__file__).with_name("autoregressive_driver.py")
_ALONE = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
_INSTALL = (
    "install the extra by \"pip install 'synth_pipeline[autoregressive]'\", or make an environment by 'uv venv engine' "
    "and 'uv pip install --python engine/bin/python mostlyai-engine' and name its interpreter as 'python'."
)


class Autoregressive(Spec):
    """An autoregressive network over binned columns, by mostlyai-engine."""

    kind: Literal["autoregressive"] = "autoregressive"
    epochs: int = Field(default=100, ge=1, le=10_000, description="Most passes; it stops when validation rows say so.")
    minutes: float = Field(
        default=600, gt=0, description="Most time of training; where it ends a fit, equal seeds may differ."
    )
    python: str = Field(
        default="", description="Interpreter that has mostlyai-engine; the one that runs the pipeline if absent."
    )

    @property
    def version(self) -> int:
        return 1

    def fit(self, train: Train, seed: Seed) -> "AutoregressiveSampler":
        """Train on a copy of the rows under neutral column names.  Raises SynthError where the engine is missing."""
        table = train.table
        refuse_text(table, self.kind)
        names = [name for name in table.schema.modelled if table.frame[name].notna().any()]
        coded = {f"c{place}": name for place, name in enumerate(names)}
        files: dict[str, bytes] = {}
        if coded:
            task = {"seed": seed.state, "epochs": self.epochs, "minutes": self.minutes,
                    "encodings": {code: _encoding(table.schema[name]) for code, name in coded.items()}}  # fmt: skip
            rows = pd.DataFrame({code: _plain(table.frame[name]) for code, name in coded.items()})
            with _folder(task, {}) as folder:
                rows.to_parquet(folder / "train.parquet", index=False)
                _run(self.python, "fit", folder)
                files = {str(path.relative_to(folder)): path.read_bytes()
                         for path in sorted((folder / "ModelStore").rglob("*")) if path.is_file()}  # fmt: skip
        return AutoregressiveSampler(table.schema, coded, files, self.python)


@dataclass(frozen=True, slots=True, eq=False)
class AutoregressiveSampler:
    """The engine's model: its files by their place in its folder."""

    schema: Schema
    coded: dict[str, str]
    files: dict[str, bytes]
    python: str

    def sample(self, rows: int, seed: Seed) -> Table:
        made = self._made(rows, seed) if rows and self.files else pd.DataFrame(index=range(rows))
        drawn = {name: _typed(made[code], self.schema[name]) for code, name in self.coded.items() if code in made}
        empty = [name for name in self.schema.modelled if name not in drawn]
        drawn |= {name: pd.Series([None] * rows, dtype="object") for name in empty}
        return assembled(self.schema, drawn, rows, seed)

    def _made(self, rows: int, seed: Seed) -> pd.DataFrame:
        with _folder({"seed": seed.state, "rows": rows}, self.files) as folder:
            _run(self.python, "sample", folder)
            return pd.read_parquet(folder / "SyntheticData")


@contextmanager
def _folder(task: dict[str, Any], files: dict[str, bytes]) -> Iterator[Path]:
    """A folder that nobody else may read (mode 0700), for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix=".autoregressive-") as name:
        folder = Path(name)
        (folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
        for place, content in files.items():
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            (folder / place).write_bytes(content)
        yield folder


def _run(python: str, action: str, folder: Path) -> None:
    """Run the engine; its own messages may quote rows, so only the name of an error is told."""
    command = [python or sys.executable, "-I", "-W", "ignore", str(_DRIVER), action, str(folder)]
    try:
        done = subprocess.run(command, env=os.environ | _ALONE, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        raise SynthError(f"There is no interpreter {python!r}.", _INSTALL) from None
    if done.returncode == NOT_INSTALLED:
        raise SynthError(f"Generator 'autoregressive' needs mostlyai-engine, and {command[0]} has none.", _INSTALL)
    if done.returncode == OTHER_VERSION:
        raise SynthError("The sampler was fitted by another version of mostlyai-engine.", "fit the generator anew.")
    if done.returncode:
        told = (done.stderr.strip().splitlines() or ["no message"])[-1].split(":")[0]
        raise SynthError(f"mostlyai-engine failed to {action} ({told}).",
                         "try more training rows or fewer columns, or use another generator.")  # fmt: skip


def _encoding(column: Column) -> str:
    if column.kind.is_nominal:
        return "TABULAR_CATEGORICAL"
    return "TABULAR_DATETIME" if column.kind is Kind.DATETIME else "TABULAR_NUMERIC_AUTO"


def _plain(values: pd.Series) -> pd.Series:
    """Booleans as words, which is how they come back."""
    return values.astype("str") if pd.api.types.is_bool_dtype(values.dtype) else values


def _typed(values: pd.Series, column: Column) -> pd.Series:
    """What the engine wrote, as the kind of the column and on its grid."""
    if not column.kind.is_numeric:
        return values.astype("str")
    if column.kind is Kind.DATETIME:
        moments = pd.to_datetime(values)
        micros = moments.astype("datetime64[us]").astype("int64").to_numpy()
        numbers = np.where(moments.isna(), np.nan, micros / 1e6)
    else:
        numbers = values.to_numpy("float64", na_value=np.nan)
    return from_numbers(np.round(np.round(numbers / column.grid) * column.grid, 12) if column.grid else numbers, column)
