"""What is declared about a language model that judges: its rubric, how much it judges, and who has judged before."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, model_validator

from synth_pipeline.spec.asking import Asks
from synth_pipeline.spec.base import OrAbsent, Spec

RESERVED = frozenset({"reason"})  # a field of every verdict


def _odd(samples: int) -> int:
    if samples % 2 == 0:
        raise ValueError("samples must be odd, so that there is a majority")
    return samples


class Criterion(Spec):
    """One thing that a row is judged by, on a scale of whole numbers from worst to best."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40, description="In small letters, as in findings.")
    question: str = Field(min_length=1, description="What the judge is asked about a row.")
    scale: tuple[int, int] = Field(
        default=(0, 1), description="Worst and best: [0, 1] for fail and pass, or such as [1, 5]."
    )
    acceptable: Annotated[int | None, OrAbsent()] = Field(
        default=None,
        description="The lowest score that will do; if absent 1 of 0 and 1, 3 of 1 to 5.",
    )

    @model_validator(mode="after")
    def _is_a_scale(self) -> "Criterion":
        worst, best = self.scale
        if not worst < best <= worst + 100:
            raise ValueError(f"scale goes from {worst} to {best}; it must rise, by at most 100")
        if self.acceptable is not None and not worst < self.acceptable <= best:
            raise ValueError(f"acceptable is {self.acceptable}; it must lie above {worst} and be at most {best}")
        if self.name in RESERVED or self.name.startswith("model_") or hasattr(BaseModel, self.name):
            raise ValueError(f"a criterion cannot be called {self.name!r}, which every verdict has already")
        return self

    @property
    def least(self) -> int:
        """The lowest score that will do: if nothing is declared, the middle or what is next above it."""
        worst, best = self.scale
        return self.acceptable if self.acceptable is not None else worst + (best - worst + 1) // 2


class Judging(Spec):
    """What of a data set is judged, by which rubric."""

    rubric: tuple[Criterion, ...] = Field(description="What rows are judged by, each on its own.")
    about: str = Field(default="", description="What the rows are, in words, for the judge.")
    sample: int = Field(default=200, ge=50, le=100_000, description="Synthetic rows that are judged, drawn at random.")
    samples: Annotated[int, AfterValidator(_odd)] = Field(
        default=1, ge=1, le=25, description="Times that each row is judged; the score in the middle counts."
    )
    people: Annotated[str | None, OrAbsent()] = Field(
        default=None,
        pattern=r"\.(csv|csv\.gz|parquet|jsonl|ndjson)$",
        description="A .csv, .parquet or .jsonl file of rows that people have judged, with a column of scores for each "
        "criterion; without it nobody knows whether the judge can tell, and the gate warns.",
    )

    @model_validator(mode="after")
    def _has_different_criteria(self) -> "Judging":
        if not self.rubric:
            raise ValueError("rubric holds no criterion")
        names = [criterion.name for criterion in self.rubric]
        if len(set(names)) < len(names):
            raise ValueError(f"rubric names {next(name for name in names if names.count(name) > 1)!r} twice")
        return self


class Judge(Asks):
    """A language model that judges rows, or questions over documents, or both."""

    rows: Annotated[Judging | None, OrAbsent()] = Field(
        default=None, description="Synthetic rows, against as many real rows of the holdout that it cannot tell apart."
    )
    labels: Annotated[Judging | None, OrAbsent()] = Field(
        default=None, description="Questions over documents, each with its answer and the words that bear it out."
    )

    @model_validator(mode="after")
    def _judges_something(self) -> "Judge":
        if self.rows is None and self.labels is None:
            raise ValueError("a judge must be given something to judge: 'rows' or 'labels'")
        return self
