"""The command that makes synthetic rows from a file: generate."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from synth_pipeline.cli.terminal import DataFile, examples, progress, say
from synth_pipeline.core.errors import SynthError

commands = typer.Typer()


@commands.command(
    epilog=examples(
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
) -> None:
    """Fit a generator on a file and write synthetic rows, without an audit."""
    from synth_pipeline.adapters.tables import write_table
    from synth_pipeline.library import generate as generate_rows

    frame = generate_rows(
        train, generator=generator, rows=rows, seed=seed, parameters=_settings(setting or []), progress=progress
    )
    write_table(frame, out)
    say(f"{len(frame):,} synthetic rows in {out}; audit them before anybody relies on them: synth audit --help")


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
