"""What sensors ask of the real side: has it drifted from the training rows?"""

import tempfile
from pathlib import Path

from synth_pipeline.adapters.ingest import ingest
from synth_pipeline.adapters.project import ROOT
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.drift import Moved, drift
from synth_pipeline.core.split.rule import SplitRule
from synth_pipeline.core.table import Table
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.spec.columns import Schema
from synth_pipeline.stages import table_of
from synth_pipeline.stages.corpus import keep_one_of_each


def drift_of(spec: DatasetSpec, store: Store) -> list[Moved]:
    """Columns of the source as it is now that moved beyond tolerance and chance, against the training rows.

    Raises SynthError when the source no longer fits its schema or nothing was ever trained.
    """
    import pandas as pd

    train = store.get(spec.name, "train")
    schema = Schema.model_validate(train.facts["schema"])
    with tempfile.TemporaryDirectory(dir=store.restricted) as folder:
        out = Path(folder) / "now.parquet"
        ingest(spec.source, out, root=ROOT, rule=SplitRule(spec.name, spec.shares), key=spec.key, entity=spec.entity,
               exclude=spec.exclude, overrides=spec.columns, schema=schema)  # fmt: skip
        keep_one_of_each(out, spec, schema)
        now = Table.conform(pd.read_parquet(out), schema, "the source")
    assert spec.drift is not None
    return [moved for moved in drift(table_of(train), now) if moved.exceeds(spec.drift.tolerance)]
