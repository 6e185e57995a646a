"""Real tables for benchmarks: those that come with libraries, and those in the folder SYNTH_DATA if it is given."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from synth_pipeline.adapters.ingest.parts import read_real
from synth_pipeline.core.table import Table
from synth_pipeline.dedup.near import near_duplicates
from synth_pipeline.defs.docstrings.corpus import documents
from synth_pipeline.defs.fair.survey import women
from synth_pipeline.spec.dedup import Near
from synth_pipeline.text.shingles import shingle_sets


def randhie() -> pd.DataFrame:
    """RAND Health Insurance Experiment, 20,190 rows of nine columns, without the count of visits."""
    from statsmodels.datasets import randhie as dataset

    return dataset.load_pandas().data.drop(columns="mdvis")


def digits() -> pd.DataFrame:
    """1,797 pictures of digits, cut to the 16 points in the middle of their 64."""
    from sklearn.datasets import load_digits

    pixels = load_digits().images[:, 2:6, 2:6].reshape(-1, 16).astype(int)
    return pd.DataFrame(pixels, columns=[f"point_{place}" for place in range(16)])


def _folder(name: str) -> Callable[[], pd.DataFrame] | None:
    path = Path(os.environ.get("SYNTH_DATA", "")) / f"{name}.csv.gz"
    return (lambda: pd.read_csv(path)) if os.environ.get("SYNTH_DATA") and path.exists() else None


def census_extended() -> pd.DataFrame:
    """The census with what it lacks for some faults: an identifier, two dates in order, gaps that go together."""
    census = FRAMES["census"]()
    stream = np.random.default_rng(1994)
    rows = len(census)
    hired = pd.Timestamp("1994-01-01") - pd.to_timedelta(stream.gamma(2, 900, rows).astype(int), "D")
    gaps = stream.random(rows) < 0.1
    return census.assign(
        person=[f"person-{number}" for number in stream.permutation(10 * rows)[:rows]],
        hired=hired,
        left=hired + pd.to_timedelta(1 + stream.gamma(2, 300, rows).astype(int), "D"),
        union_since=np.where(gaps, np.nan, stream.integers(0, 30, rows)),
        union_dues=np.where(gaps, np.nan, np.round(stream.lognormal(3, 0.5, rows), 2)),
    )


def docstrings() -> pd.DataFrame:
    """What scientific libraries say of their functions and classes, with the library."""
    return _apart(documents()[["text", "library"]])


def banking77() -> pd.DataFrame:
    """Questions to a bank, of 77 kinds (CC BY 4.0, PolyAI)."""
    return _apart(FRAMES["banking77_train"]().rename(columns={"category": "label"}))


def _apart(corpus: pd.DataFrame) -> pd.DataFrame:
    """One text of each cluster of near duplicates, as a corpus has it before the split."""
    stands = near_duplicates(shingle_sets(corpus["text"].tolist(), Near().words), Near().threshold)
    return corpus[stands == np.arange(len(corpus))].reset_index(drop=True)


FRAMES: dict[str, Callable[[], pd.DataFrame]] = {"fair": women, "randhie": randhie, "digits": digits,
                                                 "docstrings": docstrings}  # fmt: skip
_FILES = ("census", "online_shoppers", "banking77_train")
FRAMES |= {name: frame for name in _FILES if (frame := _folder(name)) is not None}
if "census" in FRAMES:
    FRAMES["census_extended"] = census_extended
if "online_shoppers" in FRAMES:
    FRAMES["shoppers_15"] = lambda: FRAMES["online_shoppers"]().iloc[:, :15]

if "banking77_train" in FRAMES:
    FRAMES["banking77"] = banking77

TARGETS = {"docstrings": "library", "banking77": "label", "fair": "had_affair", "census": "income",
           "census_extended": "income", "online_shoppers": "Revenue"}  # fmt: skip
SENSITIVE = {"census_extended": ("sex",)}


def load(name: str) -> Table:
    """Under the schema that ingestion infers."""
    return read_real({"real": FRAMES[name]()})[1]["real"]
