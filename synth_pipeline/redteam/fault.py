"""A planted fault, and what ought to see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from synth_pipeline.redteam.scene import Scene

Plant = Callable[[Scene, float], pd.DataFrame]
Gate = Literal["input", "memorisation", "fidelity", "utility", "diversity", "sealed"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which a synthetic table can be wrong.

    ``plant`` gives the table as a generator would deliver it, and raises NotApplicable where the real
    table has no column for it; any one of ``gates`` ought to see it, by ``expected`` at least.
    """

    name: str
    family: str
    plant: Plant
    strength: float
    unit: str
    gates: frozenset[Gate]
    expected: Literal["block", "warn", "refuse"] = "block"

    def planted(self, scene: Scene) -> pd.DataFrame:
        """The faulty table; the same for the same scene."""
        return self.plant(scene, self.strength)


def fault(
    name: str, plant: Plant, strength: float, unit: str, *gates: Gate,
    expected: Literal["block", "warn", "refuse"] = "block",
) -> Fault:  # fmt: skip
    """A fault whose family is the module that its plant stands in."""
    return Fault(name, plant.__module__.rsplit(".", 1)[-1], plant, strength, unit, frozenset(gates), expected)
