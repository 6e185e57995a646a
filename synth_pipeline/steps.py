"""The verbs, in the order in which the data flows.  Pure: tables in, tables out."""

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from synth_pipeline.checks import CHECKS, Evidence
from synth_pipeline.checks.classifier import Classifier
from synth_pipeline.checks.exact_copies import ExactCopies
from synth_pipeline.checks.labels import LABEL_CHECKS, LabelEvidence
from synth_pipeline.checks.text_classifier import TextClassifier
from synth_pipeline.checks.utility import Utility
from synth_pipeline.core.errors import SynthError, Unmeasurable
from synth_pipeline.core.finding import Family, Finding, as_frame
from synth_pipeline.core.provenance import PROVENANCE, SYNTHETIC
from synth_pipeline.core.records import Labelled
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.holdout import Holdout
from synth_pipeline.core.split.sealed import Sealed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import RECORD_ID, Table
from synth_pipeline.core.threads import pinned
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.dedup import Deduplicated, deduplicate, repeats
from synth_pipeline.drawing import Drawer, fit_drawer
from synth_pipeline.labelling.documents import documents_of

FAMILIES = {
    "memorisation": Family.PRIVACY,
    "fidelity": Family.FIDELITY,
    "utility": Family.UTILITY,
    "diversity": Family.DIVERSITY,
}
WORKERS = 2


def fit(spec: DatasetSpec, train: Train) -> Drawer:
    """Fit the declared generator under the constraints, on a random sample of train of at most ``fit_rows``."""
    seed = Seed(spec.seed, (spec.name, "fit"))
    table = train.table
    if len(table) > spec.fit_rows:
        table = table.take(np.sort(seed.child("rows").stream().permutation(len(table))[: spec.fit_rows]))
    with pinned():
        return fit_drawer(spec.generator, Train(table), spec.constraints, seed, list(spec.conditions.named.values()))


def sample(spec: DatasetSpec, drawer: Drawer, rows: int, workers: int = WORKERS) -> Table:
    """Draw the candidates, which keep the constraints and meet the conditions; the same at any number of workers."""
    return drawer.sample(rows, Seed(spec.seed, (spec.name, "sample")), spec.conditions, workers)


def drop_repeats(spec: DatasetSpec, candidates: Table, train: Train) -> Deduplicated:
    """Drop what repeats more often than real data does at that size."""
    allowed = repeats(train.table, len(candidates), Seed(spec.seed, (spec.name, "repeats")))
    return deduplicate(candidates, allowed, spec.key)


def measure(gate: str, evidence: Evidence, workers: int = WORKERS) -> pd.DataFrame:
    """All checks of a gate's family, as a table of findings; the same at any number of workers."""
    wanted = [
        check for check in CHECKS if check.family is FAMILIES[gate] and check.name not in evidence.effort.left_out
    ]
    return run_checks(wanted, evidence, workers)


def label(spec: DatasetSpec, train: Train) -> Labelled:
    """Records over the documents of train; raises SynthError where none are declared, or none could be made."""
    if spec.labels is None:
        raise SynthError(f"{spec.name} declares no labels.", "write 'labels' into its declaration.")
    with pinned():
        made = spec.labels.label(train, Seed(spec.seed, (spec.name, "labels")))
    if not len(made.records):
        told = ", ".join(f"{count:,} for {reason}" for reason, count in made.dropped.items() if count) or "none"
        raise SynthError(f"{spec.name}: 'labels' make no record; dropped are {told}.",
                         "look at what is asked of the documents.")  # fmt: skip
    return made


def label_evidence(spec: DatasetSpec, records: Table, train: Train, barred: Iterable[Table]) -> LabelEvidence:
    """What the checks of records look at; ``barred`` are the parts that no record may be made over."""
    assert spec.labels is not None
    text, name = spec.labels.text, spec.labels.id
    others = [documents_of(table, text, name) for table in barred]
    return LabelEvidence(
        records, documents_of(train.table, text, name), frozenset().union(*others),
        tuple(one for documents in others for one in documents.values()), Seed(0, (spec.name, "audit of labels")),
    )  # fmt: skip


def measure_labels(evidence: LabelEvidence, workers: int = WORKERS, only: Collection[str] = ()) -> pd.DataFrame:
    """All checks of records, or some by name, as a table of findings."""
    return run_checks([check for check in LABEL_CHECKS if not only or check.name in only], evidence, workers)


def run_checks(checks: Iterable[Any], evidence: Any, workers: int = WORKERS) -> pd.DataFrame:
    """Measure side by side, each check on one thread; the findings come in the order of the checks.

    Checks, and the evidence they take, are those of tables (``Check``) or of records (``LabelCheck``).
    """

    def measured(check: Any) -> list[Finding]:
        with pinned():  # OpenMP counts threads for each thread that calls it
            try:
                return list(check.measure(evidence))
            except Unmeasurable as reason:
                note = f"{reason.problem} {reason.fix}"
                return [Finding(check.name, check.family, "all", "unmeasured", np.nan, note=note)]

    with pinned(), ThreadPoolExecutor(workers) as pool:
        return as_frame(finding for findings in pool.map(measured, checks) for finding in findings)


def open_sealed(train: Train, sealed: Sealed, synthetic: Table, evidence: Evidence) -> pd.DataFrame:
    """The last look, against real rows that nothing has been compared with before.

    Findings named ``sealed``: copies found, area under the curve of the classifiers of rows and of texts, and utility.
    """
    last = replace(evidence.against(Holdout(sealed.table)), train=train, synthetic=synthetic)
    findings = run_checks([ExactCopies(), Classifier(), TextClassifier(), Utility(ratio_alone=True)], last)
    wanted = {ExactCopies.name: "found", Classifier.name: "auc", TextClassifier.name: "auc", Utility.name: "ratio"}
    findings = findings[findings["metric"] == findings["check"].map(wanted)]
    return findings.assign(check="sealed").reset_index(drop=True)


def provenance_findings(stamped: pd.DataFrame, real_ids: Iterable[pd.Series]) -> pd.DataFrame:
    """Whether every row says where it is from, and none claims to be a real record."""
    rows = len(stamped)
    marked = (stamped[PROVENANCE] == SYNTHETIC) & stamped[["_generator", "_batch_id"]].notna().all(axis=1)
    without = int((~marked).sum())
    repeated = int(stamped[RECORD_ID].duplicated().sum() + stamped[RECORD_ID].isna().sum())
    real = sum(int(stamped[RECORD_ID].isin(ids).sum()) for ids in real_ids)
    counts = {"rows without origin": without, "repeated record ids": repeated, "real record ids": real}
    return as_frame(
        Finding("provenance", Family.FIDELITY, "all records", metric, float(count), n=rows)
        for metric, count in counts.items()
    )
