"""Parts of train records in the synthetic table: some of their columns, a secret, or their identifiers."""

import numpy as np
import pandas as pd

from synth_pipeline.redteam.scene import NotApplicable, Scene, picked
from synth_pipeline.spec.columns import Kind

SECRET = 3  # columns of a secret


def redrawn(scene: Scene, columns: float) -> pd.DataFrame:
    """1 % of the rows are train records of which so many columns, others in each row, come from other rows."""
    return _redrawn(scene, columns, 0.01)


def redrawn_twice_as_many(scene: Scene, columns: float) -> pd.DataFrame:
    """2 % of the rows are train records of which so many columns, others in each row, come from other rows."""
    return _redrawn(scene, columns, 0.02)


def secret_on_others(scene: Scene, share: float) -> pd.DataFrame:
    """A combination of values that few train records have is put on a share of the rows, which keep their others.

    It is that of the sensitive columns and the target, filled up with random columns to three.
    """
    stream = scene.stream("secret", share)
    names = _secret_columns(scene, stream)
    victim = scene.train.frame[names].iloc[[_rarest(scene.train.frame[names], stream)]]
    places, frame = scene.places(share, stream), scene.frame()
    order = np.arange(len(frame))
    order[places] = len(frame)
    frame[names] = picked(pd.concat([frame[names], victim]), order)
    return frame


def under_new_ids(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows are train records, and all rows have identifiers that no real record has."""
    stream, names = scene.stream("new ids", share), _identifying(scene)
    frame = scene.replaced(scene.records(share, stream), stream)
    for name in names:
        numbers = stream.permutation(10 * len(frame))[: len(frame)]
        kind = scene.clean.schema[name].kind
        if kind is Kind.INTEGER:
            last = max(np.nanmax(table.numbers(name)) for table in (scene.train, scene.holdout))
            frame[name] = numbers + int(last) + 1
        else:
            frame[name] = pd.Series([f"new-{number}" for number in numbers], dtype="str")
    return frame


def reused_keys(scene: Scene, share: float) -> pd.DataFrame:
    """A share of the rows carry identifiers of train records, and nothing else of them."""
    stream, frame = scene.stream("keys", share), scene.frame()
    for name in _identifying(scene):
        real = scene.train.frame[name].drop_duplicates().dropna()
        places = scene.places(share, stream)[: len(real)]
        order = np.arange(len(frame))
        order[places] = len(frame) + stream.permutation(len(real))[: len(places)]
        frame[name] = pd.concat([frame[name], real]).iloc[order].reset_index(drop=True)
    return frame


def _redrawn(scene: Scene, columns: float, share: float) -> pd.DataFrame:
    """The columns are drawn anew one by one, each from the clean rows as a whole."""
    stream, names = scene.stream("redrawn", share, columns), scene.clean.schema.modelled
    if len(names) <= columns:
        raise NotApplicable(f"the table has no more than {columns:g} columns")
    rows = scene.records(share, stream)
    changed = stream.random((len(rows), len(names))).argsort(1) < columns
    for place, name in enumerate(names):
        other = picked(scene.clean.frame[[name]], stream.integers(len(scene.clean), size=len(rows)))[name]
        rows[name] = rows[name].where(~changed[:, place], other)
    return scene.replaced(rows, stream)


def _secret_columns(scene: Scene, stream: np.random.Generator) -> list[str]:
    names = scene.compared
    varied = [name for name in names if scene.distinct(name) > 1]
    declared = [name for name in dict.fromkeys([*scene.sensitive, scene.target]) if name in varied]
    others = stream.permutation(np.array([name for name in varied if name not in declared], object))
    secret = [*declared, *others][: max(SECRET, len(declared))]
    if len(varied) - len(secret) < 1 or len(secret) < 2:
        raise NotApplicable("the table has too few columns for a secret and for what it is put on")
    return secret


def _rarest(values: pd.DataFrame, stream: np.random.Generator) -> int:
    """The position of a complete row of which there are fewest equal ones."""
    known = np.flatnonzero(values.notna().all(axis=1).to_numpy())
    if not len(known):
        raise NotApplicable("no train record has a value in all columns of a secret")
    counts = values.iloc[known].groupby(list(values), observed=True)[values.columns[0]].transform("size").to_numpy()
    return int(stream.choice(known[counts == counts.min()]))


def _identifying(scene: Scene) -> list[str]:
    """Identifiers, and the key whatever its kind."""
    names = scene.clean.schema.of(Kind.IDENTIFIER)
    if scene.key is not None and scene.clean.schema[scene.key].kind in (Kind.INTEGER, Kind.CATEGORY):
        names = [*names, scene.key]
    if not names:
        raise NotApplicable("the table has no identifier")
    return names
