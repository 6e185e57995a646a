"""Commands that judge tables, whoever made them: audit, plant, redteam."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from synth_pipeline.cli.terminal import DataFile, examples, progress, say, write
from synth_pipeline.core.errors import SynthError
from synth_pipeline.spec.presidio import Presidio

commands = typer.Typer()


@commands.command(
    epilog=examples(
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
    presidio: Annotated[
        str | None,
        typer.Option(
            help="Language of the texts, with a spaCy pipeline if there is one: en, or en:en_core_web_lg. "
            "Looks for names and the like; needs the extra."
        ),
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
        entity=entity, key=key, preset=preset, workers=workers, progress=progress, constraints=constraints or (),
        presidio=_presidio(presidio),
    )  # fmt: skip
    for judgement in result.judgements:
        say(f"{judgement.gate:<14}{judgement.verdict.value}")
        for line in judgement.lines:
            if line.reason and line.verdict.value != "pass":
                say(f"  {line.verdict.value}: {line.reason}")
    if target is None:
        say("utility was not asked for: no --target")
    for note in result.notes:
        say(note)
    if json_file is not None:
        write(json_file, result.to_json() + "\n")
    if junit_file is not None:
        write(junit_file, result.to_junit())
    if html_file is not None:
        progress("report")
        write(html_file, result.to_html())
    say(result.summary)
    raise typer.Exit(result.verdict.exit_status)


def _presidio(given: str | None) -> Presidio | None:
    """Raises SynthError where it is no language, or no language and model."""
    if given is None:
        return None
    language, _, model = given.partition(":")
    try:
        return Presidio(language=language, model=model or None)
    except ValidationError:
        raise SynthError(f"--presidio {given!r} is not understood.", "write en, or en:en_core_web_lg.") from None


@commands.command(
    epilog=examples(
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
    say(f"{included} of {count} canaries are among the {len(together):,} rows of {out}; which ones says {canaries}")


@commands.command(
    epilog=examples("synth redteam people.parquet --target income", "synth redteam t.csv --rows 4000 --json seen.json")
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
    from synth_pipeline.adapters.ingest.parts import read_real
    from synth_pipeline.checks.effort import EFFORTS
    from synth_pipeline.drill import Bench, drill
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
    progress("clean")
    clean = bench.clean()
    say(f"{size:,} rows each of train, holdout and synthetic; seed {seed}")
    held = not {"block", "unmeasured"} & set(clean.gates.values())
    say(f"{'ok' if held else 'ALARM':<8}{'clean':<36}{_gates(clean.gates)}")
    found = [{"fault": "clean", "gates": clean.gates, "seen": not held, "expected": "hold"}]
    missed = 0
    for fault, seen in drill(bench, chosen, progress):
        if isinstance(seen, str):
            say(f"{'-':<8}{fault.name:<36}{seen}")
            continue
        missed += not seen.by(fault.expected)
        say(f"{'seen' if seen.by(fault.expected) else 'MISSED':<8}{fault.name:<36}{_gates(seen.gates)}")
        found.append({"fault": fault.name, "gates": seen.gates, "seen": seen.by(fault.expected),
                      "expected": fault.expected})  # fmt: skip
    planted = len(found) - 1
    say(f"{planted - missed} of {planted} faults are seen as they ought to be")
    if json_file is not None:
        write(json_file, json.dumps({"rows": size, "seed": seed, "preset": preset, "faults": found}, indent=1) + "\n")
    raise typer.Exit(int(bool(missed) or not held))


def _gates(gates: dict[str, str]) -> str:
    return "  ".join(f"{gate} {verdict}" for gate, verdict in gates.items())
