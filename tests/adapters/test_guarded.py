"""What code that is not ours raises, and what a value could do to a terminal."""

import pytest
from typer.testing import CliRunner

from synth_pipeline.adapters.guarded import guarded
from synth_pipeline.cli import app
from synth_pipeline.cli.terminal import say
from synth_pipeline.core.errors import SynthError


def test_only_the_type_of_a_foreign_error_is_told():
    with pytest.raises(SynthError) as caught, guarded("It failed", "look."):
        raise ValueError("Ada Lovelace, 36")
    assert str(caught.value.problem) == "It failed (ValueError)." and "Ada" not in str(caught.value)


def test_an_error_of_our_own_keeps_its_words():
    with pytest.raises(SynthError, match="no such column"), guarded("It failed", "look."):
        raise SynthError("no such column.", "name another.")


def test_a_value_cannot_steer_the_terminal(capsys):
    say("row\x1b]0;title\x07\x1b[2J\tnext\nline\x9b1m")
    assert capsys.readouterr().out == "row\ufffd]0;title\ufffd\ufffd[2J\tnext\nline\ufffd1m\n"
    assert CliRunner().invoke(app, ["--help"]).exit_code == 0
