"""Where the real rows come from."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from synth_pipeline.spec.base import OneOf, Spec


class FileSource(Spec):
    """A CSV, Parquet or JSON lines file."""

    kind: Literal["file"]
    path: str = Field(
        pattern=r"\.(csv|csv\.gz|parquet|jsonl|ndjson)$",
        description="File ending in .csv, .csv.gz, .parquet, .jsonl or .ndjson; "
        "a relative path starts at the project's folder.",
    )


class FolderSource(Spec):
    """A folder of text or Markdown files: one document per file, in the columns path and text."""

    kind: Literal["folder"]
    path: str = Field(description="The folder; a relative path starts at the project's folder.")
    pattern: str = Field(
        default="*.md",
        pattern=r"^[^/].*$",
        description="Which files are documents, such as *.md, or **/*.txt for those in folders inside it too.",
    )


class DuckdbSource(Spec):
    """A table of a DuckDB database, or a query over it."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": ["table"]}, {"required": ["query"]}]})

    kind: Literal["duckdb"]
    path: str = Field(description="DuckDB database file; it is opened read-only.")
    table: str | None = Field(default=None, description="Name of the table, as schema.table or table.")
    query: str | None = Field(default=None, description="A SELECT statement, instead of a table.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "DuckdbSource":
        if (self.table is None) == (self.query is None):
            raise ValueError("give either 'table' or 'query', and not both")
        return self


class PythonSource(Spec):
    """A Python function without arguments that returns a pandas data frame."""

    kind: Literal["python"]
    function: str = Field(
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", description="The function as package.module:function."
    )


Source = Annotated[FileSource | DuckdbSource | PythonSource | FolderSource, Field(discriminator="kind"), OneOf()]
