"""The same as the command line, on data frames and files, without Dagster."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_pipeline.adapters.gates import judge_findings
from synth_pipeline.adapters.gates.judge import table_of_findings
from synth_pipeline.adapters.ingest import read_frame
from synth_pipeline.adapters.project import store, suites
from synth_pipeline.checks import Evidence
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.finding import COLUMNS
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.core.verdict import Judgement, Verdict, worst
from synth_pipeline.generators import GENERATORS
from synth_pipeline.reports import ReportFacts, report
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import FAMILIES, measure, open_sealed

Data = pd.DataFrame | Path | str
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

    def to_json(self) -> str:
        """The verdict and all findings; what could not be measured is null."""
        findings = table_of_findings(self.findings[[*COLUMNS[:-1], "verdict", "expectation", "note"]])
        return json.dumps({"verdict": self.verdict.value, "findings": findings}, indent=1, ensure_ascii=False)

    def to_html(self) -> str:
        return report(self.facts)


def audit(
    train: Data,
    holdout: Data,
    synthetic: Data,
    *,
    sealed: Data | None = None,
    target: str | None = None,
    dataset: str | None = None,
    progress: Progress = lambda _: None,
) -> Audit:
    """Judge anybody's synthetic table against the rows it was made from and rows it never saw.

    ``train`` is what the generator saw, ``holdout`` a random part of the same source that it did not;
    ``sealed``, where given, is a further such part that is scored once more.  ``dataset`` names the data
    set whose own suites are to be used.  Raises SynthError where the tables do not fit together.
    """
    progress("reading")
    schema, real = read_real({"train": train, "holdout": holdout} | ({"sealed": sealed} if sealed is not None else {}))
    made = _table(synthetic, schema, "the synthetic table")
    if target is not None and target not in schema.names:
        raise SynthError(f"The target {target!r} is no column.", f"name one of {', '.join(schema.names)}.")
    _refuse_shared_records(real)
    evidence = Evidence(Train(real["train"]), Holdout(real["holdout"]), made, target)
    without = [] if target else ["utility"]
    judgements = []
    for gate in FAMILIES:
        progress(gate)
        suite = suites().load(gate, dataset)
        judgements.append(judge_findings(suite, measure(gate, evidence), without))
    if "sealed" in real:
        progress("sealed")
        findings = open_sealed(evidence.train, Sealed(real["sealed"]), made, evidence)
        judgements.append(judge_findings(suites().load("release", dataset), findings, without=["provenance"]))
    return Audit(judgements, _facts(judgements, evidence, _called(synthetic)))


def generate(
    train: Data,
    *,
    generator: str = "forest",
    rows: int | None = None,
    seed: int = 0,
    parameters: dict[str, Any] | None = None,
    progress: Progress = lambda _: None,
) -> pd.DataFrame:
    """Fit a generator on a table and draw so many rows, as many as the table has by default.

    Raises SynthError for an unknown generator or parameter, and for columns that it cannot imitate.
    """
    if generator not in GENERATORS:
        raise SynthError(f"There is no generator {generator!r}.", f"use one of {', '.join(GENERATORS)}.")
    made = _parametrised(generator, parameters or {})
    progress("reading")
    _, real = read_real({"train": train})
    progress("fitting")
    with pinned():
        sampler = made.fit(Train(real["train"]), Seed(seed, ("fit",)))
        progress("sampling")
        return sampler.sample(len(real["train"]) if rows is None else rows, Seed(seed, ("sample",))).frame


def load_release(dataset: str, version: str | None = None) -> pd.DataFrame:
    """The released rows of a data set, with their provenance columns; the one in force by default.

    Raises SynthError where there is no such release or its data are not what was released.
    """
    place = store().published(dataset)
    folder = place / "current" if version is None else place / "releases" / version
    if not (folder / "manifest.json").exists():
        raise SynthError(f"{dataset} has no release {version or ''}".rstrip() + ".", f"run 'synth run {dataset}'.")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if of_file(folder / "data.parquet") != manifest["files"]["data.parquet"]:
        raise SynthError(f"The data of {dataset} {manifest['version']} are not what was released.",
                         f"delete {folder.resolve()} and run 'synth run {dataset}'.")  # fmt: skip
    return pd.read_parquet(folder / "data.parquet")


def _parametrised(generator: str, parameters: dict[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return GENERATORS[generator].model_validate({"kind": generator} | parameters)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = ", ".join(field for field in GENERATORS[generator].model_fields if field != "kind") or "none"
        raise SynthError(f"Generator {generator!r}, parameter {name!r}: {first['msg']}.",
                         f"its parameters are: {known}.") from None  # fmt: skip


def read_real(parts: dict[str, Data]) -> tuple[Schema, dict[str, Table]]:
    """Real parts under one schema, inferred from all of them."""
    with ExitStack() as opened:
        paths = {name: opened.enter_context(_as_file(part)) for name, part in parts.items()}
        schema = reduce(_merged, (read_frame(path)[1] for path in paths.values()))
        return schema, {name: _conform(path, schema, f"the {name} table") for name, path in paths.items()}


def _table(data: Data, schema: Schema, called: str) -> Table:
    with _as_file(data) as path:
        return _conform(path, schema, called)


def _conform(path: Path, schema: Schema, called: str) -> Table:
    frame = read_frame(path, schema=schema)[0]
    ids = _record_ids(path)
    return Table.conform(frame if ids is None else frame.assign(**{RECORD_ID: ids.to_numpy()}), schema, called)


@contextmanager
def _as_file(data: Data) -> Iterator[Path]:
    """A file as it is, a data frame as Parquet for as long as it is needed."""
    if not isinstance(data, pd.DataFrame):
        yield Path(data)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.parquet"
        try:
            data.to_parquet(path, index=False)
        except (pa.ArrowException, ValueError, TypeError) as error:
            problem = f"The data frame cannot be written as Parquet ({type(error).__name__})."
            raise SynthError(problem, "give its columns distinct text names, and values of one type each.") from None
        yield path


def _record_ids(path: Path) -> pd.Series | None:
    """Names of records, where the file has them."""
    if path.suffix == ".parquet":
        has = RECORD_ID in pq.read_schema(path).names
        return pd.read_parquet(path, columns=[RECORD_ID])[RECORD_ID] if has else None
    if ".csv" in path.suffixes:
        return pd.read_csv(path, usecols=lambda name: name == RECORD_ID, dtype="str").get(RECORD_ID)
    return None


def _merged(first: Schema, second: Schema) -> Schema:
    """One schema for two parts of a table: where they differ, the wider kind."""
    others = {column.name: column for column in second.columns}
    if set(others) != set(first.names):
        raise SynthError(
            f"The real tables have different columns: only one of them has "
            f"{sorted(set(others) ^ set(first.names))}.", "give all parts the same columns."
        )  # fmt: skip
    return Schema(columns=tuple(_wider(column, others[column.name]) for column in first.columns))


def _wider(first: Column, second: Column) -> Column:
    nullable = first.nullable or second.nullable
    kinds = {first.kind, second.kind}
    numbers = kinds == {Kind.INTEGER, Kind.DECIMAL}
    kind = first.kind if len(kinds) == 1 else Kind.DECIMAL if numbers else Kind.CATEGORY
    grids = [column.grid for column in (first, second)]
    grid = None if None in grids or kind is Kind.CATEGORY else min(grid for grid in grids if grid is not None)
    return Column(name=first.name, kind=kind, grid=grid, nullable=nullable)


def _refuse_shared_records(real: dict[str, Table]) -> None:
    """A record on two sides makes every comparison of the sides void."""
    for first, second in combinations(real, 2):
        names = [RECORD_ID] if real[first].ids is not None and real[second].ids is not None else []
        for name in [*names, *real[first].schema.of(Kind.IDENTIFIER)]:
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
