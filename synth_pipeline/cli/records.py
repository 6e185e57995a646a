"""Commands about single records: preview, of those that are to come, review and trace, of those that were made."""

from typing import Annotated

import typer

from synth_pipeline.cli.pipeline import DatasetName, spec_of
from synth_pipeline.cli.terminal import examples, progress, say
from synth_pipeline.core.errors import SynthError

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
    epilog=examples(
        "synth review support", "synth review support --accept 3f9a1c --by Ada", "synth review support --all"
    )
)
def review(
    dataset: DatasetName,
    accept: Annotated[list[str] | None, typer.Option(help="A row that stays; may be given several times.")] = None,
    reject: Annotated[list[str] | None, typer.Option(help="A row that no later release has.")] = None,
    by: Annotated[str, typer.Option(help="Who decides; is shown by synth trace.")] = "",
    decided: Annotated[bool, typer.Option("--all", help="List rows that were decided, too.")] = False,
) -> None:
    """List the synthetic rows of DATASET over which a judge, its samples, rules or people disagree, or decide on them.

    No real row is shown; questions over documents quote the words of theirs.  A decision holds from the next run on;
    the last one counts.
    """
    from synth_pipeline.adapters.project import store
    from synth_pipeline.stages.review import ACCEPTED, OPEN, REJECTED, decide, reviews_of

    spec = spec_of(dataset)
    if both := set(accept or ()) & set(reject or ()):
        raise SynthError(f"{min(both)} is to be accepted and rejected.", "give it to one of --accept and --reject.")
    for state, names in ((ACCEPTED, accept or ()), (REJECTED, reject or ())):
        for name in names:
            say(f"{decide(store(), dataset, name, state, by).record[:12]}  {state} by {by}")
    if accept or reject:
        return
    listed = reviews_of(store(), dataset)
    for one in listed:
        if one.state == OPEN or decided:
            who = f" by {one.reviewer}" if one.reviewer else ""
            say(f"{one.record[:12]}  {one.state}{who}: {one.why}")
            if one.said:
                say(f"    the judge: {one.said}")
            say("\n".join(f"    {column}: {value}" for column, value in one.row.items()))
    if spec.judge is None and not listed:
        say(f"{dataset} declares no judge, so that nothing comes up for review: see 'judge' in the guide.")
        return
    say(f"{sum(one.state == OPEN for one in listed):,} of {len(listed):,} rows wait for a decision.")


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
