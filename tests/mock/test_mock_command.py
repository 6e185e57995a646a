"""The command, as a process of its own."""

import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from synth_pipeline.cli import app
from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock import Running
from tests.mock.conftest import chat_body, post


@contextmanager
def served(*options):
    command = [sys.executable, "-m", "synth_pipeline.cli", "serve-mock", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield Running(process.stdout.readline().strip().removesuffix("/v1")), process
    finally:
        process.kill()
        process.communicate()


def test_it_serves_what_plan_and_options_say_and_ends_when_it_is_interrupted(tmp_path, pool):
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"seed: 3\nanswers: {{mode: echo, file: '{pool}'}}\nfaults: [{{kind: drop}}]\nkeys: [secret]\n")
    options = ["--plan", str(plan), "--mode", "pool", "--fault", "server_error:last=1", "--model", "tiny"]
    with served(*options) as (server, process):
        body = chat_body("label: green", model="tiny")
        assert post(server, "chat/completions", body, "secret").status == 500
        assert post(server, "chat/completions", body, "other").status == 401
        assert "the green number" in post(server, "chat/completions", body, "secret").content
        assert server.stats()["billed"] == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--plan", "nowhere.yaml"], "nowhere.yaml"),
        (["--fault", "flood"], "faults.0.kind"),
        (["--mode", "pool"], "answers.file"),
        (["--latency", "1", "--mode", "loud"], "answers.mode"),
    ],
)
def test_what_is_wrong_is_named(options, named):
    outcome = CliRunner().invoke(app, ["serve-mock", "--port", "0", *options])
    assert isinstance(outcome.exception, SynthError)
    assert named in str(outcome.exception)


def test_a_port_that_is_taken_is_named(mock_server):
    port = mock_server.root.rsplit(":", 1)[1]
    outcome = CliRunner().invoke(app, ["serve-mock", "--port", port])
    assert isinstance(outcome.exception, SynthError)
    assert port in outcome.exception.problem
