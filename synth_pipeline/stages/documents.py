"""Documents of a corpus that resemble others: dropped, counted and written down."""

from synth_pipeline.adapters.embeddings import embedding_at, embedding_of
from synth_pipeline.adapters.endpoint import spoken_of
from synth_pipeline.adapters.ingest.items import read_items
from synth_pipeline.adapters.project import ROOT
from synth_pipeline.adapters.storage import Draft
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.provenance import Provenance
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.table import Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.dedup import KINDS, Distinct, distinct_candidates, without_items
from synth_pipeline.spec.columns import Kind, Schema
from synth_pipeline.spec.dedup import SEALED, Semantic
from synth_pipeline.stages.corpus import CLUSTERS, dedup_of
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.run import Run
from synth_pipeline.text.documents import documents_of
from synth_pipeline.text.space import Embed


def drop_similar(run: Run, spec: DatasetSpec, candidates: Table, generator: str) -> Distinct | None:
    """Synthetic documents that resemble each other, an evaluation set or an earlier release; None for other tables.

    Raises SynthError where an evaluation set or an embedding cannot be read, or nothing is left.
    """
    dedup = dedup_of(spec, candidates.schema)
    if dedup is None:
        return None
    columns = candidates.schema.of(Kind.TEXT)
    against = {name: read_items(ROOT / name, name, columns) for name in dedup.files}
    provenance = Provenance(run.get("source").content, spec.hash, spec.seed, generator)
    earlier = _earlier(run, provenance.batch_id, candidates.schema) if dedup.earlier else []
    with pinned():
        out = distinct_candidates(candidates, dedup, Seed(spec.seed, (spec.name, "distinct")), against, earlier,
                                  _embedding(run, spec, dedup.semantic))  # fmt: skip
    if len(candidates) and not len(out.table):
        raise SynthError(f"{run.name}: every synthetic document resembles another that counts more.",
                         "look at the clusters, and raise the thresholds or take a set out of 'dedup'.")  # fmt: skip
    return out


def _embedding(run: Run, spec: DatasetSpec, semantic: Semantic | None) -> Embed | None:
    """Of a function or an endpoint, where one is declared; a drill plants rows of train, which are sent nowhere."""
    if semantic is None or (semantic.embed is None and semantic.embedding is None):
        return None
    if run.drill and semantic.embedding is not None:
        return None
    if semantic.embedding is None:
        return embedding_of(semantic.embed or "", ROOT)
    asks = spoken_of(spec.generator)
    return embedding_at(semantic.embedding, run.store, run.name, run.id, asks.budget if asks else None)


def _earlier(run: Run, batch: str, schema: Schema) -> list[str]:
    """The documents of releases before the first one of this batch, so that an equal rerun drops the same ones."""
    events = run.ledger.read("releases", run.name)
    released = events[events["event"] == "released"].reset_index(drop=True)
    mine = released.index[released["batch_id"] == batch]
    before = released.iloc[: mine[0]] if len(mine) else released
    texts: list[str] = []
    for event in before.drop_duplicates("version").itertuples():
        staged = run.store.made_by(run.name, "staged_release", str(event.run_id))
        if staged is None:
            raise SynthError(f"{run.name}: the rows of release {event.version} are gone.",
                             "restore them, or set 'dedup.earlier' to false.")  # fmt: skip
        texts += documents_of(table_of(staged))
    return texts


def without_sealed(run: Run, rows: Table) -> Distinct | None:
    """The rows that hold no sealed document, where 'dedup.against' says so, else None.

    For after they were scored: before that, sealed ones are the control of the last look, and dropping what is near
    them alone would make train look leaked.
    """
    dedup = dedup_of(run.spec, rows.schema)
    if dedup is None or SEALED not in dedup.against:
        return None
    names = [str(number) for number in range(1, len(rows) + 1)]
    sealed = documents_of(table_of(run.get("sealed")))
    keep, clusters = without_items(documents_of(rows), names, "deduplicated", SEALED, sealed)
    if not keep.any():
        raise SynthError(f"{run.name}: every synthetic document holds a sealed one.",
                         "look at what the generator makes, or take sealed out of 'dedup.against'.")  # fmt: skip
    return Distinct(rows.take(keep), clusters)


def note_clusters(draft: Draft, distinct: Distinct | None, kinds: tuple[str, ...] = KINDS) -> dict[str, int]:
    """Write the clusters beside the rows; how many documents were dropped, by kind."""
    if distinct is None:
        return {}
    distinct.clusters.to_parquet(draft.folder / CLUSTERS, index=False)
    return {f"dropped_{kind}": distinct.dropped(kind) for kind in kinds}
