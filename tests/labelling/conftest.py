"""A small corpus of real documents, records over it by rules, and an audit of them."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from synth_pipeline.adapters.gates import Suites, judge_findings
from synth_pipeline.adapters.project import ROOT
from synth_pipeline.checks.labels import LabelEvidence
from synth_pipeline.core.records import RECORDS
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.core.verdict import Judgement
from synth_pipeline.dataset import DatasetSpec
from synth_pipeline.defs.docstrings.corpus import documents
from synth_pipeline.spec.columns import Column, Kind, Schema
from synth_pipeline.steps import label, label_evidence, measure_labels

SCHEMA = Schema(columns=(
    Column(name="name", kind=Kind.IDENTIFIER), Column(name="library", kind=Kind.CATEGORY),
    Column(name="object", kind=Kind.CATEGORY), Column(name="text", kind=Kind.TEXT),
))  # fmt: skip


@pytest.fixture(scope="session")
def corpus() -> pd.DataFrame:
    return documents()


@pytest.fixture(scope="session")
def spec() -> DatasetSpec:
    from synth_pipeline.adapters.declaration import load

    return load(ROOT / "synth_pipeline/defs/docstrings/defs.yaml")


@pytest.fixture(scope="session")
def sides(corpus: pd.DataFrame) -> tuple[Table, Table, Table]:
    """Train, holdout and sealed: 1,000, 500 and 500 documents."""
    order = np.random.default_rng(3).permutation(len(corpus))[:2_000]
    table = Table.conform(corpus[SCHEMA.names], SCHEMA)
    return table.take(order[:1_000]), table.take(order[1_000:1_500]), table.take(order[1_500:])


@pytest.fixture(scope="session")
def clean(spec: DatasetSpec, sides: tuple[Table, Table, Table]) -> LabelEvidence:
    train = Train(sides[0])
    return label_evidence(spec, label(spec, train).records, train, sides[1:])


@pytest.fixture(scope="session")
def changed(clean: LabelEvidence) -> Callable[[pd.DataFrame], LabelEvidence]:
    """The same audit, of other records."""
    return lambda frame: replace(clean, records=Table.conform(frame.reset_index(drop=True), RECORDS))


@pytest.fixture(scope="session")
def judged(shipped: Suites) -> Callable[[LabelEvidence], Judgement]:
    return lambda evidence: judge_findings(shipped.load("grounding"), measure_labels(evidence))


@pytest.fixture(scope="session")
def stream() -> Callable[[int], np.random.Generator]:
    return lambda number: Seed(number).stream()
