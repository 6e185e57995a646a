"""Numeric threads, pinned: sums come out the same on every machine, and steps do not fight over cores."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def pinned(threads: int = 1) -> Generator[None]:
    """BLAS and OpenMP use so many threads inside.

    Only libraries that are loaded can be limited, so those that come with scipy and scikit-learn are loaded first.
    """
    for library in ("scipy.linalg", "sklearn.tree"):
        import_module(library)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(threads):
        yield
