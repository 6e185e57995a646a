"""Every generator as the tests want it: small, with rows to import, and marked where it needs what is not installed."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from synth_pipeline.generators import GENERATORS
from synth_pipeline.generators.protocol import Generator

# Networks, trained for a moment: what is promised holds however well they have learned.
DEEP: dict[str, dict[str, Any]] = {
    "diffusion": {"steps": 20, "width": 32, "solver": 8},
    "gan": {"steps": 20, "width": 32, "candidates": 2},
}
# Whose rows an endpoint makes: what can be promised of them stands in tests of their own.
ASKING = {"language_model"}
ENGINE = "SYNTH_AUTOREGRESSIVE_PYTHON"

KINDS = [
    pytest.param(kind, marks=[pytest.mark.deep] * (kind in DEEP) + [pytest.mark.engine] * (kind == "autoregressive"))
    for kind in sorted({*GENERATORS} - ASKING)
]  # fmt: skip


def small(kind: str, folder: Path, rows: pd.DataFrame | None = None) -> Generator:
    """A generator of this kind that is fitted in a moment; ``rows`` are what it imports."""
    path = folder / "made.parquet"
    if kind == "imported" and rows is not None:
        rows.to_parquet(path, index=False)
    parameters = DEEP.get(kind, {})
    if kind == "imported":
        parameters = {"path": str(path)}
    elif kind == "autoregressive":
        parameters = {"python": _engine(), "epochs": 2}
    generator: Any = GENERATORS[kind](**parameters)
    return generator


def _engine() -> str:
    """The interpreter that has mostlyai-engine."""
    if not (python := os.environ.get(ENGINE)):
        pytest.skip(f"{ENGINE} names no interpreter that has mostlyai-engine")
    return python
