"""The assets of one data set: each is one call of a stage, and shows what it made."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd

from synth_pipeline import stages
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.progress import listening
from synth_pipeline.core.split.rule import SIDES
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.lineage import keys_before_release
from synth_pipeline.orchestration.telling import preview, result_of, result_of_release, run_of, table, told
from synth_pipeline.reports.picture import gap_of_associations
from synth_pipeline.stages import Run
from synth_pipeline.steps import FAMILIES

_SPLIT = {
    "train": "The only real rows that a generator sees.",
    "holdout": "The control of every audit and the test set of the utility gate.",
    "sealed": "Real rows that are opened once per release that is about to be published.",
}
_AUDITS = {
    "memorisation": "Does the synthetic table give away who was in train? Compared with holdout, by exact tests.",
    "fidelity": "Does it look like the real table: columns, pairs of columns, and as a whole?",
    "utility": "Does a model trained on it predict real holdout rows as one trained on real rows does?",
    "diversity": "Does it keep the breadth of the real table?",
}


def assets_of(spec: DatasetSpec) -> list[dg.AssetsDefinition]:
    """From source to release, in the order in which the data flows."""
    return [
        _asset(spec, "source", [], {"duckdb", "parquet"}, spec.description or "The real table.",
               stages.load_source),
        _split(spec),
        _asset(spec, "generator", ["train"], {"python", spec.generator.kind}, "The fitted sampler.",
               stages.fit_generator),
        _asset(spec, "candidates", ["generator"], {"parquet"}, "Synthetic rows as they were drawn.",
               stages.draw_candidates, previewed=True),
        _asset(spec, "deduplicated", ["candidates", "train"], {"parquet"},
               "Synthetic rows without the repeats that real data does not have.",
               stages.remove_repeats, previewed=True),
        *(_audit(spec, gate) for gate in FAMILIES),
        _asset(spec, "staged_release", ["sealed", *FAMILIES], {"parquet"},
               "Written as it would be published, and scored once on sealed rows.",
               stages.stage_release, previewed=True),
        _release(spec),
    ]  # fmt: skip


def _common(spec: DatasetSpec, description: str, kinds: set[str]) -> dict[str, Any]:
    return {"group_name": spec.name, "owners": list(spec.owners), "description": description, "kinds": kinds}


def _keys(spec: DatasetSpec, names: list[str]) -> list[dg.AssetKey]:
    return [dg.AssetKey([spec.name, name]) for name in names]


def _asset(
    spec: DatasetSpec,
    name: str,
    deps: list[str],
    kinds: set[str],
    description: str,
    stage: Callable[[Run], Artefact],
    previewed: bool = False,
) -> dg.AssetsDefinition:
    @dg.asset(key=[spec.name, name], deps=_keys(spec, deps), **_common(spec, description, kinds))
    def materialise(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with told(), listening(context.log.info):
            artefact = stage(run_of(context, spec))
        return result_of(artefact, **({"preview": preview(artefact)} if previewed else {}))

    return materialise


def _split(spec: DatasetSpec) -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            [spec.name, side], deps=_keys(spec, ["source"]), **_common(spec, _SPLIT[side], {"duckdb", "parquet"})
        )
        for side in SIDES
    ]

    @dg.multi_asset(specs=specs, name=f"{spec.name}__split")
    def split(context: dg.AssetExecutionContext):  # noqa: ANN202
        with told():
            parts = stages.split_source(run_of(context, spec))
        for side, artefact in parts.items():
            result = result_of(artefact)
            yield dg.MaterializeResult(asset_key=[spec.name, side], metadata=result.metadata,
                                       data_version=result.data_version)  # fmt: skip

    return split


def _audit(spec: DatasetSpec, gate: str) -> dg.AssetsDefinition:
    @dg.asset(
        key=[spec.name, gate],
        deps=_keys(spec, ["train", "holdout", "deduplicated"]),
        **_common(spec, _AUDITS[gate], {"scipy", "scikitlearn"}),
    )
    def measure(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with told():
            run = run_of(context, spec)
            artefact = stages.audit(run, gate)
        findings = pd.read_parquet(artefact.data)
        shown: dict[str, Any] = {}
        if gate == "fidelity":
            shown["associations"] = dg.MetadataValue.md(gap_of_associations(stages.evidence_of(run)))
        shown["table of findings"] = table(findings.drop(columns="family"))
        return result_of(artefact, **shown)

    return measure


def _release(spec: DatasetSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=[spec.name, "release"],
        deps=[*_keys(spec, ["staged_release"]), *keys_before_release(spec.name)],
        **_common(
            spec, "The published data set, if every gate and dbt test holds for exactly this content.", {"parquet"}
        ),
    )
    def release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = run_of(context, spec)
        with told():
            publication = stages.release(run)
        return result_of_release(publication, run.get("staged_release"))

    return release
