"""The mistakes that only the real rows show: columns that do not exist, targets that cannot be predicted, few rows."""

import re
import tempfile
from collections.abc import Iterator
from math import ceil, sqrt
from pathlib import Path

from synth_pipeline.adapters.declaration.conditions import unmet_by, unnamed_in
from synth_pipeline.adapters.declaration.constraints import of_rows, of_unknown
from synth_pipeline.adapters.declaration.mistake import Mistake, listed, meant
from synth_pipeline.adapters.declaration.shape import Declared
from synth_pipeline.adapters.gates.suite import Suites
from synth_pipeline.core.errors import SynthError
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.generators import LanguageModelRows
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.source import FolderSource, PythonSource

_SAFE = 3  # standard deviations by which a random split may fall short


def mistakes_of_rows(found: Declared, root: Path, suites: Suites) -> Iterator[Mistake]:
    """Read the source as a run would, into a folder that nobody else can read and that is deleted."""
    spec = found.spec
    if spec is None or not found.is_sure("source", "columns", "exclude", "key", "entity"):
        return
    if missing := _missing(found, spec, root):
        yield missing
        return
    from synth_pipeline.adapters.ingest import ingest
    from synth_pipeline.core.split.rule import SplitRule

    with tempfile.TemporaryDirectory(prefix=".declaration-") as folder:
        out = Path(folder) / "rows.parquet"
        try:
            schema = ingest(spec.source, out, root=root, rule=SplitRule(spec.name, spec.shares), key=spec.key,
                            entity=spec.entity, exclude=spec.exclude, overrides=spec.columns)  # fmt: skip
        except SynthError as error:
            yield from _unknown_columns(found, spec, root) or [_refused(found, spec, error)]
            return
        yield from _unknown(found, {"target", "sensitive"}, [*schema.names, *spec.exclude])
        for wrong in (*of_unknown(spec.constraints, [*schema.names, *spec.exclude]),
                      *of_rows(spec.constraints, schema, out),
                      *unnamed_in(spec.conditions, [*schema.names, *spec.exclude]),
                      *unmet_by(spec.conditions, schema, out)):  # fmt: skip
            yield found.wrong(*wrong)
        yield from _texts(found, spec, schema)
        yield from _dedup(found, spec, schema, root)
        yield from _judge(found, spec, schema, root)
        yield from _presidio(found, spec)
        yield from _prices(found, spec)
        yield from _target(found, spec, schema, out)
        yield from _too_few(found, spec, suites, out)


def _missing(found: Declared, spec: DatasetSpec, root: Path) -> Mistake | None:
    """The file of a source, where there is none."""
    if isinstance(spec.source, PythonSource | FolderSource) or (root / spec.source.path).is_file():
        return None
    path = root / spec.source.path
    if path.is_dir():
        return found.wrong("source.path", f"{spec.source.path} is a folder.", "name a file in it.")
    beside = [other.name for other in path.parent.iterdir() if other.is_file()] if path.parent.is_dir() else []
    fix = meant(path.name, beside, f"put it there, or correct the path; a relative one starts at {root}.")
    return found.wrong("source.path", f"{spec.source.path} does not exist.", fix)


def _unknown_columns(found: Declared, spec: DatasetSpec, root: Path) -> list[Mistake]:
    """All declared columns that the source does not have, where its columns can be told at all."""
    from synth_pipeline.adapters.ingest.read import name_of, stage
    from synth_pipeline.adapters.ingest.session import open_session

    try:
        with open_session(name_of(spec.source), "2GB") as session:
            names = [field.name for field in stage(session, spec.source, root).fields]
    except SynthError:  # then what ingest said is all that is known
        return []
    roles = {"key", "entity", "target", "sensitive", "exclude", "columns"}
    unnamed = (*of_unknown(spec.constraints, names), *unnamed_in(spec.conditions, names))
    return [*_unknown(found, roles, names), *(found.wrong(*wrong) for wrong in unnamed)]


def _unknown(found: Declared, roles: set[str], names: list[str]) -> Iterator[Mistake]:
    """Declared columns in these roles that are not among the names."""
    spec = found.spec
    if spec is None:
        return
    for role in [name for name in DatasetSpec.model_fields if name in roles and found.is_sure(name)]:
        held = getattr(spec, role)
        for column in [held] if isinstance(held, str) else held or ():
            if column not in names:
                field = f"columns.{column}" if role == "columns" else found.item(role, column)
                yield found.wrong(field, f"the source has no column {column!r}.",
                                  meant(column, names, f"name one of {listed(map(repr, names))}."))  # fmt: skip


def _refused(found: Declared, spec: DatasetSpec, error: SynthError) -> Mistake:
    """What ingest said, at the field that it is about."""
    column = re.search(r"[Cc]olumn '([^']*)'", error.problem)
    source = spec.source
    if column and column[1] in spec.columns:
        field = f"columns.{column[1]}"
    elif error.problem.startswith("The key "):
        field = "key"
    elif isinstance(source, PythonSource):
        field = "source.function"
    elif source.kind == "folder":
        field = "source.pattern" if "matches no file" in error.problem else "source.path"
    elif source.kind == "file" or " is no DuckDB database" in error.problem:
        field = "source.path"
    else:
        field = "source.query" if source.table is None else "source.table"
    return found.wrong(field, error.problem, error.fix)


def _texts(found: Declared, spec: DatasetSpec, schema: Schema) -> Iterator[Mistake]:
    """Columns of free text, where the generator draws values and not sentences."""
    if not found.is_sure("generator"):
        return
    if isinstance(spec.generator, LanguageModelRows):
        try:
            spec.generator.check(schema)
        except SynthError as error:
            yield found.wrong("generator.mode", error.problem, error.fix)
        return
    for name in schema.of(Kind.TEXT):
        if name in getattr(spec.generator, "columns", ()) or name in getattr(spec.generator, "texts", ()):
            continue
        field = f"columns.{name}" if name in spec.columns else "source"
        fix = f"add {name!r} to 'exclude', or, if its values recur, '{name}: {{kind: category}}' to 'columns'."
        problem = f"column {name!r} is free text, which generator {spec.generator.kind!r} cannot imitate."
        yield found.wrong(field, problem, fix)


def _dedup(found: Declared, spec: DatasetSpec, schema: Schema, root: Path) -> Iterator[Mistake]:
    """A declared dedup without documents, and what it names that cannot be read."""
    from synth_pipeline.adapters.embeddings import embedding_of
    from synth_pipeline.adapters.ingest.items import read_items

    if spec.dedup is None or not found.is_sure("dedup"):
        return
    texts = schema.of(Kind.TEXT)
    if not texts:
        fix = "write '{kind: text}' under 'columns' for the column that holds documents, or delete 'dedup'."
        yield found.wrong("dedup", "no column of the source is free text.", fix)
        return
    for name in spec.dedup.files:
        try:
            read_items(root / name, name, texts)
        except SynthError as error:
            place = spec.dedup.against.index(name)
            yield found.wrong(f"dedup.against[{place}]", error.problem, error.fix)
    if spec.dedup.semantic is not None and spec.dedup.semantic.embed is not None:
        try:
            embedding_of(spec.dedup.semantic.embed, root)
        except SynthError as error:
            yield found.wrong("dedup.semantic.embed", error.problem, error.fix)


def _prices(found: Declared, spec: DatasetSpec) -> Iterator[Mistake]:
    """Budgets in a currency that nobody can hold, since a price is not known or in another one."""
    from synth_pipeline.llm import Purse, tariff_of
    from synth_pipeline.spec.asking import Asks

    asked = {"generator": spec.generator, "labels": spec.labels, "judge": spec.judge}
    purses = [
        (f"{name}.endpoint", asks.endpoints, asks.budget) for name, asks in asked.items() if isinstance(asks, Asks)
    ]
    semantic = spec.dedup.semantic if spec.dedup is not None else None
    if semantic is not None and semantic.embedding is not None:
        budget = semantic.embedding.budget or (spec.generator.budget if isinstance(spec.generator, Asks) else None)
        purses.append(("dedup.semantic.embedding.endpoint", (semantic.embedding.endpoint,), budget))
    for place, endpoints, budget in purses:
        for endpoint in endpoints if found.is_sure(place.split(".")[0]) else ():
            try:
                Purse(budget).check(endpoint.name, tariff_of(endpoint))
            except SynthError as error:
                yield found.wrong(place, error.problem, error.fix)


def _judge(found: Declared, spec: DatasetSpec, schema: Schema, root: Path) -> Iterator[Mistake]:
    """Rows that people are said to have judged, and that cannot be read."""
    from synth_pipeline.adapters.people import read_people, shown_of
    from synth_pipeline.core.records import RECORDS

    if spec.judge is None or not found.is_sure("judge"):
        return
    for name, judging, judged in (("rows", spec.judge.rows, schema), ("labels", spec.judge.labels, RECORDS)):
        if judging is None:
            continue
        if name == "labels" and spec.labels is None:
            yield found.wrong("judge.labels", "there are no questions to judge.", "declare 'labels', or delete this.")
        if judging.people is not None:
            try:
                read_people(root / judging.people, judging.people, shown_of(judged), judging.rubric)
            except SynthError as error:
                yield found.wrong(f"judge.{name}.people", error.problem, error.fix)


def _presidio(found: Declared, spec: DatasetSpec) -> Iterator[Mistake]:
    """An extra, a model or an entity that is not there."""
    from synth_pipeline.adapters.presidio import detector

    if spec.presidio is None or not found.is_sure("presidio"):
        return
    try:
        detector(spec.presidio)
    except SynthError as error:
        yield found.wrong("presidio", error.problem, error.fix)


def _target(found: Declared, spec: DatasetSpec, schema: Schema, rows: Path) -> Iterator[Mistake]:
    """A target that the utility gate could not predict; of texts alone, a model of words predicts many classes."""
    from synth_pipeline.checks import prediction, text_prediction

    name = spec.target
    if name is None or name not in schema.names or not found.is_sure("target"):
        return
    column = schema[name]
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT):
        fix = "choose another target, or declare its type under 'columns' if it is no such thing."
        yield found.wrong("target", f"column {name!r} is of type {column.kind}, which cannot be predicted.", fix)
        return
    classes = _classes(rows, name, is_nominal=column.kind.is_nominal)
    by_words = set(schema.modelled) == {*schema.of(Kind.TEXT), name} and schema.of(Kind.TEXT)
    most = text_prediction.MOST_CLASSES if by_words else prediction.MOST_CLASSES
    if classes < 2:
        yield found.wrong("target", f"column {name!r} has a single value in all rows.", "choose a column that varies.")
    elif column.kind.is_nominal and classes > most:
        problem = f"column {name!r} has {classes} classes, and the utility check takes at most {most}."
        yield found.wrong("target", problem, "choose a column of fewer classes, or group its values at the source.")


def _classes(rows: Path, name: str, *, is_nominal: bool) -> int:
    """Distinct values; to the utility check a missing category is a class, and a missing number is not."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    values = pq.read_table(rows, columns=[name])[name]
    return int(pc.count_distinct(values, mode="all" if is_nominal else "only_valid").as_py())


def _too_few(found: Declared, spec: DatasetSpec, suites: Suites, file: Path) -> Iterator[Mistake]:
    """Fewer rows than the gates of the real parts demand, and how many would do."""
    import pyarrow.parquet as pq

    rows = pq.read_metadata(file).num_rows
    shares = {"source": 1.0, "train": spec.shares.train, "holdout": spec.shares.holdout}
    least = {part: _least(suites, part, found.name) for part in shares}
    short = [part for part in shares if rows * shares[part] < least[part]]
    if not short or not found.is_sure("shares"):
        return
    enough = max(_enough(least[part], shares[part]) for part in shares)
    demanded = " and ".join(f"{least[part]:,} in {part} (here {rows * shares[part]:,.0f})" for part in short)
    come = " and ".join(f"{enough * shares[part]:,.0f} {part}" for part in ("train", "holdout"))
    own = found.document.value(("attributes", "shares")) is not None and "source" not in short
    problem = f"{rows:,} rows are too few to audit: the suites demand at least {demanded}."
    fix = f"give at least {enough:,} rows, from which about {come} rows come{', or raise the share' * own}."
    yield found.wrong(f"shares.{short[0]}" if own else "source", problem, fix)


def _least(suites: Suites, gate: str, dataset: str) -> int:
    """The critical row minimum of a gate; 0 where its suite has none or is itself a mistake."""
    try:
        lines = suites.load(gate, dataset).lines
    except SynthError:
        return 0
    counts = [
        line["kwargs"].get("min_value")
        for line in lines
        if (line["type"], line.get("severity", "critical")) == ("expect_table_row_count_to_be_between", "critical")
    ]
    return max((int(count) for count in counts if isinstance(count, int | float)), default=0)


def _enough(least: int, share: float) -> int:
    """Rows of which a random share is almost surely as large, rounded up to two digits."""
    if share == 1:
        return least
    spread = _SAFE * sqrt(1 - share)
    exact = ((spread + sqrt(spread**2 + 4 * least)) / 2) ** 2 / share
    step = 10 ** max(0, len(str(ceil(exact))) - 2)
    return ceil(exact / step) * step
