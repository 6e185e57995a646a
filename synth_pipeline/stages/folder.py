"""The folder of a release: data, manifest, report and card, written aside and renamed."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from synth_pipeline.adapters.storage import DATA, MANIFEST, Artefact, write_aside
from synth_pipeline.checks.paraphrases import CLOSE_PAIR
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.provenance import COLUMNS
from synth_pipeline.reports import Facts, ReportFacts, card, report
from synth_pipeline.stages.facts import facts_of_run
from synth_pipeline.stages.run import Run

REPORT, CARD = "report.html", "card.md"


def release_folder(run: Run, staged: Artefact) -> Path:
    """The versioned folder of rows that are released."""
    facts = publishable(facts_of_run(run))
    about = {
        **{name: staged.facts[name] for name in ("version", "rows", "batch_id", "generator", "generation", "seed",
                                                 "source", "spec")},
        "columns": {column["name"]: column["kind"] for column in staged.facts["schema"]["columns"]},
    }  # fmt: skip
    place = run.store.published(run.name) / "releases"
    return versioned(run, staged, place, facts, about, lambda: {REPORT: report(facts), CARD: card(facts)})


def versioned(
    run: Run,
    made: Artefact,
    place: Path,
    facts: Facts,
    about: Mapping[str, Any],
    pages: Callable[[], Mapping[str, str]],
) -> Path:
    """Write the folder of a version: data, manifest, and ``pages``, which are report and card by file name.

    Where an equal run left it, data stay, with the hash that was written then; pages and manifest are written anew
    where gates, suites or rules are not those of the manifest.  The manifest comes last, so that after a crash the next
    run does it again.
    """
    judged = {
        "verdict": facts.verdict.value,
        "gates": {judgement.gate: judgement.verdict.value for judgement in facts.judgements},
        "suites": {judgement.gate: judgement.suite for judgement in facts.judgements},
        "rules": run.spec.rules,
    }
    head = {"dataset": run.name, "synthetic": True, **about, "provenance_columns": list(COLUMNS), **judged}
    final = place / made.content
    if (final / MANIFEST).exists():
        before = json.loads((final / MANIFEST).read_text(encoding="utf-8"))
        if any(before.get(name) != value for name, value in judged.items()):
            written = _write(final, pages())
            write_aside(final / MANIFEST, _as_text({**head, "files": before["files"] | written}))
        return final
    with new_folder(final) as aside:
        shutil.copyfile(made.data, aside / DATA)
        if run.spec.csv:
            pd.read_parquet(made.data).to_csv(aside / "data.csv", index=False)
        _write(aside, pages())
        files = {path.name: of_file(path) for path in sorted(aside.iterdir())}
        write_aside(aside / MANIFEST, _as_text({**head, "files": files}))
    return final


def publishable(facts: ReportFacts) -> ReportFacts:
    """Without the findings that say which released row follows which real one: they stay in the restricted area."""
    judgements = [
        one if one.findings is None else replace(one, findings=one.findings[one.findings["metric"] != CLOSE_PAIR])
        for one in facts.judgements
    ]
    return replace(facts, judgements=judgements)


def _write(folder: Path, pages: Mapping[str, str]) -> dict[str, str]:
    """Each in one step; their hashes."""
    for name, text in pages.items():
        write_aside(folder / name, text)
    return {name: of_file(folder / name) for name in pages}


def _as_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"


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
