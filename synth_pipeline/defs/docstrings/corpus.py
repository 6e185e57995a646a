"""A real corpus that every installation has: what the scientific libraries say of their functions, classes and methods.

Nothing is run but the import of the modules below.  The same versions of the libraries give the same rows.
"""

import inspect
import re
import warnings
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pandas as pd

MODULES = {
    "numpy": "numpy numpy.fft numpy.linalg numpy.ma numpy.polynomial numpy.random numpy.strings numpy.testing",
    "pandas": "pandas pandas.api.extensions pandas.api.indexers pandas.api.types pandas.plotting pandas.testing "
    "pandas.tseries.frequencies pandas.tseries.offsets",
    "scipy": "scipy.cluster.hierarchy scipy.cluster.vq scipy.constants scipy.fft scipy.integrate scipy.interpolate "
    "scipy.io scipy.linalg scipy.ndimage scipy.odr scipy.optimize scipy.signal scipy.signal.windows scipy.sparse "
    "scipy.sparse.csgraph scipy.sparse.linalg scipy.spatial scipy.spatial.distance scipy.special scipy.stats "
    "scipy.stats.qmc",
    "scikit-learn": "sklearn.base sklearn.calibration sklearn.cluster sklearn.compose sklearn.covariance "
    "sklearn.cross_decomposition sklearn.datasets sklearn.decomposition sklearn.discriminant_analysis sklearn.dummy "
    "sklearn.ensemble sklearn.feature_extraction sklearn.feature_selection sklearn.gaussian_process "
    "sklearn.gaussian_process.kernels sklearn.impute sklearn.inspection sklearn.isotonic sklearn.kernel_approximation "
    "sklearn.linear_model sklearn.manifold sklearn.metrics sklearn.metrics.pairwise sklearn.mixture "
    "sklearn.model_selection sklearn.multiclass sklearn.naive_bayes sklearn.neighbors sklearn.neural_network "
    "sklearn.pipeline sklearn.preprocessing sklearn.random_projection sklearn.svm sklearn.tree sklearn.utils",
    "statsmodels": "statsmodels.api statsmodels.stats.api statsmodels.tsa.api statsmodels.robust.norms "
    "statsmodels.tools.tools statsmodels.regression.linear_model statsmodels.genmod.families",
    "duckdb": "duckdb",
}
_PACKAGES = {"scikit-learn": "sklearn"}

FEWEST, MOST = 4, 600  # words of a document
_UNDERLINE = re.compile(r"^\s*[-=~]{3,}\s*$")
_KEPT = ("Parameters", "Returns", "Yields", "Attributes")  # sections of a document, beside what stands before them
_ENDS_SUMMARY = re.compile(r"(?<=[a-z0-9)`\]'\"])\.(?=\s|$)")


def documents() -> pd.DataFrame:
    """One row per documented object: name, library, object, summary, text.

    ``text`` is the name on a line of its own and the docstring up to its notes and examples, ``summary`` its first
    sentence.  Of objects with the same docstring the first by name is kept.
    """
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is deprecated
        for library, modules in MODULES.items():
            package = _PACKAGES.get(library, library)
            for name, kind, prose in _documented(package, modules.split()):
                rows.append((name, library, kind, _summary(prose), f"{name}\n\n{prose}"))
    frame = pd.DataFrame(rows, columns=["name", "library", "object", "summary", "text"]).sort_values("name")
    said = frame["text"].str.partition("\n\n")[2].str.lower().str.replace(r"\W+", " ", regex=True)
    return frame[~said.duplicated()].reset_index(drop=True)


def summaries() -> pd.DataFrame:
    """One row per different summary: name, library, object, summary."""
    frame = documents()[["name", "library", "object", "summary"]]
    said = frame["summary"].str.lower().str.replace(r"\W+", " ", regex=True).str.strip()
    return frame[~said.duplicated()].reset_index(drop=True)


def _documented(package: str, modules: list[str]) -> Iterator[tuple[str, str, str]]:
    """Name, kind and docstring of each object, under the first of the names that it has."""
    seen: dict[int, Any] = {}  # by id; what is held there keeps its id
    for module in modules:
        found = import_module(module)
        for name in _public(found):
            thing = _member(found, name)
            kind = _kind(thing)
            home = package if hasattr(found, "__all__") else module  # else a module shows what it imports
            if kind is None or not _is_of(thing, home) or id(thing) in seen:
                continue
            seen[id(thing)] = thing
            if (prose := _prose(thing)) is not None:
                yield f"{module}.{name}", kind, prose
            if kind == "class":
                yield from _methods(f"{module}.{name}", thing, seen)


def _methods(owner: str, thing: type, seen: dict[int, Any]) -> Iterator[tuple[str, str, str]]:
    """Those that the class itself defines."""
    for name, member in sorted(vars(thing).items()):
        own = getattr(member, "__func__", getattr(member, "fget", member))
        if name.startswith("_") or id(own) in seen or not (callable(own) or isinstance(member, property)):
            continue
        seen[id(own)] = own
        if (prose := _prose(own)) is not None:
            yield f"{owner}.{name}", "property" if isinstance(member, property) else "method", prose


def _public(module: ModuleType) -> list[str]:
    names = getattr(module, "__all__", None) or dir(module)
    return sorted(name for name in names if not name.startswith("_"))


def _member(module: ModuleType, name: str) -> Any:
    """None for what is only named, such as what is experimental."""
    try:
        return getattr(module, name, None)
    except ImportError:
        return None


def _kind(thing: Any) -> str | None:
    if inspect.isclass(thing):
        return None if issubclass(thing, BaseException) else "class"
    return "function" if callable(thing) else None


def _is_of(thing: Any, home: str) -> bool:
    """Whether the object was made in this package or module, as far as it says."""
    own = str(getattr(thing, "__module__", None) or type(thing).__module__).removeprefix("_")
    return own in ("builtins", "numpy") or own == home or own.startswith(f"{home}.")


def _prose(thing: Any) -> str | None:
    """The docstring without notes, references, examples and deprecations; None where it says too little or too much."""
    doc = getattr(thing, "__doc__", None)
    if not isinstance(doc, str):
        return None
    lines = inspect.cleandoc(doc).splitlines()
    while lines and (not lines[0].strip() or re.match(r"^[\w.]+\(.*\)( -> .*)?$", lines[0].strip())):
        lines.pop(0)  # signatures that builtins begin with
    kept, keeping, deprecated = [], True, False
    for place, line in enumerate(lines):
        deprecated = line.startswith(".. deprecated::") or (deprecated and not line[:1].strip())
        if deprecated:  # some name their arguments in another order in every process
            continue
        if place + 1 < len(lines) and _UNDERLINE.match(lines[place + 1]):
            keeping = line.strip() in _KEPT
        if keeping:
            kept.append(line.rstrip())
    text = "\n".join(kept).strip()
    words = len(text.split())
    return text if FEWEST <= words <= MOST and text[:1].isalpha() else None


def _summary(prose: str) -> str:
    """The first sentence of the first paragraph, on one line."""
    first = " ".join(re.split(r"\n\s*\n", prose, maxsplit=1)[0].split())
    end = _ENDS_SUMMARY.search(first)
    return first[: end.end()] if end else first
