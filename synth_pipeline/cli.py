"""``synth``: the command line."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from synth_pipeline.core.errors import SynthError

COULD_NOT_RUN = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Synthetic data that is released only with evidence.\n\n"
    "Exit status: 0 passed (warnings allowed), 1 blocked, 2 could not run, 3 unmeasured.",
)


def _epilog(*lines: str) -> str:
    """Examples, one to a line."""
    return "\n\n".join(["[bold]Examples[/bold]", *lines])


DatasetName = Annotated[str, typer.Argument(help="Name of a data set under synth_pipeline/defs.")]
DataFile = Annotated[Path, typer.Option(help="CSV, Parquet or JSON lines.", show_default=False)]


@app.command(epilog=_epilog("synth run fair", "synth run fair --seed 7", "synth run fair --drill-copies 0.01"))
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

    spec = _spec(dataset)
    tags = {SEED: str(seed)} if seed is not None else {}
    tags |= {DRILL: str(drill_copies)} if drill_copies is not None else {}
    _progress(f"{dataset} loading")
    outcome = launch(_definitions, spec, tags, only or (), _progress)
    if outcome.reasons:
        _say(f"{dataset}: not released: {'; '.join(dict.fromkeys(outcome.reasons))}")
        _say(f"verdict    {outcome.verdict.value}")
    else:
        within = " (differences from real rows that can be measured, within tolerance: see the report)"
        _say(f"verdict    {outcome.verdict.value}{within if outcome.verdict is Verdict.WARN else ''}")
        _say(f"release    {dataset} {outcome.version}")
    if outcome.report is not None:
        _say(f"report     {_shown(outcome.report)}")
    warehouse = _store().warehouse
    if warehouse.exists():
        _say(f"warehouse  {_shown(warehouse)}")
    raise typer.Exit(_status_of(outcome))


@app.command(epilog=_epilog("synth check", "synth check fair"))
def check(dataset: Annotated[str | None, typer.Argument(help="All data sets if absent.")] = None) -> None:
    """Look for mistakes in declarations, sources, suites and dbt models, of DATASET or of all, before anything runs.

    Without mistakes it also says how small a leak an audit would see, at the sizes and shares declared.
    """
    from synth_pipeline.adapters.declaration import all_mistakes, declared
    from synth_pipeline.adapters.project import DEFS, ROOT, suites
    from synth_pipeline.adapters.warehouse import PROJECT
    from synth_pipeline.stages.foresight import smallest_leak

    if dataset is not None:
        _known(dataset)
    found = all_mistakes(DEFS, root=ROOT, suites=suites(), dbt_project=PROJECT, only=dataset)
    for mistake in found:
        _say(str(mistake))
    if found:
        raise typer.Exit(COULD_NOT_RUN)
    names = [dataset] if dataset is not None else sorted(declared(DEFS))
    _say(f"No mistakes in {', '.join(names)}.")
    for name in names:
        _progress(f"{name} planting copies")
        _say(smallest_leak(_spec(name), ROOT))


@app.command(epilog=_epilog("synth status", "synth status --json"))
def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Show what is released, from what, when and with which verdict."""
    from synth_pipeline.adapters.declaration import declared
    from synth_pipeline.adapters.project import DEFS
    from synth_pipeline.stages.status import status_of

    rows = [status_of(_store(), name) for name in sorted(declared(DEFS))]
    if as_json:
        _say(json.dumps(rows, indent=1))
        return
    for row in rows:
        _say(row["dataset"])
        for name, value in row.items():
            if name != "dataset" and value is not None:
                _say(f"  {name.replace('_', ' '):<12} {value}")
        if row["release"] is None:
            _say(f"  nothing is released yet: synth run {row['dataset']}")


@app.command(epilog=_epilog("synth ui", "synth ui --port 3001"))
def ui(port: Annotated[int, typer.Option(min=1, max=65535)] = 3000) -> None:
    """Start the Dagster UI with its schedules and sensors, on this machine only."""
    import subprocess

    from synth_pipeline.adapters.project import ROOT
    from synth_pipeline.orchestration.launch import instance_home

    home = instance_home()
    _say(f"Dagster keeps runs and ticks in {_shown(home)}")
    dg = Path(sys.executable).with_name("dg")
    command = [dg, "dev", "--workspace", ROOT / "workspace.yaml", "--host", "127.0.0.1", "--port", str(port)]
    raise typer.Exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603


@app.command(
    epilog=_epilog(
        "synth generate --train people.csv --out synthetic.parquet",
        "synth generate --generator forest --set leaf=100 --train people.parquet --rows 5000 --seed 7 --out out.csv",
    )
)
def generate(
    train: DataFile,
    out: Annotated[Path, typer.Option(help="Where to write; the ending says the format.", show_default=False)],
    generator: Annotated[str, typer.Option(help="Kind of generator: forest or marginals.")] = "forest",
    rows: Annotated[int | None, typer.Option(min=0, help="As many as there are train rows if absent.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the generator.")
    ] = None,
    constraints: Annotated[
        Path | None, typer.Option(help="YAML or JSON list of what every row keeps to, as in a declaration.")
    ] = None,
    where: Annotated[
        Path | None, typer.Option(help="YAML or JSON conditions: fixed values, bounds, balances, least counts.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Shards that are drawn side by side.")] = 2,
) -> None:
    """Fit a generator on a file and write synthetic rows, without an audit."""
    from synth_pipeline.library import generate_file

    count = generate_file(
        train, out, generator=generator, rows=rows, seed=seed, parameters=_settings(setting or []),
        constraints=constraints or (), conditions=where, workers=workers, progress=_progress,
    )  # fmt: skip
    _say(f"{count:,} synthetic rows in {out}; audit them before anybody relies on them: synth audit --help")


@app.command(
    epilog=_epilog(
        "synth audit --train train.parquet --holdout holdout.parquet --synthetic synthetic.parquet",
        "synth audit --train t.csv --holdout h.csv --synthetic s.csv --target income --sensitive race --html r.html",
    )
)
def audit(
    train: DataFile,
    holdout: DataFile,
    synthetic: DataFile,
    sealed: Annotated[Path | None, typer.Option(help="More real rows, for a last look.")] = None,
    target: Annotated[str | None, typer.Option(help="Column that the utility gate predicts.")] = None,
    sensitive: Annotated[
        list[str] | None, typer.Option(help="Column whose disclosure would harm; may be given several times.")
    ] = None,
    entity: Annotated[str | None, typer.Option(help="Column that names the person or thing of a row.")] = None,
    key: Annotated[str | None, typer.Option(help="Column that names a record and is unique.")] = None,
    canaries: Annotated[Path | None, typer.Option(help="Planted records, from synth plant.")] = None,
    constraints: Annotated[
        Path | None, typer.Option(help="YAML or JSON list of what every row must keep to, as in a declaration.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="quick: no attacks by singling out, linking and inference; thorough: more of all.")
    ] = "default",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Checks that run side by side.")] = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write verdict and findings as JSON.")] = None,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="Write the lines of all gates as JUnit XML.")
    ] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write the report.")] = None,
) -> None:
    """Judge anybody's synthetic table against the rows it was made from and rows it never saw.

    The last line is a summary for logs.
    """
    from synth_pipeline.checks.effort import EFFORTS
    from synth_pipeline.library import audit as audit_tables

    if preset not in EFFORTS:
        raise SynthError(f"There is no preset {preset!r}.", f"use one of {', '.join(EFFORTS)}.")
    result = audit_tables(
        train, holdout, synthetic, sealed=sealed, canaries=canaries, target=target, sensitive=sensitive or (),
        entity=entity, key=key, preset=preset, workers=workers, progress=_progress, constraints=constraints or (),
    )  # fmt: skip
    for judgement in result.judgements:
        _say(f"{judgement.gate:<14}{judgement.verdict.value}")
        for line in judgement.lines:
            if line.reason and line.verdict.value != "pass":
                _say(f"  {line.verdict.value}: {line.reason}")
    if target is None:
        _say("utility was not asked for: no --target")
    for note in result.notes:
        _say(note)
    if json_file is not None:
        _write(json_file, result.to_json() + "\n")
    if junit_file is not None:
        _write(junit_file, result.to_junit())
    if html_file is not None:
        _progress("report")
        _write(html_file, result.to_html())
    _say(result.summary)
    raise typer.Exit(result.verdict.exit_status)


@app.command(
    epilog=_epilog(
        "synth plant --train people.parquet --count 200 --out planted.parquet --canaries canaries.parquet",
        "synth audit --train planted.parquet --holdout h.parquet --synthetic made.parquet --canaries canaries.parquet",
    )
)
def plant(
    train: DataFile,
    out: Annotated[Path, typer.Option(help="Where to write train with the canaries.", show_default=False)],
    canaries: Annotated[Path, typer.Option(help="Where to write the canaries; keep it secret.", show_default=False)],
    count: Annotated[int, typer.Option(min=20, help="Canaries, of which about half are planted.")] = 200,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Plant made-up records in a training file, so that an audit can bound what any generator gives away."""
    from synth_pipeline.adapters.tables import write_table
    from synth_pipeline.library import plant as plant_canaries

    together, secret = plant_canaries(train, count, seed=seed)
    write_table(together, out)
    write_table(secret, canaries)
    included = int(secret["_included"].sum())
    _say(f"{included} of {count} canaries are among the {len(together):,} rows of {out}; which ones says {canaries}")


@app.command(
    epilog=_epilog("synth redteam people.parquet --target income", "synth redteam t.csv --rows 4000 --json seen.json")
)
def redteam(
    table: Annotated[Path, typer.Argument(help="A real table: CSV, Parquet or JSON lines.")],
    target: Annotated[str | None, typer.Option(help="Column that the utility gate predicts.")] = None,
    sensitive: Annotated[list[str] | None, typer.Option(help="Column whose groups are compared.")] = None,
    rows: Annotated[int | None, typer.Option(min=200, help="Rows of train; a third of the table if absent.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    only: Annotated[str | None, typer.Option(help="Only faults whose name or family holds this.")] = None,
    preset: Annotated[str, typer.Option(help="quick, default or thorough.")] = "default",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the table as JSON.")] = None,
) -> None:
    """Plant every known fault in copies of TABLE and print which of them the audit sees, at this table's size.

    The table is split at random into train, holdout and clean synthetic rows.  Exit status 0 where every
    fault is seen as it ought to be and the clean rows hold, else 1.
    """
    from synth_pipeline.checks.effort import EFFORTS
    from synth_pipeline.drill import Bench, drill
    from synth_pipeline.library import read_real
    from synth_pipeline.redteam import FAULTS

    if preset not in EFFORTS:
        raise SynthError(f"There is no preset {preset!r}.", f"use one of {', '.join(EFFORTS)}.")
    schema, parts = read_real({"real": table})
    for name in [target, *(sensitive or [])]:
        if name is not None and name not in schema.names:
            raise SynthError(f"{table} has no column {name!r}.", f"name one of {', '.join(schema.names)}.")
    size = rows or len(parts["real"]) // 3
    chosen = [one for one in FAULTS if only is None or only in one.name or only in one.family]
    bench = Bench(parts["real"], (size, size, size), seed, target=target, sensitive=tuple(sensitive or ()),
                  preset=preset)  # fmt: skip
    _progress("clean")
    clean = bench.clean()
    _say(f"{size:,} rows each of train, holdout and synthetic; seed {seed}")
    held = not {"block", "unmeasured"} & set(clean.gates.values())
    _say(f"{'ok' if held else 'ALARM':<8}{'clean':<36}{_gates(clean.gates)}")
    found = [{"fault": "clean", "gates": clean.gates, "seen": not held, "expected": "hold"}]
    missed = 0
    for fault, seen in drill(bench, chosen, _progress):
        if isinstance(seen, str):
            _say(f"{'-':<8}{fault.name:<36}{seen}")
            continue
        missed += not seen.by(fault.expected)
        _say(f"{'seen' if seen.by(fault.expected) else 'MISSED':<8}{fault.name:<36}{_gates(seen.gates)}")
        found.append({"fault": fault.name, "gates": seen.gates, "seen": seen.by(fault.expected),
                      "expected": fault.expected})  # fmt: skip
    planted = len(found) - 1
    _say(f"{planted - missed} of {planted} faults are seen as they ought to be")
    if json_file is not None:
        _write(json_file, json.dumps({"rows": size, "seed": seed, "preset": preset, "faults": found}, indent=1) + "\n")
    raise typer.Exit(int(bool(missed) or not held))


def _gates(gates: dict[str, str]) -> str:
    return "  ".join(f"{gate} {verdict}" for gate, verdict in gates.items())


def main() -> None:
    """Run the command line; an error that the user can mend is two lines and exit status 2."""
    try:
        app()
    except SynthError as error:
        print(f"Error: {error.problem}\nFix: {error.fix}", file=sys.stderr)  # noqa: T201
        sys.exit(COULD_NOT_RUN)
    except Exception as error:
        if os.environ.get("SYNTH_DEBUG"):
            raise
        print(  # noqa: T201
            f"Error: this should not have happened ({type(error).__name__}).\n"
            "Fix: run it again with SYNTH_DEBUG=1 for the traceback, and report it.",
            file=sys.stderr,
        )
        sys.exit(COULD_NOT_RUN)


def _say(text: str) -> None:
    typer.echo(text)


def _progress(step: str) -> None:
    """A line on the terminal, if there is one."""
    if sys.stderr.isatty():
        typer.echo(f"  {step}", err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


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


def _spec(dataset: str) -> Any:
    from synth_pipeline.adapters.declaration import load

    return load(_known(dataset))


def _settings(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE as parameters, numbers as numbers."""
    out: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise SynthError(f"--set {pair!r} is not of the form NAME=VALUE.", "write, for example, --set leaf=100.")
        try:
            out[name] = json.loads(value)
        except json.JSONDecodeError:
            out[name] = value
    return out


def _status_of(outcome: Any) -> int:
    """Blocked or unmeasured by a gate, or else not run to its end."""
    if not outcome.reasons:
        return 0
    return outcome.verdict.exit_status or (1 if outcome.refused else COULD_NOT_RUN)


if __name__ == "__main__":
    main()
