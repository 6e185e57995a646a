"""The tools on the board: which version of each peer, and a virtual environment for it, made when first needed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "synth_pipeline"
OURS = "synth_pipeline"
PINS = {"sdmetrics": "0.32.0", "mostlyai-qa": "1.10.11", "syntheval": "1.7.3"}
TOOLS = (*PINS, OURS)
READING = "pyarrow"  # the cases are Parquet
# one thread each: several tools run at once, and spinning threads slow each other down
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
INSTALLED = "import json, importlib.metadata as m; print(json.dumps({d.name: d.version for d in m.distributions()}))"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that gives scores to case folders, in an environment of its own."""

    name: str
    version: str
    python: Path
    log: Path

    def scores(self, folders: list[Path]) -> Iterator[dict[str, Any]]:
        """One answer per folder; a folder on which the tool ends with an error is answered with its last line."""
        left = [str(folder) for folder in folders]
        while left:
            for answer in self._run(left):
                left.remove(answer["folder"])
                yield answer
            if left:
                yield {"folder": left.pop(0), "failed": self.log.read_text().splitlines()[-1]}

    def installed(self) -> dict[str, str]:
        """Name and version of every distribution in its environment."""
        printed = subprocess.run([self.python, "-c", INSTALLED], check=True, capture_output=True, text=True).stdout
        return dict(sorted(json.loads(printed).items()))

    def _run(self, folders: list[str]) -> Iterator[dict[str, Any]]:
        script = HERE / f"score_{self.name.replace('-', '_')}.py"
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [self.python, "-W", "ignore", script, *folders],
                stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | THREADS,
            )  # fmt: skip
            assert process.stdout is not None
            yield from (json.loads(line) for line in process.stdout)
            if process.wait() < 0:  # killed: no answer of the tool's
                raise subprocess.CalledProcessError(process.returncode, self.name)


def tool(name: str, cache: Path) -> Tool:
    """Ready to run; a peer's environment is made in the cache folder if it is not there."""
    if name == OURS:
        return Tool(name, _own_version(), Path(sys.executable), cache / f"{name}.log")
    home = cache / f"{name}-{PINS[name]}"
    wanted = f"{name}=={PINS[name]} {READING}"
    if not (home / ".ready").exists() or (home / ".ready").read_text() != wanted:
        print(f"installing {wanted} into {home}", file=sys.stderr)
        _install(home, wanted.split())
        (home / ".ready").write_text(wanted)
    return Tool(name, PINS[name], home / "bin" / "python", cache / f"{name}.log")


def _install(home: Path, requirements: list[str]) -> None:
    """With uv if it is there, else with venv and pip; both take their settings from the environment."""
    python, uv = home / "bin" / "python", shutil.which("uv")
    make = [uv, "venv", "--quiet", "--python", sys.executable] if uv else [sys.executable, "-m", "venv"]
    install = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    subprocess.run([*make, "--clear", home], check=True)
    subprocess.run([*install, "--quiet", *requirements], check=True)


def _own_version() -> str:
    """The version and a hash of all that an audit depends on, so that changed code is measured anew."""
    from synth_pipeline import __version__

    suites = PACKAGE.parent / "expectations"
    files = sorted([*PACKAGE.rglob("*.py"), *suites.rglob("*.json")])
    return f"{__version__}+{hashlib.sha256(b''.join(file.read_bytes() for file in files)).hexdigest()[:8]}"
