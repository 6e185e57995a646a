"""Staging: the candidate that passed every gate is scored once on sealed rows and written as it would be published."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_pipeline.adapters.storage import Artefact
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_frame
from synth_pipeline.core.provenance import Provenance
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import RECORD_ID
from synth_pipeline.stages.audit import evidence_of, note_findings
from synth_pipeline.stages.documents import note_clusters, without_sealed
from synth_pipeline.stages.real import table_of
from synth_pipeline.stages.run import Run
from synth_pipeline.stages.trace import TRACES, traced_records
from synth_pipeline.stages.verification import CHAIN, failed_gates
from synth_pipeline.steps import open_sealed, provenance_findings

FINDINGS = "findings.parquet"


def stage_release(run: Run) -> Artefact:
    """Stamp provenance on the rows and open sealed for them, unless it was opened for just these before."""
    if reasons := failed_gates(run, CHAIN):
        raise SynthError(f"{run.name} cannot be staged: {'; '.join(reasons)}.", "mend what the gates name.")
    rows = run.get("deduplicated")
    parents = {asset: run.get(asset).content for asset in (*CHAIN, "sealed", "generator")}
    provenance = Provenance(run.get("source").content, rows.facts["spec"], rows.facts["seed"], rows.facts["generator"])
    table = table_of(rows)
    left = without_sealed(run, table)
    kept = left.table if left else table
    stamped = provenance.stamp(kept.frame)
    version = of_frame(stamped)
    findings = _findings(run, stamped, version, parents)
    with run.store.writing(run.name, "staged_release", run.id) as draft:
        facts = {"rows": len(stamped), "version": version, "batch_id": provenance.batch_id,
                 "generator": provenance.generator, "generation": provenance.generation, "seed": provenance.seed,
                 "source": provenance.source, "spec": provenance.spec, "drill": rows.facts["drill"],
                 "schema": rows.facts["schema"]}  # fmt: skip
        write_parquet(stamped, draft.data, {key: facts[key] for key in _SHOWN})
        findings.to_parquet(draft.folder / FINDINGS, index=False)
        if len(traces := traced_records(run.get("candidates"), kept, stamped[RECORD_ID])):
            traces.to_parquet(draft.folder / TRACES, index=False)
        facts |= note_clusters(draft, left, ("evaluation",))
        draft.parents, draft.content, draft.facts = parents, version, facts
    run.ledger.write("releases", [{**run.who(), "event": "staged", **event_of(run), "reasons": ""}])
    return run.get("staged_release")


_SHOWN = ("version", "batch_id", "generator", "generation", "seed", "source", "spec")


def event_of(run: Run) -> dict[str, object]:
    """How the ledger of releases names what this run is about; what it has not come to is empty."""
    staged, rows = run.find("staged_release"), run.find("deduplicated")
    empty = {**dict.fromkeys(_SHOWN, ""), "generation": 1, "seed": run.seeded.seed, "rows": 0}
    if staged is not None and rows is not None and staged.parents["deduplicated"] == rows.content:
        return {key: staged.facts[key] for key in empty}
    if rows is not None:
        known = {key: rows.facts[key] for key in ("rows", "generator", "seed", "spec")}
        return empty | known | {"version": rows.content}
    return empty


def _findings(run: Run, stamped: pd.DataFrame, version: str, parents: dict[str, str]) -> pd.DataFrame:
    """Findings of the last gate; those of an earlier run over the very same rows stand."""
    before = run.store.find(run.name, "staged_release")
    if before is not None and before.content == version and before.parents == parents:
        findings = pd.read_parquet(before.file(FINDINGS))
    else:
        run.ledger.write("openings", [{**run.who(), "version": version}])
        evidence = evidence_of(run)
        sealed = Sealed(table_of(run.get("sealed")))
        real_ids = [table.ids for table in (*evidence.tables[:2], sealed.table) if table.ids is not None]
        findings = pd.concat(
            [provenance_findings(stamped, real_ids),
             open_sealed(Train(evidence.train.table), sealed, evidence.synthetic, evidence)],
            ignore_index=True,
        )  # fmt: skip
    note_findings(run, "release", version, findings)
    return findings


def write_parquet(frame: pd.DataFrame, path: Path, provenance: dict[str, object]) -> None:
    """Parquet that says in its own metadata that it is synthetic, and from what."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), b"synthetic": b"true",
                b"provenance": json.dumps(provenance, sort_keys=True).encode()}  # fmt: skip
    pq.write_table(table.replace_schema_metadata(metadata), path)
