"""The synthetic side: generator, candidates and deduplicated."""

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.account import accounting
from synth_pipeline.core.errors import Refusal
from synth_pipeline.core.fingerprint import of_frame, of_text
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.drawing import dumps, loads
from synth_pipeline.redteam.copies import plant_copies
from synth_pipeline.stages.documents import drop_similar, note_clusters
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.review import without_rejected
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.trace import TRACES
from synth_pipeline.steps import drop_repeats, fit, sample

SAMPLER = "sampler.pkl"


def fit_generator(run: Run) -> Artefact:
    """Fit the generator on train; refused where an earlier memorisation block is final."""
    train, source = run.get("train"), run.get("source")
    refuse_blocked(run, source)
    spec = run.seeded
    drawer = fit(spec, Train(table_of(train)))
    with run.store.writing(run.name, "generator", run.id) as draft:
        (draft.folder / SAMPLER).write_bytes(dumps(drawer))
        draft.parents = {"train": train.content}
        draft.content = of_text(train.content, spec.hash)
        draft.facts = {"seed": spec.seed, "generator": spec.generator_name, "spec": spec.hash,
                       "identity": spec.identity, "accepted": round(drawer.accepted, 6),
                       "fit_rows": min(train.facts["rows"], spec.fit_rows), "train_rows": train.facts["rows"],
                       "schema": train.facts["schema"]}  # fmt: skip
    return run.get("generator")


def draw_candidates(run: Run) -> Artefact:
    """Sample the candidates; in a drill, plant training rows among them."""
    generator = run.get("generator")
    spec = run.spec.model_copy(update={"seed": generator.facts["seed"]})
    # Our own file, unchanged since it was written: ``file`` verifies its hash.
    drawer = loads(generator.file(SAMPLER).read_bytes(), spec.generator_name)
    with connected(drawer.spoken, run.store, run.name, run.id), accounting() as account:
        candidates = sample(spec, drawer, spec.rows or generator.facts["train_rows"])
    if run.drill:
        train = Train(table_of(run.get("train")))
        candidates = plant_copies(candidates, train, run.drill, Seed(spec.seed, (run.name, "drill")))
    with run.store.writing(run.name, "candidates", run.id) as draft:
        candidates.frame.to_parquet(draft.data, index=False)
        draft.parents, draft.content = {"generator": generator.content}, of_frame(candidates.frame)
        draft.facts = {"rows": len(candidates), "drill": run.drill, "schema": generator.facts["schema"],
                       **{name: generator.facts[name] for name in ("seed", "generator", "spec")}}  # fmt: skip
        if account.traces:
            account.trace.to_parquet(draft.folder / TRACES, index=False)
            draft.facts |= {"missing_rows": sum(account.short.values()), "left_out": account.told}
    return run.get("candidates")


def remove_repeats(run: Run) -> Artefact:
    """Drop repeats beyond what real data has, and documents that resemble others, and count all."""
    candidates, train = run.get("candidates"), run.get("train")
    result = drop_repeats(run.spec, table_of(candidates), Train(table_of(train)))
    spec = run.spec.model_copy(update={"seed": candidates.facts["seed"]})
    distinct = drop_similar(run, spec, result.table, candidates.facts["generator"])
    similar = result.table if distinct is None else distinct.table
    kept = without_rejected(run, similar, "rows")
    with run.store.writing(run.name, "deduplicated", run.id) as draft:
        kept.frame.to_parquet(draft.data, index=False)
        draft.parents = {"candidates": candidates.content, "train": train.content}
        draft.content = of_frame(kept.frame)
        draft.facts = {**candidates.facts, "rows": len(kept), "repeated": result.repeated,
                       "kept_repeats": result.kept_repeats, "dropped_beyond_real": result.dropped_beyond_real,
                       "dropped_by_key": result.dropped_by_key, "dropped_rejected": len(similar) - len(kept),
                       **note_clusters(draft, distinct)}  # fmt: skip
    return run.get("deduplicated")


def block_identity(run: Run, source: Artefact, identity: str | None = None) -> str:
    """What a memorisation block is final for: source, spec without seed, and generator version.

    ``identity`` is what the generator was fitted as; a file of imported rows may have changed since.
    """
    return of_text(source.content, identity or run.spec.identity)


def refuse_blocked(run: Run, source: Artefact) -> None:
    """Raise Refusal where the memorisation audit has blocked this identity before."""
    blocks = run.ledger.read("blocks", run.name)
    earlier = blocks[blocks["identity"] == block_identity(run, source)]
    if len(earlier) and not run.drill:
        last = earlier.iloc[-1]
        raise Refusal(
            f"{run.name}: the memorisation audit blocked this source, spec and generator version on "
            f"{last['at']:%Y-%m-%d %H:%M} UTC ({last['reasons']}); another seed would only retry the audit.",
            "change the source, the spec or the generator, for example to more strength of the forest.",
        )
