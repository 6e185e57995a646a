"""The Dagster components of this project, for ``type:`` in YAML."""

from synth_pipeline.orchestration.component import SyntheticDataset

__all__ = ["SyntheticDataset"]
