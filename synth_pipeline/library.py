"""Audits of anybody's tables, canaries and releases, without Dagster."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pandas as pd

from synth_pipeline.adapters.declaration import Given, read_constraints
from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.gates.budget import refuse_unattainable
from synth_pipeline.adapters.gates.suite import Suite
from synth_pipeline.adapters.ingest.parts import Data, as_file, read_real, read_under
from synth_pipeline.adapters.presidio import detector
from synth_pipeline.adapters.project import store, suites
from synth_pipeline.adapters.storage import MANIFEST
from synth_pipeline.checks import Evidence
from synth_pipeline.checks.canaries import INCLUDED, Canaries, planted
from synth_pipeline.checks.effort import EFFORTS, Preset
from synth_pipeline.checks.exchangeability import copied_contents
from synth_pipeline.checks.units import SMALLEST, real_pool
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.verdict import Judgement, Verdict, worst
from synth_pipeline.reports import ReportFacts, report
from synth_pipeline.reports.document import as_json, as_junit, document, summary
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.presidio import Presidio
from synth_pipeline.steps import FAMILIES, WORKERS, measure, open_sealed

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class Audit:
    """How a synthetic table came out; ``findings`` has one row per measurement, with its verdict."""

    judgements: list[Judgement]
    facts: ReportFacts

    @property
    def verdict(self) -> Verdict:
        return worst(judgement.verdict for judgement in self.judgements)

    @property
    def findings(self) -> pd.DataFrame:
        return pd.concat([one.findings for one in self.judgements if one.findings is not None], ignore_index=True)

    @property
    def reasons(self) -> list[str]:
        """One sentence for each line of a suite that does not hold."""
        return [reason for judgement in self.judgements for reason in judgement.reasons]

    @property
    def summary(self) -> str:
        """One line for a log."""
        return summary(self.judgements, self._rows)

    @property
    def notes(self) -> list[str]:
        """What a reader ought to know whatever the verdict: how small a leak would have been seen."""
        found = self.findings
        leak = found[found["check"] == "minimum_detectable_leak"]
        return [f"the smallest leak that this audit would catch: {row.note}" for row in leak.itertuples()
                if math.isfinite(row.value)]  # fmt: skip

    def to_json(self) -> str:
        """The whole audit after docs/audit.schema.json; what could not be measured is null."""
        return as_json(document(self.judgements, self._rows, self.facts.evidence.effort.preset))

    def to_junit(self) -> str:
        """JUnit XML: a suite for each gate, a case for each line of it."""
        return as_junit(self.judgements)

    @property
    def _rows(self) -> dict[str, int]:
        return dict(zip(("train", "holdout", "synthetic"), map(len, self.facts.evidence.tables), strict=True))

    def to_html(self) -> str:
        return report(self.facts)


def audit(
    train: Data,
    holdout: Data,
    synthetic: Data,
    *,
    sealed: Data | None = None,
    canaries: Data | None = None,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    entity: str | None = None,
    key: str | None = None,
    dataset: str | None = None,
    preset: Preset = "default",
    workers: int = WORKERS,
    progress: Progress = lambda _: None,
    constraints: Given = (),
    presidio: Presidio | None = None,
) -> Audit:
    """Judge anybody's synthetic table against the rows it was made from and rows it never saw.

    ``train`` is what the generator saw, ``holdout`` a random part of the same source that it did not;
    ``sealed``, where given, is a further such part that is scored once more; ``canaries`` are records of
    which train had a random half (see ``plant``).  ``sensitive`` columns are attacked one by one and their
    groups compared, ``entity`` names the person or thing that a row belongs to, ``key`` a record.  ``dataset``
    names the data set whose own suites are to be used, ``constraints`` what every row must keep to, as in a declaration
    or in a YAML or JSON file.  ``presidio`` looks for names in texts too.

    Raises SynthError where the tables do not fit together, or where the holdout could not serve as a control.
    """
    progress("reading")
    parts = {"train": train, "holdout": holdout} | ({"sealed": sealed} if sealed is not None else {})
    schema, real = read_real(parts, key)
    made = read_under(synthetic, schema, "the synthetic table")
    _refuse_unknown(
        schema, {"target": target, "entity": entity, "key": key, **{f"sensitive {name}": name for name in sensitive}}
    )
    rules = read_constraints(constraints, schema)
    _refuse_shared_records(real, entity, key)
    evidence = Evidence(Train(real["train"]), Holdout(real["holdout"]), made, target, entity,
                        sensitive=tuple(sensitive), key=key, effort=EFFORTS[preset], constraints=rules,
                        detector=detector(presidio),
                        canaries=None if canaries is None else _canaries(canaries, schema))  # fmt: skip
    if (copied := copied_contents(evidence)) > 0:
        raise SynthError(f"{copied} more holdout rows have the contents of train rows than a random split explains; "
                         "the audit would be blind.", "split the real rows anew, each record once.")  # fmt: skip
    without = [*evidence.effort.left_out, *([] if target else ["utility"])]
    judgements = []
    for gate in FAMILIES:
        progress(gate)
        suite = suites().load(gate, dataset)
        _refuse_blind_tests(suite, evidence)
        judgements.append(judge_findings(suite, measure(gate, evidence, workers), without))
    if "sealed" in real:
        progress("sealed")
        findings = open_sealed(evidence.train, Sealed(real["sealed"]), made, evidence)
        judgements.append(judge_findings(suites().load("release", dataset), findings, without=["provenance"]))
    return Audit(judgements, _facts(judgements, evidence, _called(synthetic)))


def plant(train: Data, count: int = 200, *, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train with half of ``count`` made-up records among it, and all of those with ``_included``.

    Fit any generator on the first, audit with the second as ``canaries``: what can be told of who was
    included is a lower bound on what the generator gives away.  Values of a canary come from as many
    records, so that it resembles nobody.
    """
    _, real = read_real({"train": train})
    return planted(real["train"], count, Seed(seed, ("canaries",)))


def load_release(dataset: str, version: str | None = None) -> pd.DataFrame:
    """The released rows of a data set, with their provenance columns; the one in force by default.

    Raises SynthError where there is no such release or its data are not what was released.
    """
    place = store().published(dataset)
    folder = place / "current" if version is None else place / "releases" / version
    if not (folder / MANIFEST).exists():
        raise SynthError(f"{dataset} has no release {version or ''}".rstrip() + ".", f"run 'synth run {dataset}'.")
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    if of_file(folder / "data.parquet") != manifest["files"]["data.parquet"]:
        raise SynthError(f"The data of {dataset} {manifest['version']} are not what was released.",
                         f"delete {folder.resolve()} and run 'synth run {dataset}'.")  # fmt: skip
    return pd.read_parquet(folder / "data.parquet")


def _refuse_unknown(schema: Schema, roles: dict[str, str | None]) -> None:
    """A role that is given to a column that does not exist."""
    for role, name in roles.items():
        if name is not None and name not in schema.names:
            raise SynthError(f"The {role.split()[0]} {name!r} is no column.", f"name one of {', '.join(schema.names)}.")


def _refuse_blind_tests(suite: Suite, evidence: Evidence) -> None:
    """Tests that could never reject; where records are too few the checks say so themselves."""
    pool = real_pool(evidence)
    if suite.budget is not None and pool.smaller_side >= SMALLEST:
        members = int(pool.member.sum())
        refuse_unattainable(suite.budget, suite.lines, members, len(pool.member) - members)


def _canaries(data: Data, schema: Schema) -> Canaries:
    """Records, and which of them train had."""
    with as_file(data) as path:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if INCLUDED not in frame:
        raise SynthError(f"The canaries lack the column {INCLUDED!r}.", "make them by 'synth plant'.")
    return Canaries(
        read_under(frame.drop(columns=INCLUDED), schema, "the canaries"), frame[INCLUDED].to_numpy(dtype=bool)
    )


def _refuse_shared_records(real: dict[str, Table], entity: str | None, key: str | None) -> None:
    """A record on two sides makes every comparison of the sides void; an entity on two sides blurs them.

    Names, addresses and the like, which two records may well have, name none, unless one is the key.
    """
    schema = next(iter(real.values())).schema
    naming = [name for name in schema.of(Kind.IDENTIFIER) if name != entity and (not schema[name].like or name == key)]
    for first, second in combinations(real, 2):
        names = [RECORD_ID] if real[first].ids is not None and real[second].ids is not None else []
        for name in [*names, *naming]:
            shared = len(set(_named(real[first], name)) & set(_named(real[second], name)))
            if shared:
                raise SynthError(
                    f"{first} and {second} share {shared} records, by their {name!r}; the audit compares "
                    "records that were trained on with records that were not.",
                    "split the real rows so that each record is on one side.",
                )


def _named(table: Table, name: str) -> pd.Series:
    values = table.ids if name == RECORD_ID else table.frame[name]
    assert values is not None
    return values.dropna()


def _called(data: Data) -> str:
    return "a data frame" if isinstance(data, pd.DataFrame) else Path(data).name


def _facts(judgements: list[Judgement], evidence: Evidence, called: str) -> ReportFacts:
    sizes = zip(("train", "holdout", "synthetic"), evidence.tables, strict=True)
    return ReportFacts(
        title=f"Audit of {called}",
        description="Compared with the real rows that it was made from, and with real rows that it never saw.",
        verdict=worst(judgement.verdict for judgement in judgements),
        reasons=[reason for judgement in judgements for reason in judgement.reasons],
        about={"Synthetic table": called, **{f"Rows, {name}": f"{len(table):,}" for name, table in sizes},
               "Target": evidence.target or "none given: utility was not asked for"},
        judgements=judgements,
        evidence=evidence,
    )  # fmt: skip
