"""``synth compare``: which generator to use for a data set."""

import sys
from pathlib import Path
from typing import Annotated

import typer

EPILOG = (
    "[bold]Examples[/bold]\n\nsynth compare fair\n\n"
    "synth compare fair --generator forest --generator forest:leaf=100 --generator copula --html compared.html"
)


def compare(
    dataset: Annotated[str, typer.Argument(help="Name of a data set under synth_pipeline/defs.")],
    generator: Annotated[
        list[str] | None,
        typer.Option(
            help="A kind, or KIND:NAME=VALUE,NAME=VALUE with parameters; may be given several times. "
            "If absent: all that need neither parameters nor an extra.",
        ),
    ] = None,
    preset: Annotated[str, typer.Option(help="quick, default or thorough, as for synth audit.")] = "default",
    workers: Annotated[int, typer.Option(min=1, max=64, help="Checks that run side by side.")] = 2,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the table as JSON.")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", help="Write a page with the frontier.")] = None,
) -> None:
    """Run several generators on the same split of DATASET, audit each and recommend one.

    Nothing is released and sealed rows are not opened; each generator counts as an attempt in the ledger.  Exit
    status 0 where one passes every gate, else 1.
    """
    from synth_pipeline.adapters.declaration import declared, load
    from synth_pipeline.adapters.project import DEFS
    from synth_pipeline.comparison import compare as compare_generators
    from synth_pipeline.core.errors import SynthError

    names = declared(DEFS)
    if dataset not in names:
        raise SynthError(f"There is no data set {dataset!r}.", f"use one of {', '.join(sorted(names)) or 'none yet'}.")
    found = compare_generators(
        load(names[dataset]), generator or (), preset=preset, workers=workers, progress=_progress
    )
    typer.echo(found.as_table())
    for one in found.compared:
        for reason in one.reasons[:1]:
            typer.echo(f"{one.generator}: {reason}" + f" (and {len(one.reasons) - 1} more)" * (len(one.reasons) > 1))
    typer.echo(found.advice)
    if json_file is not None:
        _write(json_file, found.to_json() + "\n")
    if html_file is not None:
        _write(html_file, found.to_html())
    raise typer.Exit(int(found.recommended is None))


def _progress(step: str) -> None:
    """A line on the terminal, if there is one."""
    if sys.stderr.isatty():
        typer.echo(f"  {step}", err=True)


def _write(path: Path, text: str) -> None:
    from synth_pipeline.core.errors import SynthError

    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SynthError(f"{path} cannot be written: {error.strerror}.", "choose another place.") from None
