"""The assets of records over real documents: a branch of its own beside the rows, from train to a release.

It hangs on no other part of the graph: rows that are blocked hold no records back, nor records rows.
"""

import dagster as dg
import pandas as pd

from synth_pipeline import stages
from synth_pipeline.adapters.storage import LABELS
from synth_pipeline.core.progress import listening
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.orchestration.telling import result_of, result_of_release, run_of, table, told

GATE = "grounding"
RELEASE = "label_release"
BRANCH = (LABELS, GATE, RELEASE)
WHOLE = ("source", "train", "holdout", "sealed", *BRANCH)  # what ``synth label`` runs


def label_assets_of(spec: DatasetSpec) -> list[dg.AssetsDefinition]:
    """Records, their audit and their release; none where the data set declares no labels."""
    return [] if spec.labels is None else [_labels(spec), _grounding(spec), _release(spec)]


def _key(spec: DatasetSpec, name: str) -> dg.AssetKey:
    return dg.AssetKey([spec.name, name])


def _labels(spec: DatasetSpec) -> dg.AssetsDefinition:
    assert spec.labels is not None

    @dg.asset(
        key=_key(spec, LABELS), deps=[_key(spec, "train")], group_name=spec.name, owners=list(spec.owners),
        kinds={"python", spec.labels.kind}, description="Questions and answers over the real documents of train.",
    )  # fmt: skip
    def labels(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with told(), listening(context.log.info):
            made = stages.make_labels(run_of(context, spec))
        return result_of(made, dropped=dg.MetadataValue.json(made.facts["dropped"]))

    return labels


def _grounding(spec: DatasetSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=_key(spec, GATE), deps=[_key(spec, name) for name in (LABELS, "train", "holdout", "sealed")],
        group_name=spec.name, owners=list(spec.owners), kinds={"scipy", "scikitlearn"},
        description="Do records quote their documents, find them again, spread over them, and touch no other part?",
    )  # fmt: skip
    def grounding(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        with told():
            artefact = stages.audit_labels(run_of(context, spec))
        findings = pd.read_parquet(artefact.data).drop(columns="family")
        return result_of(artefact, **{"table of findings": table(findings)})

    return grounding


def _release(spec: DatasetSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=_key(spec, RELEASE), deps=[_key(spec, GATE)], group_name=spec.name, owners=list(spec.owners),
        kinds={"parquet"}, description="The published records, if every gate and dbt test holds for exactly them.",
    )  # fmt: skip
    def label_release(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        run = run_of(context, spec)
        with told():
            publication = stages.release_labels(run)
        return result_of_release(publication, run.get(LABELS))

    return label_release
