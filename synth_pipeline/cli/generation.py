"""The commands that make rows from files: generate, from a real table, and make, from declared rules."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from synth_pipeline.cli.terminal import DataFile, examples, progress, say
from synth_pipeline.core.errors import SynthError

commands = typer.Typer()

EDGE_CASES = "_edge_cases"


@commands.command(
    epilog=examples(
        "synth generate --train people.csv --out synthetic.parquet",
        "synth generate --generator forest --set strength=2 --train people.parquet --rows 5000 --seed 7 --out out.csv",
        "synth generate --train people.parquet --constraints rules.yaml --where half.yaml --out out.parquet",
    )
)
def generate(
    train: DataFile,
    out: Annotated[Path, typer.Option(help="Where to write; the ending says the format.", show_default=False)],
    generator: Annotated[str, typer.Option(help="Kind of generator; an unknown one gets the list.")] = "forest",
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
    from synth_pipeline.adapters.tables import ending_of
    from synth_pipeline.generation import fit

    ending_of(out)  # before minutes of fitting
    fitted = fit(train, generator, seed=seed, parameters=_settings(setting or []), constraints=constraints or (),
                 conditions=where, progress=progress)  # fmt: skip
    count = fitted.write(out, rows, workers, progress)
    say(f"{count:,} synthetic rows in {out}; audit them before anybody relies on them: synth audit --help")


@commands.command(
    epilog=examples("synth make shop.yaml --out made", "synth make shop.yaml --out made --rows 1000 --format csv")
)
def make(
    file: Annotated[Path, typer.Argument(help="YAML file of tables.")],
    out: Annotated[Path, typer.Option(help="Folder to write into, one file for each table.", show_default=False)],
    rows: Annotated[int | None, typer.Option(min=0, help="Rows of every table, instead of those declared.")] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    form: Annotated[Literal["parquet", "csv"], typer.Option("--format", help="Of the files.")] = "parquet",
) -> None:
    """Make the tables that FILE declares, from no real data: to test infrastructure, load and schemas.

    Where edge cases are asked for, a further file says which cells they are in.
    """
    from synth_pipeline.adapters.tables import write_table
    from synth_pipeline.scratch import make_tables

    made = make_tables(file, seed, rows)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SynthError(f"{out} cannot be made: {error.strerror}.", "choose another folder.") from None
    for name, frame in made.tables.items():
        write_table(frame, out / f"{name}.{form}")
        say(f"{len(frame):,} rows in {out / f'{name}.{form}'}")
    if len(made.edge_cases):
        write_table(made.edge_cases, out / f"{EDGE_CASES}.{form}")
        say(f"{len(made.edge_cases):,} edge cases; which cells they are in says {out / EDGE_CASES}.{form}")


def _settings(pairs: list[str]) -> dict[str, Any]:
    """NAME=VALUE as parameters, numbers as numbers."""
    out: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise SynthError(f"--set {pair!r} is not of the form NAME=VALUE.", "write, for example, --set strength=2.")
        try:
            out[name] = json.loads(value)
        except json.JSONDecodeError:
            out[name] = value
    return out
