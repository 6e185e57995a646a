"""The adapter around another environment: what it says when that fails, and who may read what it hands over.

Shell scripts stand in for the interpreter; the engine itself runs in the contract tests.
"""

import shlex
import sys
from pathlib import Path

import pytest

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.generators.autoregressive import Autoregressive
from synth_pipeline.generators.autoregressive_driver import NOT_INSTALLED, OTHER_VERSION, main


def interpreter(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def fit(python: str, every_kind) -> None:
    Autoregressive(python=python).fit(Train(every_kind(50, 1)), Seed(1))


@pytest.mark.parametrize("status", [NOT_INSTALLED, None])
def test_without_the_engine_or_the_interpreter_it_says_how_to_get_it(tmp_path, every_kind, status):
    python = str(tmp_path / "nowhere") if status is None else interpreter(tmp_path, f"exit {status}")
    with pytest.raises(SynthError) as refused:
        fit(python, every_kind)
    assert "synth_pipeline[autoregressive]" in refused.value.fix
    assert "uv venv" in refused.value.fix


def test_the_driver_says_so_where_the_engine_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main("fit", tmp_path) == NOT_INSTALLED


def test_a_model_of_another_version_is_refused(tmp_path, every_kind):
    with pytest.raises(SynthError, match="another version"):
        fit(interpreter(tmp_path, f"exit {OTHER_VERSION}"), every_kind)


def test_what_the_engine_prints_is_not_told(tmp_path, every_kind):
    with pytest.raises(SynthError, match=r"failed to fit \(ValueError\)") as refused:
        fit(interpreter(tmp_path, "echo 'ValueError: her secret' >&2; exit 1"), every_kind)
    assert "secret" not in str(refused.value)


def test_the_training_rows_are_handed_over_in_a_private_folder_that_is_deleted(tmp_path, every_kind):
    seen = tmp_path / "seen"
    told = (
        f'for last; do :; done; stat -c %a "$last" > {shlex.quote(str(seen))}; ls "$last" >> {shlex.quote(str(seen))}'
    )
    python = interpreter(tmp_path, f'{told}; echo "$last" >> {shlex.quote(str(seen))}; exit 1')
    with pytest.raises(SynthError):
        fit(python, every_kind)
    mode, *files, folder = seen.read_text().split()
    assert mode == "700"
    assert files == ["task.json", "train.parquet"]
    assert not Path(folder).exists()
