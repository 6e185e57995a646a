"""Several generators on the same split of a declared data set: fidelity, utility, leakage and time, and which to use.

Each is fitted, sampled and audited as a run would do it, by the data set's own suites, and nothing of it becomes
current.  Sealed rows are not opened.  Every one is an attempt in the ledger, since the holdout was looked at once
more, and a memorisation block is as final here as in a run.
"""

import json
import math
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from synth_pipeline.adapters.guarded import guarded
from synth_pipeline.adapters.presidio import detector
from synth_pipeline.adapters.project import store
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.effort import EFFORTS, Preset
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import Family
from synth_pipeline.core.progress import listening
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.threads import pinned
from synth_pipeline.core.verdict import Verdict
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generation import parametrised
from synth_pipeline.generators import GENERATORS, AnyGenerator
from synth_pipeline.reports.frontier import frontier
from synth_pipeline.stages import Run
from synth_pipeline.stages.attempt import Attempt, attempt, note_attempt, real_parts
from synth_pipeline.steps import WORKERS

NEEDS_MORE = ("autoregressive", "diffusion", "gan")  # an extra, and minutes
NO_IMITATION = ("grammar", "rules")  # say what is declared


@dataclass(frozen=True, slots=True)
class Compared:
    """How one generator came out; what was not measured is NaN, and ``reasons`` say why it does not hold.

    ``auc`` is the area under the curve of a classifier that tells synthetic from holdout rows (0.5 is perfect,
    1 is worst), ``utility`` the lowest score of a model trained on synthetic rows over that of one trained on
    real rows (1 is as good), ``leakage`` the smallest p-value of all tests of membership, and ``cpu_seconds``
    what fit and sample took.
    """

    generator: str
    verdict: Verdict
    auc: float = math.nan
    utility: float = math.nan
    leakage: float = math.nan
    cpu_seconds: float = math.nan
    rows: int = 0
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that were compared, best first."""

    dataset: str
    preset: str
    train_rows: int
    compared: tuple[Compared, ...]

    @property
    def recommended(self) -> Compared | None:
        """Of those that pass every gate, the one that a classifier tells least from real rows."""
        return next((one for one in self.compared if one.verdict.holds and not math.isnan(one.auc)), None)

    @property
    def advice(self) -> str:
        """What to use, in words."""
        best, passed = self.recommended, sum(one.verdict.holds for one in self.compared)
        if best is not None:
            why = "it is the only one that passes every gate" if passed == 1 else (
                f"of the {passed} that pass every gate a classifier tells its rows least from real ones"
            )  # fmt: skip
            return f"Use {best.generator}: {why} (area under the curve {best.auc:.3f}; 0.5 is perfect)."
        told = " ".join(f"{one.generator}: {next(iter(one.reasons), 'not measured')}" for one in self.compared)
        return f"None of those compared ({len(self.compared)}) passes every gate. {told}"

    def as_table(self) -> str:
        """One line for each, as wide as a terminal may be."""
        width = max(12, *(len(one.generator) + 2 for one in self.compared))
        heads = ("verdict", "AUC", "utility", "least p", "CPU s", "rows")
        lines = [f"{'generator':<{width}}{heads[0]:<12}" + "".join(f"{head:>10}" for head in heads[1:])]
        for one in self.compared:
            numbers = (one.auc, one.utility, one.leakage, one.cpu_seconds)
            shown = "".join(f"{'-' if math.isnan(number) else format(number, '.3g'):>10}" for number in numbers)
            lines.append(f"{one.generator:<{width}}{one.verdict.value:<12}{shown}{one.rows:>10,}")
        return "\n".join(lines)

    def to_json(self) -> str:
        rows = [{name: None if isinstance(value, float) and math.isnan(value) else value
                 for name, value in asdict(one).items()} for one in self.compared]  # fmt: skip
        about = {"dataset": self.dataset, "preset": self.preset, "train_rows": self.train_rows}
        recommended = None if self.recommended is None else self.recommended.generator
        return json.dumps(about | {"generators": rows, "recommended": recommended, "advice": self.advice}, indent=1)

    def to_html(self) -> str:
        return frontier(self.dataset, self.train_rows, [asdict(one) for one in self.compared], self.advice)


def compare(
    spec: DatasetSpec,
    generators: Sequence[str] = (),
    *,
    preset: Preset = "default",
    workers: int = WORKERS,
    progress: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Fit, sample and audit each generator, by default all that imitate a table without parameters or an extra.

    A generator is a kind, or ``kind:name=value,name=value`` with parameters; the kind that the data set
    declares has the declared ones.  One that fails is a row with its reason.  Raises SynthError for an
    unknown kind or parameter, and where the real parts do not pass their own gates.
    """
    if preset not in EFFORTS:
        raise SynthError(f"There is no preset {preset!r}.", f"use one of {', '.join(EFFORTS)}.")
    specs = {label: spec.model_copy(update={"generator": generator_of(label, spec.generator)})
             for label in generators or usual(spec)}  # fmt: skip
    run = Run(spec, store(), f"compare-{uuid.uuid4().hex[:12]}")
    progress("reading")
    train, holdout = real_parts(run)
    with pinned():
        pass  # loads the numeric libraries, which are not the first generator's time
    evidence = Evidence(train, holdout, train.table, spec.target, spec.entity, Seed(0, (spec.name, "audit")),
                        spec.sensitive, spec.key, EFFORTS[preset], constraints=spec.constraints,
                        detector=detector(spec.presidio))  # fmt: skip
    compared = []
    with listening(progress):
        for label, one in specs.items():
            progress(label)
            compared.append(_compared(Run(one, run.store, run.id), label, evidence, workers))
    order = sorted(compared, key=lambda one: (not one.verdict.holds, math.isnan(one.auc), one.auc))
    return Comparison(spec.name, preset, len(train.table), tuple(order))


def usual(spec: DatasetSpec) -> list[str]:
    """Kinds that imitate a table without parameters or an extra, and the declared one."""
    free = [kind for kind, generator in GENERATORS.items() if kind not in (*NEEDS_MORE, *NO_IMITATION)
            and not any(field.is_required() for field in generator.model_fields.values())]  # fmt: skip
    return list(dict.fromkeys([spec.generator.kind, *free]))


def generator_of(label: str, declared: AnyGenerator | None = None) -> Any:
    """A generator by its kind and parameters, such as ``copula`` or ``forest:strength=2,trees=3``.

    ``declared`` supplies the parameters of its own kind.  Raises SynthError where there is no such thing.
    """
    kind, _, settings = label.partition(":")
    given: dict[str, Any] = {}
    for pair in filter(None, settings.split(",")):
        name, equals, value = pair.partition("=")
        if not equals:
            raise SynthError(f"{label!r} is not of the form KIND:NAME=VALUE.", "write, for example, forest:strength=2.")
        try:
            given[name] = json.loads(value)
        except json.JSONDecodeError:
            given[name] = value
    known = declared.model_dump() if declared is not None and declared.kind == kind else {}
    return parametrised(kind, known | given)


def _compared(run: Run, label: str, evidence: Evidence, workers: int) -> Compared:
    """One row; a generator that fails must not take the others with it."""
    try:
        with guarded("It failed", f"'synth generate --generator {run.spec.generator.kind}' says more."):
            return _row(label, attempt(run, evidence, workers))
    except SynthError as error:
        reason = f"{error.problem} {error.fix}"
    note_attempt(run, Verdict.UNMEASURED, [reason])
    return Compared(label, Verdict.UNMEASURED, reasons=(reason,))


def _row(label: str, done: Attempt) -> Compared:
    found = done.findings
    auc = found[(found["check"] == "classifier") & (found["metric"] == "auc")]["value"]
    ratio = found[(found["check"] == "utility") & (found["metric"] == "ratio")]["value"]
    # exchangeability compares train with holdout, whatever is synthetic
    p_values = found[(found["family"] == Family.PRIVACY.value) & (found["check"] != "exchangeability")]["p_value"]
    return Compared(label, done.verdict, float(auc.min()), float(ratio.min()), float(p_values.min()),
                    round(done.cpu_seconds, 2), done.rows, tuple(done.reasons))  # fmt: skip
