"""Commands about single records: preview, of those that are to come, and trace, of those that were released."""

from typing import Annotated

import typer

from synth_pipeline.cli.pipeline import DatasetName, spec_of
from synth_pipeline.cli.terminal import examples, progress, say

commands = typer.Typer()


@commands.command(epilog=examples("synth preview support", "synth preview support --rows 50"))
def preview(
    dataset: DatasetName,
    rows: Annotated[int, typer.Option(min=2, max=1000, help="Rows to make.")] = 20,
    show: Annotated[int, typer.Option(min=0, help="Rows to print.")] = 20,
    probe: Annotated[
        int | None,
        typer.Option(min=0, help="Further rows, to tell how often they repeat."),
    ] = None,
) -> None:
    """Make a few rows of DATASET, show them with their cost, and say what all of them will cost.

    Nothing is audited or released.  Where a language model makes the rows, some further ones are asked for to tell how
    often they repeat; a run after it does not pay for any of these again.
    """
    from synth_pipeline.adapters.project import store
    from synth_pipeline.preview import preview_of

    seen = preview_of(spec_of(dataset), store(), rows, progress, probe)
    for number, row in enumerate(seen.rows.head(show).to_dict("records"), 1):
        say(f"{number:>3}  " + "\n     ".join(f"{name}: {value}" for name, value in row.items()))
    for line in seen.lines:
        say(line)


@commands.command(
    epilog=examples("synth trace synthetic-0123456789abcdef-17", "synth trace synthetic-0123456789abcdef-17 --prompt")
)
def trace(
    record_id: Annotated[str, typer.Argument(help="A value of the column _record_id.")],
    prompt: Annotated[bool, typer.Option(help="Print prompt and answer too, which may hold real rows.")] = False,
) -> None:
    """Say where a released record comes from: data set, release, generator and seed.

    Where a language model made it also the request, the template, what was drawn for it, and the real records that the
    prompt showed.
    """
    from synth_pipeline.adapters.project import store
    from synth_pipeline.stages.trace import trace as traced

    found = traced(store(), record_id)
    for name, value in found.facts.items():
        say(f"{name.replace('_', ' '):<20} {value}")
    if prompt:
        for message in found.messages:
            say(f"\n[{message['role']}]\n{message['content']}")
        say(f"\n[answer]\n{found.answer}" if found.answer else "\nNo prompt is kept of this record.")
