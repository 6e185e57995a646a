"""What Dagster loads: every data set under ``defs``, and the warehouse that they share."""

from pathlib import Path

import dagster as dg

from synth_pipeline.adapters.declaration import labelled
from synth_pipeline.adapters.project import DEFS
from synth_pipeline.orchestration.lineage import lineage_definitions


@dg.definitions
def defs() -> dg.Definitions:
    return dg.Definitions.merge(
        dg.load_from_defs_folder(path_within_project=Path(__file__).parent),
        lineage_definitions(labelled(DEFS)),
        dg.Definitions(executor=dg.in_process_executor),
    )
