"""What a user declares.  Frozen data: imports neither pandas nor Dagster and never calls the engine."""

from synth_pipeline.spec.base import OneOf, Spec
from synth_pipeline.spec.columns import Column, ColumnOverride, Kind, Like, Schema
from synth_pipeline.spec.dataset import DatasetFields, Drift, Schedule, Shares
from synth_pipeline.spec.source import DuckdbSource, FileSource, PythonSource, Source

__all__ = [
    "Column",
    "ColumnOverride",
    "DatasetFields",
    "Drift",
    "DuckdbSource",
    "FileSource",
    "Kind",
    "Like",
    "OneOf",
    "PythonSource",
    "Schedule",
    "Schema",
    "Shares",
    "Source",
    "Spec",
]
