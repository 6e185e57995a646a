"""Where code that is not ours runs: what it raises may be anything, with real rows in the message."""

from collections.abc import Generator
from contextlib import contextmanager

from synth_pipeline.core.errors import SynthError


@contextmanager
def guarded(failed: str, fix: str) -> Generator[None]:
    """Any error but a SynthError becomes one, which says what ``failed`` and names the type of the error alone."""
    try:
        yield
    except SynthError:
        raise
    except Exception as error:  # noqa: BLE001  (the one place: it is not our code, and its words may quote rows)
        raise SynthError(f"{failed} ({type(error).__name__}).", fix) from None
