"""A language model endpoint on this machine that costs nothing, misbehaves on a schedule and counts what it bills.

What a prompt must look like for it to be understood stands in ``prompt.py``.
"""

from synth_pipeline.mock.account import content_hash
from synth_pipeline.mock.plan import Plan, fault_of, plan_of, read_plan
from synth_pipeline.mock.running import Running, running

__all__ = ["Plan", "Running", "content_hash", "fault_of", "plan_of", "read_plan", "running"]
