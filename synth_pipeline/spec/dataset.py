"""One synthetic data set, as its owner declares it: all fields but the generator, which a higher layer adds."""

from typing import Annotated, Literal

from croniter import croniter
from pydantic import Field, field_validator, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec
from synth_pipeline.spec.columns import ColumnOverride
from synth_pipeline.spec.conditions import Conditions
from synth_pipeline.spec.constraints import Constraint
from synth_pipeline.spec.dedup import Dedup
from synth_pipeline.spec.judging import Judge
from synth_pipeline.spec.presidio import Presidio
from synth_pipeline.spec.source import Source


class Shares(Spec):
    """How the real rows are split.  Changing a share starts a new lineage."""

    train: float = Field(default=0.5, gt=0, lt=1, description="Share that a generator may see.")
    holdout: float = Field(default=0.25, gt=0, lt=1, description="Share that is the control of every audit.")
    sealed: float = Field(default=0.25, gt=0, lt=1, description="Share that is opened once per release.")

    @model_validator(mode="after")
    def _sum_to_one(self) -> "Shares":
        total = self.train + self.holdout + self.sealed
        if abs(total - 1) > 1e-9:
            raise ValueError(f"train, holdout and sealed must sum to 1, and sum to {total:g}")
        return self


class Schedule(Spec):
    """When the data set is refreshed without anybody asking."""

    cron: str = Field(
        json_schema_extra={"pattern": r"^\s*\S+(\s+\S+){4}\s*$"},
        description="Five-field cron line, in UTC, such as '0 3 * * 1' for Mondays at three.",
    )
    each_tick: Literal["new_seed", "only_when_changed"] = Field(
        default="only_when_changed",
        description="new_seed: every tick generates anew with a seed derived from the tick; "
        "only_when_changed: a tick does nothing when neither source, spec nor suites changed.",
    )

    @field_validator("cron")
    @classmethod
    def _parses(cls, line: str) -> str:
        if len(line.split()) != 5 or not croniter.is_valid(line):
            raise ValueError(f"{line!r} is not a cron line of five fields, such as '0 3 * * 1'")
        return line


class Drift(Spec):
    """When real data has moved so far from the training rows that the release is out of date."""

    tolerance: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Distance of a column's distribution (Kolmogorov-Smirnov or total variation, 0 to 1) "
        "that counts as drift once it is larger than chance allows.",
    )
    every_seconds: int = Field(default=60, ge=10, description="Time between two looks at the source.")


class DatasetFields(Spec):
    """One synthetic data set: where its real rows come from, how it is made, and when it is refreshed."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]*$", max_length=40, description="Name in the graph, the warehouse and the releases."
    )
    description: str = Field(default="", description="What the real table is, for the UI, the report and the card.")
    owners: tuple[str, ...] = Field(
        default=(),
        json_schema_extra={"items": {"type": "string", "pattern": "^(team:.+|.+@.+)$"}},
        description="E-mail addresses, or teams as team:name.",
    )
    source: Source
    columns: dict[str, ColumnOverride] = Field(default={}, description="Types that the inference should not guess.")
    exclude: tuple[str, ...] = Field(default=(), description="Columns that are left out of everything.")
    key: str | None = Field(default=None, description="Column that names a record and is unique.")
    entity: str | None = Field(
        default=None, description="Column that names the person or thing a row belongs to; the split keeps it together."
    )
    target: str | None = Field(default=None, description="Column that the utility gate predicts.")
    sensitive: tuple[str, ...] = Field(
        default=(), description="Columns whose disclosure would harm; named on the report and the card."
    )
    constraints: tuple[Constraint, ...] = Field(
        default=(), description="What holds in every real row, and must hold in every synthetic one."
    )
    conditions: Conditions = Field(
        default=Conditions(), description="What the synthetic rows are to be like, other than the real ones are."
    )
    presidio: Annotated[Presidio | None, OrAbsent()] = Field(
        default=None, description="Names and further personal data that the audit looks for in texts; needs the extra."
    )
    dedup: Annotated[Dedup | None, OrAbsent()] = Field(
        default=None,
        description="What counts as the same document; if absent, near duplicates alone, and only where rows are "
        "nothing but text and a label.",
    )
    judge: Annotated[Judge | None, OrAbsent()] = Field(
        default=None, description="A language model that judges synthetic rows or questions by a rubric."
    )
    shares: Shares = Shares()
    rows: Annotated[int | None, OrAbsent()] = Field(
        default=None, ge=1, description="Synthetic rows to make; as many as train rows if absent."
    )
    fit_rows: int = Field(
        default=200_000, ge=100, description="A generator is fitted on at most this many train rows, drawn at random."
    )
    seed: int = Field(default=0, ge=0, lt=2**32)
    csv: bool = Field(default=False, description="Publish the released data as CSV too.")
    schedule: Annotated[Schedule | None, OrAbsent()] = None
    watch_source: bool = Field(default=False, description="Run when the content of the source changes.")
    drift: Annotated[Drift | None, OrAbsent()] = Field(
        default=None, description="Run when real data drifts from the training rows."
    )
    retries: int = Field(
        default=2,
        ge=0,
        le=10,
        description="Runs with another seed after a failed fidelity, diversity or utility gate. "
        "A memorisation block is never retried.",
    )

    @field_validator("owners")
    @classmethod
    def _are_addresses(cls, owners: tuple[str, ...]) -> tuple[str, ...]:
        for owner in owners:
            if not (owner.startswith("team:") and len(owner) > 5) and "@" not in owner[1:-1]:
                raise ValueError(f"{owner!r} is neither an e-mail address nor team:name")
        return owners

    @field_validator("constraints")
    @classmethod
    def _are_different(cls, constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
        for place, one in enumerate(constraints):
            if one in constraints[:place]:
                raise ValueError(f"{one.title!r} is declared twice, at [{constraints.index(one)}] and [{place}]")
        return constraints

    @model_validator(mode="after")
    def _columns_have_one_role(self) -> "DatasetFields":
        if self.target is not None and self.target in (self.key, self.entity):
            raise ValueError(f"target {self.target!r} is also the key or entity; an identifier cannot be predicted")
        if len(set(self.sensitive)) < len(self.sensitive):
            raise ValueError("sensitive names a column twice")
        return self
