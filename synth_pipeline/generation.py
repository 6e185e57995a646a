"""Synthetic rows of anybody's table, without Dagster: fit once, then draw into memory or into a file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.declaration import Asked, Given, read_conditions, read_constraints
from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.ingest.parts import Data, read_real
from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.tables import write_parts
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.progress import listening
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.threads import pinned
from synth_pipeline.drawing import Drawer, fit_drawer, refused_if_short, write
from synth_pipeline.generators import GENERATORS
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.steps import WORKERS

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A generator that has learned a table of ``rows`` rows, and what is asked of each draw."""

    drawer: Drawer
    conditions: Conditions
    seed: Seed
    rows: int

    def sample(self, rows: int | None = None, workers: int = WORKERS) -> pd.DataFrame:
        """So many rows, as many as were learned from by default."""
        with connected(self.drawer.spoken, store()):
            return self.drawer.sample(self.rows if rows is None else rows, self.seed, self.conditions, workers).frame

    def write(
        self, out: Path, rows: int | None = None, workers: int = WORKERS, progress: Progress = lambda _: None
    ) -> int:
        """The same straight to a file, whose ending says the format; memory does not grow with the rows.

        Returns the number of rows, which is smaller where a generator may keep fewer.
        The file is there when it is whole, and else as it was before.
        """
        wanted = self.rows if rows is None else rows

        written = [0]  # rows

        def tell(done: int) -> None:
            written[0] = done
            progress(f"{done:,} of {wanted:,} rows")

        with connected(self.drawer.spoken, store()), listening(progress):
            if out.suffix == ".parquet":
                write(self.drawer, wanted, out, self.seed, self.conditions, workers, tell)
            else:
                shards = self.drawer.shards(wanted, self.seed, self.conditions, workers)
                write_parts((refused_if_short(shard).table.frame for shard in shards), out, tell)
        return written[0]


def fit(
    train: Data,
    generator: str = "forest",
    *,
    seed: int = 0,
    parameters: Mapping[str, Any] | None = None,
    constraints: Given = (),
    conditions: Asked | None = None,
    progress: Progress = lambda _: None,
) -> Fitted:
    """Fit a generator on a table.

    Each row that it draws keeps the ``constraints``, all of a draw together meet the ``conditions``; both as in a
    declaration, or in a YAML or JSON file.  Equal seeds give equal rows at any number of workers.
    Raises SynthError for an unknown generator or parameter, for columns that it cannot imitate, and, when rows are
    drawn, with counts where constraints or conditions cannot be met.
    """
    made = parametrised(generator, parameters or {})
    progress("reading")
    schema, real = read_real({"train": train})
    rules = read_constraints(constraints, schema)
    asked = Conditions() if conditions is None else read_conditions(conditions, schema)
    progress("fitting")
    with pinned(), listening(progress):
        drawer = fit_drawer(made, Train(real["train"]), rules, Seed(seed, ("fit",)), list(asked.named.values()))
    progress("sampling")
    return Fitted(drawer, asked, Seed(seed, ("sample",)), len(real["train"]))


def generate(train: Data, generator: str = "forest", *, rows: int | None = None, **settings: Any) -> pd.DataFrame:
    """Fit and sample in one call; ``settings`` are those of ``fit``."""
    return fit(train, generator, **settings).sample(rows)


def parametrised(generator: str, parameters: Mapping[str, Any]) -> Any:
    """A generator of this kind; raises SynthError where there is none, or it has no such parameter."""
    from pydantic import ValidationError

    if generator not in GENERATORS:
        raise SynthError(f"There is no generator {generator!r}.", f"use one of {', '.join(GENERATORS)}.")
    try:
        return GENERATORS[generator].model_validate({"kind": generator} | dict(parameters))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = ", ".join(field for field in GENERATORS[generator].model_fields if field != "kind") or "none"
        raise SynthError(f"Generator {generator!r}, parameter {name!r}: {first['msg']}.",
                         f"its parameters are: {known}.") from None  # fmt: skip
