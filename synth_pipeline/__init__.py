"""Synthetic data that is released only with evidence."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth_pipeline.library import Audit, audit, generate, load_release

__version__ = "0.1.0"

__all__ = ["Audit", "audit", "generate", "load_release"]


def __getattr__(name: str) -> Any:
    """The library loads when it is first used, so that loading the graph stays quick."""
    if name in __all__:
        import synth_pipeline.library

        return getattr(synth_pipeline.library, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
