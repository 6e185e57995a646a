"""Numeric threads, pinned: sums come out the same on every machine, and steps do not fight over cores."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def pinned(threads: int = 1) -> Iterator[None]:
    """BLAS and OpenMP use so many threads inside."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        yield
