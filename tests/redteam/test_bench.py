"""The bench plants faults in a split of a real table and tells what each gate says of them."""

from synth_pipeline.drill import Bench
from synth_pipeline.redteam import FAULTS


def test_the_bench_tells_what_each_gate_says(clinic_table):
    """600 rows on each side: copies of a twentieth are blocked, a wrong type is refused, and clean rows hold."""
    bench = Bench(clinic_table(2_400, 5), (600, 600, 600), 0, target="ill", key="person", preset="quick")
    named = {fault.name: fault for fault in FAULTS}
    assert bench.see(named["verbatim copies 5 %"]).gates == {"memorisation": "block"}
    assert bench.see(named["wrong type"]).by("refuse")
    assert bench.see(named["holdout leaked into training 5 %"]).gates["sealed"] == "block"
    assert bench.clean(("memorisation",)).gates["memorisation"] in ("pass", "warn")
