"""Which documents of a corpus count as the same, and which must not come out."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec
from synth_pipeline.spec.endpoint import Budget, Endpoint, Mode

SEALED = "sealed"


class Near(Spec):
    """Documents that share most of their words in the same order."""

    threshold: float = Field(
        default=0.8,
        ge=0.3,
        le=1,
        description="Jaccard similarity of the sets of runs of words from which two documents count as one, 0.3 to 1.",
    )
    words: int = Field(default=2, ge=1, le=10, description="Runs of one up to so many words are compared.")


def _is_absent(value: object) -> bool:
    return value is None


class EmbeddedBy(Spec):
    """Vectors of an endpoint that has /embeddings; synthetic texts are sent there, and no others."""

    endpoint: Endpoint
    dimensions: Annotated[int | None, OrAbsent()] = Field(
        default=None, ge=2, le=8192, description="Of the vectors, for models that can shorten them."
    )
    budget: Annotated[Budget | None, OrAbsent()] = Field(
        default=None, description="What all requests for the data set may cost at most; the generator's if absent."
    )

    @field_validator("endpoint")
    @classmethod
    def _is_online(cls, endpoint: Endpoint) -> Endpoint:
        if endpoint.mode is not Mode.ONLINE:
            raise ValueError("vectors are asked for online: leave out 'mode: batch'")
        return endpoint


class Semantic(Spec):
    """Documents that say the same in other words."""

    threshold: float = Field(
        ge=0.5, le=1, description="Cosine of the documents' vectors from which two count as one, 0.5 to 1."
    )
    embed: Annotated[str | None, OrAbsent()] = Field(
        default=None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="A function as package.module:function that takes a list of texts and returns an array of one "
        "vector per text; weighted words reduced by singular value decomposition if absent.",
    )
    embedding: Annotated[EmbeddedBy | None, OrAbsent()] = Field(
        default=None, exclude_if=_is_absent, description="An endpoint that makes the vectors."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> "Semantic":
        if self.embed is not None and self.embedding is not None:
            raise ValueError("'embed' and 'embedding' both say where vectors come from; leave one out")
        return self


class Dedup(Spec):
    """What is done about documents that resemble each other, among real ones before the split and among synthetic ones.

    Synthetic documents are compared with each other, with evaluation sets and with earlier releases, never with real
    ones that an audit is still to look at.
    """

    near: Near = Near()
    semantic: Annotated[Semantic | None, OrAbsent()] = Field(
        default=None, description="Among synthetic documents, drop those that say the same; not looked for if absent."
    )
    against: tuple[Annotated[str, Field(pattern=r"^sealed$|\.(csv|csv\.gz|parquet|jsonl|ndjson|txt)$")], ...] = Field(
        default=(),
        description="Evaluation sets whose items must not come out: files ending in .csv, .csv.gz, .parquet, .jsonl, "
        ".ndjson or .txt (an item per line), and sealed, which is looked at after the rows were scored on it.",
    )
    earlier: bool = Field(default=False, description="Drop what is near to a document of an earlier release.")

    @property
    def files(self) -> list[str]:
        """The evaluation sets that are files."""
        return [name for name in self.against if name != SEALED]
