"""Where this checkout and its home are."""

import os
from pathlib import Path

from synth_pipeline.adapters.gates.suite import Suites
from synth_pipeline.adapters.storage import Store

ROOT = Path(__file__).resolve().parents[2]
DEFS = ROOT / "synth_pipeline" / "defs"


def store() -> Store:
    """The home: SYNTH_HOME, or .synth in the checkout."""
    return Store(Path(os.environ.get("SYNTH_HOME") or ROOT / ".synth").resolve())


def suites() -> Suites:
    """The suites of this checkout, or those in SYNTH_EXPECTATIONS."""
    return Suites(Path(os.environ.get("SYNTH_EXPECTATIONS") or ROOT / "expectations").resolve())
