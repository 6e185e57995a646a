"""Numeric threads are pinned wherever the libraries that use them come from."""

import subprocess
import sys

PROBE = """
from threadpoolctl import threadpool_info
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.steps import run_checks

class Lazy:
    name, family = "lazy", Family.FIDELITY

    def measure(self, evidence):
        import sklearn.ensemble
        threads = [pool["num_threads"] for pool in threadpool_info()]
        yield Finding("lazy", Family.FIDELITY, "all", "threads", float(max(threads)))

print(run_checks([Lazy()], None)["value"].tolist())
"""


def test_a_library_that_a_check_loads_first_is_pinned_too():
    """In a process of its own, with two threads asked for, as 'synth audit' is."""
    probe = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True,
                           env={"OMP_NUM_THREADS": "2", "PATH": ""})  # fmt: skip
    assert probe.stdout.strip() == "[1.0]"
