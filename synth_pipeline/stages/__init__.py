"""The stages of a data set's run: each reads the artefacts of earlier ones, calls one verb and writes its own.

A stage is what one Dagster asset calls.  It takes the spec, the store and the id of the run: what this
run has made itself comes before what is in force, so that two runs never mix.
"""

from synth_pipeline.stages.audit import audit, evidence_of
from synth_pipeline.stages.facts import refusal_report
from synth_pipeline.stages.gate import asset_of, judge, reasons_against
from synth_pipeline.stages.generate import draw_candidates, fit_generator, remove_repeats
from synth_pipeline.stages.label_release import label_refusal, refuse_labels, release_labels, verify_labels
from synth_pipeline.stages.labels import audit_labels, make_labels
from synth_pipeline.stages.lineage import LineageFailed, build_lineage
from synth_pipeline.stages.real import load_source, split_source, table_of
from synth_pipeline.stages.release import Refused, refuse, release, verify
from synth_pipeline.stages.run import ATTEMPT, DRILL, SEED, Run
from synth_pipeline.stages.stage import stage_release

__all__ = [
    "ATTEMPT",
    "DRILL",
    "SEED",
    "LineageFailed",
    "Refused",
    "Run",
    "asset_of",
    "audit",
    "audit_labels",
    "build_lineage",
    "draw_candidates",
    "evidence_of",
    "fit_generator",
    "judge",
    "label_refusal",
    "load_source",
    "make_labels",
    "reasons_against",
    "refusal_report",
    "refuse",
    "refuse_labels",
    "release",
    "release_labels",
    "remove_repeats",
    "split_source",
    "stage_release",
    "table_of",
    "verify",
    "verify_labels",
]
