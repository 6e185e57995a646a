"""dbt's models and tests as Dagster assets and checks, run in this process and replayed from dbt's own events."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets

from synth_pipeline.adapters import dbt
from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.warehouse import Build
from synth_pipeline.stages import LineageFailed, build_lineage

GROUP = "lineage"


class Translator(DagsterDbtTranslator):
    """All models in one group, under one prefix; sources keep the keys that their ``meta`` gives them."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "model":
            return dg.AssetKey([GROUP, dbt_resource_props["name"]])
        return super().get_asset_key(dbt_resource_props)

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return GROUP


TRANSLATOR = Translator(DagsterDbtTranslatorSettings(enable_source_tests_as_checks=True))


@cache
def manifest() -> dict[str, Any]:
    """dbt's description of the project."""
    return json.loads(dbt.manifest(store()).read_text(encoding="utf-8"))


def keys_before_release(dataset: str) -> list[dg.AssetKey]:
    """The models of a data set and the marts: what must be built and tested before its release."""
    folders = {dataset, "marts"}
    return sorted(dg.AssetKey([GROUP, model["name"]]) for model in _models() if model["fqn"][1] in folders)


def model_keys() -> list[dg.AssetKey]:
    """All models of the warehouse."""
    return sorted(dg.AssetKey([GROUP, model["name"]]) for model in _models())


def _models() -> list[dict[str, Any]]:
    return [node for node in manifest()["nodes"].values() if node["resource_type"] == "model"]


PUBLISHED_RECORDS = dg.AssetKey(["published", "records"])


def lineage_definitions(labelled: Sequence[str] = ()) -> dg.Definitions:
    """The warehouse that all data sets share; ``labelled`` are those that release records over documents.

    Published records are an asset that nothing makes, or the marts would wait for every ``label_release`` of a run, and
    records that are blocked would hold rows back.
    """
    published = dg.AssetSpec(
        PUBLISHED_RECORDS, deps=[dg.AssetKey([name, "label_release"]) for name in labelled], kinds={"parquet"},
        description="The records over real documents in force, of all data sets.",
    )  # fmt: skip

    @dbt_assets(manifest=manifest(), dagster_dbt_translator=TRANSLATOR, name="dbt_lineage")
    def dbt_lineage(context: dg.AssetExecutionContext) -> Iterator[Any]:
        try:
            _, built = build_lineage(store(), context.run.run_id)
        except LineageFailed as failed:
            yield from _replay(failed.built, context)
            raise dg.Failure(failed.problem, metadata={"fix": failed.fix}, allow_retries=False) from failed
        yield from _replay(built, context)

    return dg.Definitions(assets=[dbt_lineage, published])


def _replay(built: Build, context: dg.AssetExecutionContext) -> Iterator[Any]:
    """dbt's events as materialisations and check results, as far as they are asked for."""
    from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

    target = dbt.PROJECT / "target"
    for event in built.events:
        message = DbtCoreCliEventMessage(raw_event=event, event_history_metadata={})
        for result in message.to_default_asset_events(
            manifest=manifest(), dagster_dbt_translator=TRANSLATOR, context=context, target_path=target
        ):
            if _is_asked_for(result, context):
                yield result


def _is_asked_for(result: Any, context: dg.AssetExecutionContext) -> bool:
    """Materialisations, and the checks that this step is to report."""
    if isinstance(result, dg.AssetCheckResult | dg.AssetCheckEvaluation):
        return dg.AssetCheckKey(result.asset_key, result.check_name) in context.selected_asset_check_keys
    return True
