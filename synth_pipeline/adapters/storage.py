"""Where everything lies: a restricted area for real rows and all that is near them, and a published area.

    <home>/restricted/<data set>/<asset>/<run>/   one immutable artefact per asset and run
    <home>/restricted/<data set>/<asset>/current  a link to the one in force, replaced atomically
    <home>/restricted/ledgers/<kind>/*.parquet    one immutable file per batch of events
    <home>/restricted/warehouse/warehouse.duckdb  the published warehouse: it holds real rows too
    <home>/published/<data set>/releases/<version>/
    <home>/published/<data set>/current           a link to the release in force
    <home>/published/<data set>/labels/<version>/ records over real documents, and a link current beside them

Artefacts are written aside and renamed, so that what has its name is whole.
"""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file, of_text

ABOUT = "about.json"
DATA = "data.parquet"
MANIFEST = "manifest.json"
LABELS = "labels"  # the asset, and the folder of its releases


@dataclass(frozen=True, slots=True)
class Artefact:
    """A folder of files with what is known about them.

    ``content`` is the hash of what the artefact says, equal for equal reruns; ``parents`` are the content
    hashes of what it was made from.
    """

    folder: Path
    asset: str
    run: str
    content: str
    parents: dict[str, str]
    facts: dict[str, Any]
    files: dict[str, str]

    @property
    def data(self) -> Path:
        return self.folder / DATA

    def file(self, name: str) -> Path:
        """A file of the artefact, verified by its hash; raises SynthError when it was altered."""
        path = self.folder / name
        if name not in self.files or not path.exists() or of_file(path) != self.files[name]:
            raise SynthError(
                f"{self.asset}: {name} of run {self.run} is missing or not what was written.",
                f"materialise {self.asset} again.",
            )
        return path


@dataclass(frozen=True, slots=True)
class Store:
    """The two areas under one home."""

    home: Path

    @property
    def restricted(self) -> Path:
        """Real parts, fitted samplers, the warehouse and the ledgers: nobody else may look."""
        folder = self.home / "restricted"
        if not folder.exists():
            folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        return folder

    @property
    def ledgers(self) -> Path:
        return self.restricted / "ledgers"

    @property
    def warehouse(self) -> Path:
        return self.restricted / "warehouse" / "warehouse.duckdb"

    def published(self, dataset: str) -> Path:
        return self.home / "published" / dataset

    @contextmanager
    def writing(self, dataset: str, asset: str, run: str) -> Iterator["Draft"]:
        """A folder to write an artefact into; it gets its name, and becomes current, when all went well."""
        place = self.restricted / dataset / asset
        aside = place / f".{run}.{os.getpid()}"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            draft = Draft(aside)
            yield draft
            draft.seal(asset, run)
            final = place / run
            if final.exists():  # a step that is tried again in the same run
                shutil.rmtree(final)
            aside.rename(final)
            point(place / "current", run)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def find(self, dataset: str, asset: str, run: str | None = None) -> Artefact | None:
        """What this run made of the asset, or else the artefact in force."""
        own = self.made_by(dataset, asset, run) if run is not None else None
        return own or self.made_by(dataset, asset, "current")

    def made_by(self, dataset: str, asset: str, run: str) -> Artefact | None:
        """What this very run made of the asset."""
        folder = (self.restricted / dataset / asset / run).resolve()
        if not (folder / ABOUT).exists():
            return None
        return Artefact(folder, **json.loads((folder / ABOUT).read_text(encoding="utf-8")))

    def get(self, dataset: str, asset: str, run: str | None = None) -> Artefact:
        """Like ``find``; raises SynthError where there is none."""
        artefact = self.find(dataset, asset, run)
        if artefact is None:
            raise SynthError(f"{dataset}/{asset} has not been materialised.", f"run 'synth run {dataset}'.")
        return artefact

    def current_release(self, dataset: str) -> str | None:
        """Version of the release in force."""
        return _in_force(self.published(dataset) / "current")

    def current_records(self, dataset: str) -> str | None:
        """Version of the records over documents in force."""
        return _in_force(self.published(dataset) / LABELS / "current")


class Draft:
    """An artefact that is being written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.parents: dict[str, str] = {}
        self.facts: dict[str, Any] = {}
        self.content: str | None = None

    @property
    def data(self) -> Path:
        return self.folder / DATA

    def seal(self, asset: str, run: str) -> None:
        """Write down what the folder holds."""
        files = {path.name: of_file(path) for path in sorted(self.folder.iterdir()) if path.is_file()}
        about = {
            "asset": asset,
            "run": run,
            "content": self.content or of_text(*(f"{name}={digest}" for name, digest in files.items())),
            "parents": self.parents,
            "facts": self.facts,
            "files": files,
        }
        (self.folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _in_force(link: Path) -> str | None:
    """Name of the whole folder that a link points to."""
    return link.resolve().name if (link / MANIFEST).exists() else None


def point(link: Path, target: str) -> None:
    """Make a relative link point to the target, in one step."""
    aside = link.with_name(f".{link.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    os.replace(aside, link)


def write_aside(path: Path, text: str) -> None:
    """Replace a file's text in one step."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(text, encoding="utf-8")
    os.replace(aside, path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock of the operating system; it ends with the process, however that ends."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
