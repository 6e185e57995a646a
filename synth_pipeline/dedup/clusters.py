"""Who stands for whom: one row per document that was dropped and per one that stands for it."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

COLUMNS = {
    "kind": "str",  # near, semantic, evaluation or earlier
    "cluster": "int64",  # counted within a kind
    "member": "str",  # record id, or number of the row
    "origin": "str",  # where the member is from: source, candidates, or the name of another set
    "kept": "bool",
    "similarity": "float64",  # to the one that stands for it, 0 to 1
}


def of_stands(kind: str, origin: str, names: Sequence[str], stands: np.ndarray, similarity: np.ndarray) -> pd.DataFrame:
    """Clusters within one set; ``stands`` has for each document the place of the one that is kept for it."""
    own = stands == np.arange(len(stands))
    in_cluster = ~own
    in_cluster[stands[~own]] = True
    held = np.flatnonzero(in_cluster)
    order = held[np.lexsort((held, stands[held]))]
    cluster, members = np.unique(stands[order], return_inverse=True)[1], [names[place] for place in order]
    return _frame(kind, cluster, members, [origin] * len(order), own[order], np.where(own, 1.0, similarity)[order])


def of_matches(kind: str, origins: tuple[str, str], names: Sequence[str], matched: pd.DataFrame) -> pd.DataFrame:
    """Documents of the first origin that resemble those of the second, each of which is a cluster with its matches.

    ``matched`` has the columns document, item and similarity; an item is named by the number of its row.
    """
    items, cluster = np.unique(matched["item"].to_numpy(), return_inverse=True)
    members = [names[place] for place in matched["document"]]
    kept = _frame(kind, np.arange(len(items)), [str(item + 1) for item in items], [origins[1]] * len(items),
                  np.ones(len(items), bool), np.ones(len(items)))  # fmt: skip
    dropped = _frame(kind, cluster, members, [origins[0]] * len(members), np.zeros(len(members), bool),
                     matched["similarity"].to_numpy())  # fmt: skip
    return pd.concat([kept, dropped]).sort_values("cluster", kind="stable", ignore_index=True)


def together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All clusters as one table, also where there are none."""
    empty = pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in COLUMNS.items()})
    return pd.concat([empty, *parts], ignore_index=True).astype(COLUMNS)


def _frame(
    kind: str, cluster: np.ndarray, members: list[str], origins: list[str], kept: np.ndarray, similarity: np.ndarray
) -> pd.DataFrame:
    return pd.DataFrame({
        "kind": kind, "cluster": cluster, "member": members, "origin": origins, "kept": kept,
        "similarity": np.round(similarity.astype("float64"), 6),
    }).astype(COLUMNS)  # fmt: skip
