"""The command that stands in for a language model: serve-mock."""

from pathlib import Path
from typing import Annotated, Any

import typer

from synth_pipeline.cli.terminal import examples, say

commands = typer.Typer()


@commands.command(
    "serve-mock",
    epilog=examples(
        "synth serve-mock --latency 0.5 --concurrent 50",
        "synth serve-mock --mode pool --file texts.csv --fault rate_limit:share=.1 --fault drop:every=20",
        "synth serve-mock --plan plan.yaml --port 0",
    ),
)
def serve_mock(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8089,
    plan: Annotated[Path | None, typer.Option(help="YAML or JSON with all of these and more.")] = None,
    mode: Annotated[
        str | None,
        typer.Option(help="instance, echo, pool, memorising, low-diversity, ungrounded or mislabelling."),
    ] = None,
    file: Annotated[Path | None, typer.Option(help="CSV or JSON lines of labelled texts to answer from.")] = None,
    text: Annotated[str | None, typer.Option(help="Its column of texts.")] = None,
    label: Annotated[str | None, typer.Option(help="Its column of labels.")] = None,
    judge: Annotated[str | None, typer.Option(help="How rubrics are answered: sensible, lenient or random.")] = None,
    latency: Annotated[float | None, typer.Option(min=0, help="Seconds before each answer.")] = None,
    concurrent: Annotated[int | None, typer.Option(min=1, help="Requests in flight; beyond it, 429.")] = None,
    requests_per_minute: Annotated[float | None, typer.Option(help="Beyond it, 429.")] = None,
    tokens_per_minute: Annotated[float | None, typer.Option(help="Beyond it, 429.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND:NAME=VALUE,...", help="A way to misbehave; may be given several times."),
    ] = None,
    key: Annotated[list[str] | None, typer.Option(help="A key that is let in; any or none if absent.")] = None,
    model: Annotated[list[str] | None, typer.Option(help="A model that there is.")] = None,
    seed: Annotated[int | None, typer.Option(min=0)] = None,
) -> None:
    """Serve a language model that costs nothing and misbehaves as told, on this machine only.

    It speaks the OpenAI protocol under the address that it prints, and tells at /stats what it would have billed.
    Options go before what the plan says.  Equal requests get equal answers.
    """
    from synth_pipeline.mock import fault_of, plan_of, read_plan
    from synth_pipeline.mock.running import serve_here

    given = {} if plan is None else read_plan(plan)
    _set(given, seed=seed, latency=latency, keys=key, models=model)
    _set(given, "answers", mode=mode, file=file, text=text, label=label, judge=judge)
    _set(
        given, "limits", concurrent=concurrent, requests_per_minute=requests_per_minute,
        tokens_per_minute=tokens_per_minute,
    )  # fmt: skip
    _set(given, faults=[fault_of(one) for one in fault or ()] or None)
    serve_here(plan_of(given), port, lambda where: say(where.base_url))


def _set(given: dict[str, Any], part: str | None = None, **options: Any) -> None:
    """Put the options that were given before what the plan says."""
    chosen = {name: value for name, value in options.items() if value is not None}
    if part is None:
        given.update(chosen)
    elif chosen:
        given[part] = (given.get(part) or {}) | chosen
