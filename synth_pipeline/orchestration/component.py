"""The component that turns a declaration in YAML into a graph."""

from pathlib import Path
from typing import Any

import dagster as dg
from dagster.components.scaffold.scaffold import scaffold_with

from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.assets import assets_of
from synth_pipeline.orchestration.checks import checks_of
from synth_pipeline.orchestration.jobs import job_of, schedules_of
from synth_pipeline.orchestration.labels import label_assets_of
from synth_pipeline.orchestration.sensors import sensors_of


class Starter(dg.Scaffolder):
    """Writes a first ``defs.yaml``."""

    def scaffold(self, request: dg.ScaffoldRequest) -> None:
        name = Path(request.target_path).name
        attributes = {
            "name": name,
            "source": {"kind": "file", "path": f"data/{name}.parquet"},
            "generator": {"kind": "forest"},
        }
        dg.scaffold_component(request, attributes)


@scaffold_with(Starter)
class SyntheticDataset(dg.Component):
    """One synthetic data set, from real table to release."""

    def __init__(self, spec: DatasetSpec) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[DatasetSpec]:
        return DatasetSpec

    @classmethod
    def load(cls, attributes: Any, context: dg.ComponentLoadContext) -> "SyntheticDataset":
        resolved = context.resolution_context.resolve_value(attributes.model_dump())
        return cls(DatasetSpec.model_validate(resolved))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        job = job_of(self.spec)
        return dg.Definitions(
            assets=[*assets_of(self.spec), *label_assets_of(self.spec)],
            asset_checks=checks_of(self.spec),
            jobs=[job],
            schedules=schedules_of(self.spec, job),
            sensors=sensors_of(self.spec, job),
        )
