"""``imported``: rows that another tool made, brought in from a file, so that they pass every gate or none."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_file
from synth_pipeline.core.rowfile import read_rows
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.generators.columns import assembled, refuse_text
from synth_pipeline.spec.base import Spec

_ROOT = Path(__file__).resolve().parents[2]


class Imported(Spec):
    """Rows from a file.  It learns nothing: the tool that made them must have seen train alone."""

    kind: Literal["imported"] = "imported"
    path: str = Field(
        pattern=r"\.(csv|csv\.gz|parquet|jsonl|ndjson)$",
        description="File ending in .csv, .csv.gz, .parquet, .jsonl or .ndjson; "
        "a relative path starts at the project's folder.",
    )
    sha256: str = Field(
        default="", pattern="^([0-9a-f]{64})?$", description="Hash that the file must have, so that no other is taken."
    )

    @property
    def version(self) -> int:
        return 1

    @property
    def content(self) -> str:
        """SHA-256 of the file: other rows are another generator.  Raises SynthError where there is no such file."""
        file = _ROOT / self.path
        if not file.is_file():
            raise SynthError(
                f"The imported file {self.path} does not exist.", "put it there, or correct 'path' under 'generator'."
            )
        return of_file(file)

    def fit(self, train: Train, seed: Seed) -> "ImportedSampler":
        """Read the file under the schema of train; identifiers are made anew, whatever the file has in them."""
        refuse_text(train.table, self.kind)
        content = self.content
        if self.sha256 not in ("", content):
            raise SynthError(
                f"The imported file {self.path} does not have the hash that is declared.",
                "bring the file that was meant, or correct 'sha256' under 'generator'.",
            )
        return ImportedSampler(self.path, read_rows(_ROOT / self.path, train.table.schema))


@dataclass(frozen=True, slots=True, eq=False)
class ImportedSampler:
    """The rows of the file."""

    path: str
    table: Table

    @property
    def size(self) -> int:
        return len(self.table)

    def sample(self, rows: int, seed: Seed) -> Table:
        """So many of the rows, without repetition and in random order; raises SynthError where there are fewer."""
        if rows > len(self.table):
            raise SynthError(
                f"{rows:,} rows are asked for, and the imported file {self.path} has {len(self.table):,}.",
                f"declare 'rows: {len(self.table)}' or fewer, or import more.",
            )
        places = seed.stream().permutation(len(self.table))[:rows]
        chosen = self.table.frame.copy().iloc[places].reset_index(drop=True)  # pandas notes on a frame that it was cut
        return assembled(self.table.schema, {name: chosen[name] for name in self.table.schema.modelled}, rows, seed)
