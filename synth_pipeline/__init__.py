"""Synthetic data that is released only with evidence."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_pipeline.components import SyntheticDataset
    from synth_pipeline.generation import fit, generate
    from synth_pipeline.library import Audit, audit, load_release

__version__ = "0.1.0"

__all__ = ["Audit", "SyntheticDataset", "audit", "fit", "generate", "load_release"]

# Loaded when first used: the library must not wait for Dagster, nor the graph for the library.
_HOMES = {
    "SyntheticDataset": "components",
    **dict.fromkeys(("Audit", "audit", "load_release"), "library"),
    **dict.fromkeys(("fit", "generate"), "generation"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
