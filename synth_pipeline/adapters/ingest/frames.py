"""Open the data frame that a Python function returns."""

import importlib
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from synth_pipeline.adapters.guarded import guarded
from synth_pipeline.adapters.ingest.opened import Opened
from synth_pipeline.adapters.ingest.session import Session
from synth_pipeline.core.errors import SynthError


def open_function(session: Session, function: str, root: Path, exclude: Sequence[str]) -> Opened:
    """Raises SynthError where the function cannot be imported, fails or returns no data frame."""
    frame = frame_of(function, root)
    names = [str(name) for name in frame.columns]
    arrays = [
        pa.nulls(len(frame)) if name in exclude else _array(frame.iloc[:, i], name, function)
        for i, name in enumerate(names)
    ]
    if not names or not len(frame):
        raise SynthError(f"The data frame of {function} is empty.", "return one with at least two rows.")
    session.connection.register("frame", pa.table(arrays, [f"c{i}" for i in range(len(names))]))
    dtypes = dict(zip(names, frame.dtypes, strict=True))
    return Opened(
        "SELECT * FROM frame",
        names,
        loose=frozenset(name for name, dtype in dtypes.items() if _is_object(dtype)),
        categories=frozenset(name for name, dtype in dtypes.items() if isinstance(dtype, pd.CategoricalDtype)),
    )


def frame_of(function: str, root: Path) -> pd.DataFrame:
    """What the function returns; raises SynthError where it cannot be imported, fails or returns no data frame."""
    with _importable(root):
        return _called(_imported(function), function)


def function_of(function: str, root: Path) -> Callable[..., Any]:
    """The function itself; raises SynthError where it cannot be imported."""
    with _importable(root):
        return _imported(function)


@contextmanager
def _importable(root: Path) -> Generator[None, None, None]:
    """Modules of the project's folder can be imported meanwhile."""
    sys.path.insert(0, str(root.resolve()))
    try:
        yield
    finally:
        sys.path.remove(str(root.resolve()))


def _imported(function: str) -> Callable[..., Any]:
    module, name = function.split(":")
    with guarded(f"The module of {function} cannot be imported", "install it, or put it in the project's folder."):
        found = getattr(importlib.import_module(module), name, None)
    if not callable(found):
        raise SynthError(f"{module} has no function {name!r}.", "name a function of that module.")
    return found


def _called(function: Callable[[], Any], name: str) -> pd.DataFrame:
    with guarded(f"{name} failed", "call it by hand and mend it."):
        frame = function()
    if not isinstance(frame, pd.DataFrame):
        raise SynthError(f"{name} returned {type(frame).__name__}, not a pandas data frame.", "return a data frame.")
    return frame


def _is_object(dtype: Any) -> bool:
    """Any Python object; a text column of pandas has a type of its own."""
    return not isinstance(dtype, pd.api.extensions.ExtensionDtype) and dtype.kind == "O"


def _array(values: pd.Series, name: str, called: str) -> pa.Array | pa.ChunkedArray:
    """A column as Arrow; objects of several types become text, which is then looked at like a CSV file's."""
    try:
        array = pa.array(values, from_pandas=True)
    except (pa.ArrowException, TypeError):
        known = values.dropna()
        if not _is_object(values.dtype) or known.map(pd.api.types.is_list_like).any():
            raise SynthError(
                f"Column {name!r} of {called} is of type {values.dtype} without a kind here, or holds nested values.",
                "convert it to numbers, text or timestamps, or exclude it.",
            ) from None
        array = pa.array(values.map(str, na_action="ignore"), pa.string(), from_pandas=True)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type).cast(pa.string())
    return array.cast(pa.float32()) if pa.types.is_float16(array.type) else array
