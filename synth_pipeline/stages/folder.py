"""The folder of a release: data, manifest, report and card, written aside and renamed."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pandas as pd

from synth_pipeline.adapters.storage import DATA, MANIFEST, Artefact
from synth_pipeline.checks.paraphrases import CLOSE_PAIR
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.provenance import COLUMNS
from synth_pipeline.reports import ReportFacts, card, report
from synth_pipeline.stages.facts import facts_of_run
from synth_pipeline.stages.run import Run


def release_folder(run: Run, staged: Artefact) -> Path:
    """Write the versioned folder, unless an equal rerun finds it there."""
    place = run.store.published(run.name) / "releases"
    final = place / staged.content
    if (final / MANIFEST).exists():
        return final
    with new_folder(final) as aside:
        shutil.copyfile(staged.data, aside / DATA)
        if run.spec.csv:
            pd.read_parquet(staged.data).to_csv(aside / "data.csv", index=False)
        facts = _publishable(facts_of_run(run))
        (aside / "report.html").write_text(report(facts), encoding="utf-8")
        (aside / "card.md").write_text(card(facts), encoding="utf-8")
        manifest = {
            "dataset": run.name,
            "synthetic": True,
            **{name: staged.facts[name] for name in ("version", "rows", "batch_id", "generator", "generation", "seed",
                                                     "source", "spec")},
            "columns": {column["name"]: column["kind"] for column in staged.facts["schema"]["columns"]},
            "provenance_columns": list(COLUMNS),
            "verdict": facts.verdict.value,
            "gates": {judgement.gate: judgement.verdict.value for judgement in facts.judgements},
            "suites": {judgement.gate: judgement.suite for judgement in facts.judgements},
            "files": {path.name: of_file(path) for path in sorted(aside.iterdir())},
        }  # fmt: skip
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return final


def _publishable(facts: ReportFacts) -> ReportFacts:
    """Without the findings that say which released row follows which real one: they stay in the restricted area."""
    judgements = [
        one if one.findings is None else replace(one, findings=one.findings[one.findings["metric"] != CLOSE_PAIR])
        for one in facts.judgements
    ]
    return replace(facts, judgements=judgements)


@contextmanager
def new_folder(final: Path) -> Iterator[Path]:
    """A folder to write into; it gets its name when all went well."""
    aside = final.with_name(f".{final.name}.{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        aside.rename(final)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
