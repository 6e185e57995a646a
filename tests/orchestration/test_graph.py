"""The graph that a declaration becomes."""

from collections.abc import Mapping

import dagster as dg
import pytest
from dagster._core.execution.api import create_execution_plan

from synth_pipeline.adapters.declaration import load
from synth_pipeline.adapters.gates import GATES
from synth_pipeline.adapters.project import DEFS
from synth_pipeline.definitions import defs
from synth_pipeline.orchestration.assets import assets_of
from synth_pipeline.orchestration.checks import checks_of
from synth_pipeline.orchestration.labels import label_assets_of
from synth_pipeline.stages import asset_of

FLOW = {
    "source": set(),
    "train": {"source"},
    "holdout": {"source"},
    "sealed": {"source"},
    "generator": {"train"},
    "candidates": {"generator"},
    "deduplicated": {"candidates", "train"},
    "memorisation": {"train", "holdout", "deduplicated"},
    "fidelity": {"train", "holdout", "deduplicated"},
    "utility": {"train", "holdout", "deduplicated"},
    "diversity": {"train", "holdout", "deduplicated"},
    "staged_release": {"sealed", "memorisation", "fidelity", "utility", "diversity"},
}


BRANCH = {
    "labels": {"train"},
    "grounding": {"labels", "train", "holdout", "sealed"},
    "label_release": {"grounding"},
}


@pytest.fixture(scope="module")
def graph() -> dg.Definitions:
    return defs()


def test_assets_depend_on_each_other_as_the_data_flows(graph: dg.Definitions) -> None:
    layer = graph.resolve_asset_graph()
    for name, parents in FLOW.items():
        assert {key.path[-1] for key in layer.get(dg.AssetKey(["fair", name])).parent_keys} == parents


def test_records_are_a_branch_that_holds_no_rows_back_and_is_held_back_by_none(graph: dg.Definitions) -> None:
    layer = graph.resolve_asset_graph()
    for name, parents in BRANCH.items():
        assert {key.path[-1] for key in layer.get(dg.AssetKey(["docstrings", name])).parent_keys} == parents
    assert not layer.has(dg.AssetKey(["fair", "labels"]))
    published = layer.get(dg.AssetKey(["published", "records"]))
    assert published.parent_keys == {dg.AssetKey(["docstrings", "label_release"])}
    assert not published.is_executable, "the marts would wait for records"
    assert published.key in layer.get(dg.AssetKey(["lineage", "stg_records"])).parent_keys
    steps = create_execution_plan(graph.resolve_job_def("docstrings")).get_all_step_deps()
    rows = {"docstrings__generator", "docstrings__deduplicated", "docstrings__staged_release", "dbt_lineage"}
    assert not before("docstrings__label_release", steps) & rows
    assert not before("docstrings__release", steps) & {f"docstrings__{name}" for name in BRANCH}


def before(step: str, steps: Mapping[str, set[str]]) -> set[str]:
    """All steps that a step waits for."""
    return steps[step].union(*(before(one, steps) for one in steps[step]))


def test_only_the_generator_depends_on_train_and_nothing_synthetic_on_holdout(graph: dg.Definitions) -> None:
    layer = graph.resolve_asset_graph()
    above = {"generator", "candidates"}
    for name in above:
        parents = {key.path[-1] for key in layer.get(dg.AssetKey(["fair", name])).parent_keys}
        assert not parents & {"holdout", "sealed"}


def test_the_release_waits_for_the_marts_and_the_models_of_its_data_set(graph: dg.Definitions) -> None:
    parents = graph.resolve_asset_graph().get(dg.AssetKey(["fair", "release"])).parent_keys
    names = {key.path[-1] for key in parents}
    assert {"staged_release", "fair__training_mix", "provenance_summary", "release_ledger", "findings_history"} <= names


def test_the_warehouse_takes_real_and_staged_rows_from_the_graph(graph: dg.Definitions) -> None:
    layer = graph.resolve_asset_graph()
    for model, source in {"train": "train", "holdout": "holdout", "synthetic": "staged_release"}.items():
        assert dg.AssetKey(["fair", source]) in layer.get(dg.AssetKey(["lineage", f"stg_fair__{model}"])).parent_keys


def test_every_gate_is_a_blocking_check_on_its_asset() -> None:
    for dataset, gates in (("fair", GATES), ("docstrings", (*GATES, "grounding"))):
        checks = checks_of(load(DEFS / dataset / "defs.yaml"))
        found = {spec.asset_key.path[-1]: spec.blocking for check in checks for spec in check.check_specs}
        assert found == {asset_of(gate): True for gate in gates}


def test_assets_say_what_they_are() -> None:
    spec = load(DEFS / "docstrings" / "defs.yaml").model_copy(update={"owners": ("team:data",)})
    for definition in [*assets_of(spec), *label_assets_of(spec)]:
        for asset in definition.specs:
            assert asset.group_name == "docstrings"
            assert asset.description
            assert asset.kinds
            assert list(asset.owners) == ["team:data"]


def test_there_is_one_job_with_its_schedule_and_sensors(graph: dg.Definitions) -> None:
    repository = graph.get_repository_def()
    assert repository.has_job("fair")
    assert repository.has_schedule_def("fair_schedule")
    assert {"fair_new_data", "fair_drift", "fair_failed_gate"} <= {sensor.name for sensor in repository.sensor_defs}
