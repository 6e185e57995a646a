"""A drawer as bytes, which say before they are unpickled what they need."""

import json
import pickle
from importlib.metadata import version

from synth_pipeline.core.errors import SynthError
from synth_pipeline.drawing.drawer import Drawer

FORMAT = 1  # rises with every change of what a drawer holds
_LIBRARIES = ("numpy", "pandas", "scikit-learn")


def dumps(drawer: Drawer) -> bytes:
    """One line of JSON that says what the rest was made by, and the pickled drawer."""
    head = _made_by(f"{drawer.name}-{drawer.version}")
    return json.dumps(head).encode() + b"\n" + pickle.dumps(drawer, protocol=5)


def loads(data: bytes, generator: str) -> Drawer:
    """The drawer of a generator, named as in ``forest-1``; only of bytes that nobody else has written.

    Raises SynthError where it was fitted by another version of the generator, of this format or of a library.
    """
    head, _, body = data.partition(b"\n")
    try:
        found = dict(json.loads(head))
    except (ValueError, TypeError):  # a pickle of before there were drawers
        found = {}
    other = [f"{found.get(name, 'unknown')} instead of {value}" for name, value in _made_by(generator).items()
             if found.get(name) != value]  # fmt: skip
    if other:
        raise SynthError(f"The fitted sampler is from another version: it was made by {', '.join(other)}.",
                         "fit the generator again.")  # fmt: skip
    return pickle.loads(body)  # noqa: S301 - of bytes that our own side wrote


def _made_by(generator: str) -> dict[str, str]:
    libraries = {name: f"{name} {version(name)}" for name in _LIBRARIES}
    return {"generator": f"generator {generator}", "format": f"format {FORMAT}", **libraries}
