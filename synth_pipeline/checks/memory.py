"""What has been computed once for an audit, and is asked for again by other checks."""

from collections.abc import Callable, Hashable
from threading import Lock, RLock
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Memory:
    """Results by name; checks that run side by side wait for one another instead of computing twice."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, RLock] = {}
        self._lock = Lock()

    def recall(self, name: Hashable, compute: Callable[[], T]) -> T:
        """The result of this name, computed if it is asked for the first time."""
        with self._lock:
            lock = self._locks.setdefault(name, RLock())
        with lock:
            if name not in self._known:
                self._known[name] = compute()
            return self._known[name]


class view(Generic[T]):  # noqa: N801 - it is used as a decorator, as property is
    """A property that is computed once for each object; the object has a field ``own``, a Memory."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> "view[T]": ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return instance.own.recall(self._compute.__name__, lambda: self._compute(instance))
