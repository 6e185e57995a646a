"""Our audit, measured by our own faults on a user's own table."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.project import suites
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.effort import EFFORTS, Preset
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.redteam import Fault, NotApplicable, Scene
from synth_pipeline.steps import FAMILIES, measure, open_sealed

REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the audit made of one planted fault; ``gates`` holds the verdict of each gate that was asked."""

    fault: str
    gates: dict[str, str]
    reason: str = ""

    def by(self, expected: str) -> bool:
        """Whether some gate said at least so much."""
        enough = {"warn": {"warn", "block", REFUSED}, "block": {"block", REFUSED}, "refuse": {REFUSED}}[expected]
        return bool(enough & set(self.gates.values()))


class Bench:
    """One random split of a real table, on which any number of faults are planted and audited.

    Train, holdout, sealed and the clean synthetic rows are disjoint random parts; what depends on the real
    rows alone is computed once.
    """

    def __init__(
        self, table: Table, sizes: tuple[int, int, int], seed: int, *, target: str | None = None,
        sensitive: tuple[str, ...] = (), key: str | None = None, preset: Preset = "default",
    ) -> None:  # fmt: skip
        if len(table) < sum(sizes):
            raise SynthError(f"The table has {len(table)} rows, and {sum(sizes)} are asked for.", "ask for fewer rows.")
        order = Seed(seed, ("bench",)).stream().permutation(len(table))
        ends = np.cumsum(sizes)
        train, holdout, clean = (table.take(part) for part in np.split(order[: ends[-1]], ends[:-1]))
        rest = order[ends[-1] : ends[-1] + sizes[1]]
        self.sealed = table.take(rest) if len(rest) >= sizes[1] // 2 else None
        self.scene = Scene(train, holdout, clean, target, sensitive, key, Seed(seed, ("redteam",)))
        self.evidence = Evidence(Train(train), Holdout(holdout), clean, target, seed=Seed(seed, ("audit",)),
                                 sensitive=sensitive, key=key, effort=EFFORTS[preset])  # fmt: skip

    def clean(self, gates: Iterable[str] = tuple(FAMILIES)) -> Seen:
        """How the clean table comes out."""
        return self._judged("clean", self.evidence, gates)

    def see(self, fault: Fault, gates: Iterable[str] | None = None) -> Seen:
        """How the faulty table comes out at these gates, by default those that ought to see it.

        Raises NotApplicable where the table has no column for the fault.
        """
        frame = fault.planted(self.scene)
        try:
            made = Table.conform(frame, self.scene.clean.schema, "the synthetic table")
        except SynthError as error:
            return Seen(fault.name, {"input": REFUSED}, error.problem)
        asked = [gate for gate in FAMILIES if gate in (fault.gates if gates is None else gates)]
        seen = self._judged(fault.name, self.evidence.of(made), asked)
        if "sealed" in fault.gates:
            if self.sealed is None:
                raise NotApplicable("the table has too few rows for a sealed part")
            found = open_sealed(self.evidence.train, Sealed(self.sealed), made, self.evidence)
            judgement = judge_findings(suites().load("release"), found, without=["provenance"])
            seen.gates["sealed"] = judgement.verdict.value
        return seen

    def _judged(self, name: str, evidence: Evidence, gates: Iterable[str]) -> Seen:
        without = [*evidence.effort.left_out, *([] if evidence.target else ["utility"])]
        judged = [judge_findings(suites().load(gate), measure(gate, evidence), without) for gate in gates]
        worst = next((one.reasons[0] for one in judged if one.verdict is Verdict.BLOCK), "")
        return Seen(name, {one.gate: one.verdict.value for one in judged}, worst)


def drill(bench: Bench, faults: Iterable[Fault], progress: Callable[[str], None]) -> Iterator[tuple[Fault, Seen | str]]:
    """Each fault with what the audit made of it, or why it could not be planted."""
    for fault in faults:
        progress(fault.name)
        try:
            yield fault, bench.see(fault)
        except NotApplicable as reason:
            yield fault, str(reason)
