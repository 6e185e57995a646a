"""How long work tells how far it is, without knowing who listens.  The core itself logs nothing."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Callable[[str], None]) -> Generator[None]:
    """Whatever is reported inside goes to this function, one short line at a time."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def report(line: str) -> None:
    """Tell the listener, if there is one.  A line holds no real value."""
    if (listener := _listener.get()) is not None:
        listener(line)
