"""Between generators and the pipeline: rows are drawn so that constraints hold and conditions are met, in shards."""

from synth_pipeline.drawing.drawer import Drawer, fit_drawer, refused_if_short
from synth_pipeline.drawing.making import Shard, Short
from synth_pipeline.drawing.parquet import write
from synth_pipeline.drawing.saved import dumps, loads

__all__ = ["Drawer", "Shard", "Short", "dumps", "fit_drawer", "loads", "refused_if_short", "write"]
