"""How the pipeline speaks to Dagster: runs, failures and metadata."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import dagster as dg
import pandas as pd

from synth_pipeline.adapters.project import store
from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.errors import Refusal, SynthError
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.stages import Run
from synth_pipeline.stages.publication import Publication

PREVIEW = 5
MOST_ROWS = 200  # of a table in the UI

Context = dg.AssetExecutionContext | dg.AssetCheckExecutionContext


def run_of(context: Context, spec: DatasetSpec) -> Run:
    """The run that Dagster is executing."""
    return Run(spec, store(), context.run.run_id, context.run.tags)


@contextmanager
def told() -> Iterator[None]:
    """Turn an error that the user can mend into a failure that says so, which trying again does not help."""
    try:
        yield
    except SynthError as error:
        metadata = {"fix": error.fix, "refused": isinstance(error, Refusal)}
        raise dg.Failure(error.problem, metadata=metadata, allow_retries=False) from error


def result_of(artefact: Artefact, **more: Any) -> dg.MaterializeResult:
    """What the UI shows of an artefact: size, content, parents and some facts."""
    shown = {
        key: value
        for key, value in artefact.facts.items()
        if isinstance(value, str | int | float) and key not in ("rows", "typed_by", "read_as")
    }
    metadata: dict[str, Any] = {
        "content": artefact.content,
        "made from": dg.MetadataValue.json(artefact.parents),
        **shown,
        **more,
    }
    if "rows" in artefact.facts:
        metadata["dagster/row_count"] = artefact.facts["rows"]
    if "schema" in artefact.facts:
        metadata["dagster/column_schema"] = column_schema(artefact)
    return dg.MaterializeResult(metadata=metadata, data_version=dg.DataVersion(artefact.content))


def result_of_release(publication: Publication, artefact: Artefact) -> dg.MaterializeResult:
    """What the UI shows of a release of rows, or of records: its folder, its card and the first of them."""
    card = (publication.folder / "card.md").read_text(encoding="utf-8")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": artefact.facts["rows"],
            "version": publication.version,
            "folder": dg.MetadataValue.path(str(publication.folder)),
            "report": dg.MetadataValue.path(str(publication.folder / "report.html")),
            "content seen before": not publication.is_new,
            "card": dg.MetadataValue.md(card),
            "preview": preview(artefact),
        },
        data_version=dg.DataVersion(publication.version),
    )


def column_schema(artefact: Artefact) -> dg.TableSchema:
    """The columns of an artefact, in the spec's terms."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column["name"],
                column["kind"],
                constraints=dg.TableColumnConstraints(nullable=column["nullable"]),
            )
            for column in artefact.facts["schema"]["columns"]
        ]
    )


def table(frame: pd.DataFrame, most: int = MOST_ROWS) -> dg.TableMetadataValue | dg.MetadataValue:
    """A data frame as a table of the UI."""
    if frame.empty:
        return dg.MetadataValue.text("none")
    records = [dg.TableRecord({str(key): _plain(value) for key, value in row.items()})
               for row in frame.head(most).to_dict("records")]  # fmt: skip
    return dg.MetadataValue.table(records, schema=dg.TableSchema([dg.TableColumn(str(name)) for name in frame.columns]))


def preview(artefact: Artefact) -> Any:
    """The first synthetic rows or records; never to be called for real rows."""
    return table(pd.read_parquet(artefact.data).head(PREVIEW))


def _plain(value: Any) -> str | int | float | bool | None:
    """Values as the UI's tables take them."""
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    if hasattr(value, "item"):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)
