"""What an audit of a data set could see, before anything runs."""

import tempfile
from pathlib import Path

from synth_pipeline.adapters.ingest import ingest, split
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.detectable import MinimumDetectableLeak
from synth_pipeline.checks.effort import DEFAULT
from synth_pipeline.core.errors import Unmeasurable
from synth_pipeline.core.finding import Finding
from synth_pipeline.core.parquet import frames
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.rule import SplitRule
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import Forest, Grammar, Rules
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.stages.corpus import keep_one_of_each

MOST_ROWS = 100_000  # of train and of holdout; real parts lie in the order of a hash, so these are random


def smallest_leak(spec: DatasetSpec, root: Path) -> str:
    """The minimum detectable leak of this source at its sizes and shares, in words, and which columns are made anew.

    The default generator stands in for the declared one, but for declared rules; sealed rows are not looked at.
    What is read is deleted again.
    """
    rule = SplitRule(spec.name, spec.shares)
    with tempfile.TemporaryDirectory(prefix=".foresight-") as folder:
        source, sides = Path(folder) / "source.parquet", {side: Path(folder) / f"{side}.parquet" for side in _SIDES}
        schema = ingest(spec.source, source, root=root, rule=rule, key=spec.key, entity=spec.entity,
                        exclude=spec.exclude, overrides=spec.columns)  # fmt: skip
        keep_one_of_each(source, spec, schema)
        split(source, sides, rule, spec.entity)
        train, holdout = (_read(path, schema) for path in sides.values())
    with pinned():
        finding = _measured(spec, train, holdout)
    anew = [
        f"{name} ({schema[name].pattern or schema[name].like or 'surrogate'})" for name in schema.of(Kind.IDENTIFIER)
    ]
    made = f"{spec.name}: made anew, and never learned: {', '.join(anew)}\n" if anew else ""
    return f"{made}{spec.name}: the smallest leak that an audit would catch: {finding}"


_SIDES = ("train", "holdout")


def _read(path: Path, schema: Schema) -> Table:
    return Table.conform(next(frames(path, MOST_ROWS)), schema)


def _measured(spec: DatasetSpec, train: Table, holdout: Table) -> str:
    if isinstance(spec.generator, Spoken):
        return "not looked for, since its rows cost money; 'synth preview' makes a few of them"
    seed = Seed(spec.seed, (spec.name, "foresight"))
    stand_in = spec.generator if isinstance(spec.generator, Rules | Grammar) else Forest()  # these make text
    made = stand_in.fit(Train(train), seed).sample(min(spec.rows or len(train), MOST_ROWS), seed)
    evidence = Evidence(Train(train), Holdout(holdout), made, entity=spec.entity, seed=seed, effort=DEFAULT)
    try:
        findings: list[Finding] = list(MinimumDetectableLeak().measure(evidence))
    except Unmeasurable as reason:
        return f"none, since {reason.problem}"
    return findings[0].note
