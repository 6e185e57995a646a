"""``synth make``: declared tables as files, from no real data."""

from pathlib import Path
from typing import Annotated, Literal

import typer

EDGE_CASES = "_edge_cases"


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
    from synth_pipeline.core.errors import SynthError
    from synth_pipeline.scratch import make_tables

    made = make_tables(file, seed, rows)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SynthError(f"{out} cannot be made: {error.strerror}.", "choose another folder.") from None
    for name, frame in made.tables.items():
        write_table(frame, out / f"{name}.{form}")
        typer.echo(f"{len(frame):,} rows in {out / f'{name}.{form}'}")
    if len(made.edge_cases):
        write_table(made.edge_cases, out / f"{EDGE_CASES}.{form}")
        typer.echo(f"{len(made.edge_cases):,} edge cases; which cells they are in says {out / EDGE_CASES}.{form}")
