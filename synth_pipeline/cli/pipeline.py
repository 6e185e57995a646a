"""Commands that work on declared data sets: run, label, check, compare, status, ui."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from synth_pipeline.cli.terminal import COULD_NOT_RUN, examples, progress, say, shown, write
from synth_pipeline.core.errors import SynthError

commands = typer.Typer()

DatasetName = Annotated[str, typer.Argument(help="Name of a data set under synth_pipeline/defs.")]


@commands.command(epilog=examples("synth run fair", "synth run fair --seed 7", "synth run fair --drill-copies 0.01"))
def run(
    dataset: DatasetName,
    seed: Annotated[int | None, typer.Option(help="Another seed than the one declared.", min=0)] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this asset; may be given several times.")] = None,
    drill_copies: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Fire drill: plant this share of training rows and see the audit find them."),
    ] = None,
) -> None:
    """Take DATASET, a folder of synth_pipeline/defs, from source to release, through every gate."""
    from synth_pipeline.core.verdict import Verdict
    from synth_pipeline.orchestration.launch import launch
    from synth_pipeline.stages import DRILL, SEED

    spec = spec_of(dataset)
    tags = {SEED: str(seed)} if seed is not None else {}
    tags |= {DRILL: str(drill_copies)} if drill_copies is not None else {}
    progress(f"{dataset} loading")
    outcome = launch(_definitions, spec, tags, only or (), progress)
    if outcome.reasons:
        what = "records not released" if outcome.version is not None else "not released"
        say(f"{dataset}: {what}: " + "\n  ".join(dict.fromkeys(outcome.reasons)))
        say(f"verdict    {outcome.verdict.value if outcome.refused else 'none: the run did not come to its end'}")
    else:
        within = " (differences from real rows that can be measured, within tolerance: see the report)"
        say(f"verdict    {outcome.verdict.value}{within if outcome.verdict is Verdict.WARN else ''}")
    if outcome.version is not None:
        say(f"release    {dataset} {outcome.version}")
    if outcome.report is not None:
        say(f"report     {shown(outcome.report)}")
    if outcome.records is not None:
        say(f"records    {shown(outcome.records)}")
    elif outcome.records_report is not None:
        say(f"report     {shown(outcome.records_report)}")
    warehouse = _store().warehouse
    if warehouse.exists():
        say(f"warehouse  {shown(warehouse)}")
    raise typer.Exit(_status_of(outcome))


@commands.command(epilog=examples("synth label docstrings", "synth label docstrings --seed 7"))
def label(
    dataset: DatasetName,
    seed: Annotated[int | None, typer.Option(help="Another seed than the one declared.", min=0)] = None,
    shown_records: Annotated[int, typer.Option("--show", help="Records to print.", min=0)] = 3,
) -> None:
    """Make questions and answers over the real documents of DATASET, as its 'labels' say, and audit them.

    Documents of train alone are used.  Exit status 0 where the records were released.
    """
    from synth_pipeline.adapters.storage import LABELS
    from synth_pipeline.orchestration.labels import WHOLE
    from synth_pipeline.orchestration.launch import launch
    from synth_pipeline.stages import SEED

    spec = spec_of(dataset)
    if spec.labels is None:
        raise SynthError(f"{dataset} declares no labels.", "write 'labels' into its declaration.")
    progress(f"{dataset} loading")
    outcome = launch(_definitions, spec, {SEED: str(seed)} if seed is not None else {}, WHOLE, progress)
    if (made := _store().made_by(dataset, LABELS, outcome.run)) is not None:
        _show_records(made, shown_records)
    for reason in dict.fromkeys(outcome.reasons):
        say(f"{dataset}: not released: {reason}")
    say(f"verdict    {outcome.verdict.value}")
    if outcome.records is not None:
        say(f"release    {shown(outcome.records)}")
    if outcome.records_report is not None:
        say(f"report     {shown(outcome.records_report)}")
    raise typer.Exit(_status_of(outcome))


def _show_records(made: Any, count: int) -> None:
    """How many there are, and the first of them."""
    import pandas as pd

    dropped = ", ".join(f"{number:,} {reason}" for reason, number in made.facts["dropped"].items() if number)
    say(f"records    {made.facts['rows']:,} over {made.facts['documents']:,} documents; dropped: {dropped or 'none'}")
    for record in pd.read_parquet(made.data).head(count).to_dict("records"):
        say(f"  {record['question']}\n    {record['answer'][:160]}")
        say(f"    characters {record['start']} to {record['end']} of {record['document_id']}")


@commands.command(epilog=examples("synth check", "synth check fair"))
def check(dataset: Annotated[str | None, typer.Argument(help="All data sets if absent.")] = None) -> None:
    """Look for mistakes in declarations, sources, suites and dbt models, of DATASET or of all, before anything runs.

    Without mistakes it also says how small a leak an audit would see, at the sizes and shares declared.
    """
    from synth_pipeline.adapters.dbt import PROJECT
    from synth_pipeline.adapters.declaration import all_mistakes, declared
    from synth_pipeline.adapters.project import DEFS, ROOT, suites
    from synth_pipeline.stages.foresight import smallest_leak

    if dataset is not None:
        _known(dataset)
    found = all_mistakes(DEFS, root=ROOT, suites=suites(), dbt_project=PROJECT, only=dataset)
    for mistake in found:
        say(str(mistake))
    if found:
        raise typer.Exit(COULD_NOT_RUN)
    names = [dataset] if dataset is not None else sorted(declared(DEFS))
    say(f"No mistakes in {', '.join(names)}.")
    for name in names:
        progress(f"{name} planting copies")
        say(smallest_leak(spec_of(name), ROOT))


@commands.command(
    epilog=examples(
        "synth compare fair",
        "synth compare fair --generator forest --generator forest:strength=2 --generator copula --html compared.html",
    )
)
def compare(
    dataset: DatasetName,
    generator: Annotated[
        list[str] | None,
        typer.Option(
            help="A kind, or KIND:NAME=VALUE,NAME=VALUE with parameters; may be given several times. "
            "If absent: all that imitate a table without parameters or an extra.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="quick, default or thorough, as for synth audit.")] = "default",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shards and checks that run side by side.")] = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the table as JSON.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page with the frontier.")] = None,
) -> None:
    """Run several generators on the same split of DATASET, audit each and recommend one.

    Nothing is released and sealed rows are not opened; each generator counts as an attempt in the ledger.  Exit
    status 0 where one passes every gate, else 1.
    """
    from synth_pipeline.comparison import compare as compared

    found = compared(spec_of(dataset), generator or (), preset=preset, workers=workers, progress=progress)
    say(found.as_table())
    for one in found.compared:
        for reason in one.reasons[:1]:
            say(f"{one.generator}: {reason}" + f" (and {len(one.reasons) - 1} more)" * (len(one.reasons) > 1))
    say(found.advice)
    if json_file is not None:
        write(json_file, found.to_json() + "\n")
    if html_file is not None:
        write(html_file, found.to_html())
    raise typer.Exit(int(found.recommended is None))


@commands.command(epilog=examples("synth status", "synth status --json"))
def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show what is released, from what, when and with which verdict."""
    from synth_pipeline.adapters.declaration import declared
    from synth_pipeline.adapters.project import DEFS
    from synth_pipeline.stages.status import status_of

    rows = [status_of(_store(), name) for name in sorted(declared(DEFS))]
    if as_json:
        say(json.dumps(rows, indent=1))
        return
    for row in rows:
        say(row["dataset"])
        for name, value in row.items():
            if name != "dataset" and value is not None:
                say(f"  {name.replace('_', ' '):<12} {value}")
        if row["release"] is None and row["labels"] is None:
            say(f"  nothing is released yet: synth run {row['dataset']}")


@commands.command(epilog=examples("synth ui", "synth ui --port 3001"))
def ui(port: Annotated[int, typer.Option(min=1, max=65535)] = 3000) -> None:
    """Start the Dagster UI with its schedules and sensors, on this machine only."""
    import subprocess

    from synth_pipeline.adapters.project import ROOT
    from synth_pipeline.orchestration.launch import instance_home

    home = instance_home()
    say(f"Dagster keeps runs and ticks in {shown(home)}")
    dg = Path(sys.executable).with_name("dg")
    command = [dg, "dev", "--workspace", ROOT / "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603


def _definitions() -> Any:
    from synth_pipeline.definitions import defs

    return defs()


def _store() -> Any:
    from synth_pipeline.adapters.project import store

    return store()


def _known(dataset: str) -> Path:
    from synth_pipeline.adapters.declaration import declared
    from synth_pipeline.adapters.project import DEFS

    names = declared(DEFS)
    if dataset not in names:
        raise SynthError(f"There is no data set {dataset!r}.", f"use one of {', '.join(sorted(names)) or 'none yet'}.")
    return names[dataset]


def spec_of(dataset: str) -> Any:
    """The declared data set; raises SynthError where there is none, or with its mistakes."""
    from synth_pipeline.adapters.declaration import load

    return load(_known(dataset))


def _status_of(outcome: Any) -> int:
    """Blocked or unmeasured by a gate, or else not run to its end."""
    if not outcome.reasons:
        return 0
    return outcome.verdict.exit_status or (1 if outcome.refused else COULD_NOT_RUN)
