"""Where a user's own code runs: what it raises may be anything, with real rows in the message."""

from collections.abc import Generator
from contextlib import contextmanager

from synth_pipeline.core.errors import SynthError


@contextmanager
def own_code(failed: str, fix: str) -> Generator[None]:
    """Any error becomes a SynthError that says what ``failed`` and names the type of the error alone."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  (it is not our code)
        raise SynthError(f"{failed} ({type(error).__name__}).", fix) from None
