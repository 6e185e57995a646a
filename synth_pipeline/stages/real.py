"""The real side: source, train, holdout and sealed."""

import pyarrow.parquet as pq

from synth_pipeline.adapters.ingest import ingest, split
from synth_pipeline.adapters.project import ROOT
from synth_pipeline.adapters.signature import signature
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.fingerprint import of_parquet, of_text
from synth_pipeline.core.parquet import frame, frames
from synth_pipeline.core.split.rule import SIDES, SplitRule
from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Schema
from synth_pipeline.stages.corpus import CLUSTERS, keep_one_of_each
from synth_pipeline.stages.run import Run


def rule_of(run: Run) -> SplitRule:
    return SplitRule(run.name, run.spec.shares)


def is_current(run: Run) -> bool:
    """Whether the parts in force were split from the source as it is declared, and as it is now."""
    source, train, holdout = (run.find(asset) for asset in ("source", "train", "holdout"))
    if source is None or train is None or holdout is None:
        return False
    return (
        source.facts.get("read_as") == _read_as(run)
        and source.facts["signature"] == signature(run.spec.source, ROOT)
        and all(part.parents["source"] == source.content for part in (train, holdout))
    )


def load_source(run: Run) -> Artefact:
    """Ingest the real rows, of a corpus one of each cluster of near duplicates.

    Types are inferred the first time and enforced from then on.
    """
    spec, before = run.spec, run.store.find(run.name, "source")
    typed_by = of_text(spec.model_dump_json(include={"source", "columns", "exclude", "key", "entity"}))
    known = before.facts["schema"] if before is not None and before.facts["typed_by"] == typed_by else None
    signed = signature(spec.source, ROOT)  # before reading: what changes meanwhile is seen next time
    with run.store.writing(run.name, "source", run.id) as draft:
        schema = ingest(
            spec.source, draft.data, root=ROOT, rule=rule_of(run), key=spec.key, entity=spec.entity,
            exclude=spec.exclude, overrides=spec.columns,
            schema=None if known is None else Schema.model_validate(known),
        )  # fmt: skip
        clusters = keep_one_of_each(draft.data, spec, schema)
        near = {}
        if clusters is not None:
            clusters.to_parquet(draft.folder / CLUSTERS, index=False)
            near = {"near_duplicates": int((~clusters["kept"]).sum())}
        draft.content = of_parquet(draft.data)
        draft.facts = {**near, "rows": pq.read_metadata(draft.data).num_rows, "schema": schema.model_dump(mode="json"),
                       "typed_by": typed_by, "read_as": _read_as(run), "signature": signed}  # fmt: skip
    return run.get("source")


def split_source(run: Run) -> dict[str, Artefact]:
    """Split the source by the hash of each record."""
    source = run.get("source")
    source.file("data.parquet")
    with (
        run.store.writing(run.name, "train", run.id) as train,
        run.store.writing(run.name, "holdout", run.id) as holdout,
        run.store.writing(run.name, "sealed", run.id) as sealed,
    ):
        drafts = dict(zip(SIDES, (train, holdout, sealed), strict=True))
        rows = split(source.data, {side: draft.data for side, draft in drafts.items()}, rule_of(run), run.spec.entity)
        for side, draft in drafts.items():
            draft.content, draft.parents = of_parquet(draft.data), {"source": source.content}
            draft.facts = {"rows": rows[side], "schema": source.facts["schema"]}
    return {side: run.get(side) for side in SIDES}


def table_of(artefact: Artefact, most: int | None = None) -> Table:
    """The rows of an artefact, verified by hash; at most so many, where they lie in the order of a hash."""
    path = artefact.file("data.parquet")
    schema = Schema.model_validate(artefact.facts["schema"])
    if most is None or artefact.facts["rows"] <= most:
        return Table.conform(frame(path), schema, artefact.asset)
    return Table.conform(next(frames(path, most)), schema, artefact.asset)


def _read_as(run: Run) -> str:
    """Hash of all that is declared of how the real rows are read, thinned and split."""
    read = {"name", "source", "columns", "exclude", "key", "entity", "dedup", "shares"}
    return of_text(run.spec.model_dump_json(include=read))
