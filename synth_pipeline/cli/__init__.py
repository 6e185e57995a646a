"""``synth``: the command line."""

import os
import sys

import typer

from synth_pipeline.cli import endpoint, generation, pipeline, records, tables
from synth_pipeline.cli.terminal import COULD_NOT_RUN
from synth_pipeline.core.errors import SynthError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Synthetic data that is released only with evidence.\n\n"
    "Exit status: 0 passed (warnings allowed), 1 blocked, 2 could not run, 3 unmeasured.",
)
for group in (pipeline, records, generation, tables, endpoint):  # in the order of --help
    app.add_typer(group.commands)


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
