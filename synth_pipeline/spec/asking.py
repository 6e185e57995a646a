"""What is declared about questions to a language model: templates, taxonomies and how much is asked."""

from enum import StrEnum
from string import Formatter
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from synth_pipeline.spec.base import OrAbsent, Spec
from synth_pipeline.spec.dedup import Near
from synth_pipeline.spec.endpoint import Budget, Endpoint

Branches = dict[str, tuple[str, ...]]


def variables(template: str) -> set[str]:
    """The names in braces; raises ValueError where braces hold anything else, or are left open."""
    try:
        parts = [(name, form, kind) for _, name, form, kind in Formatter().parse(template) if name is not None]
    except ValueError:
        raise ValueError("the template has a brace left open") from None
    for name, form, kind in parts:
        if not name.isidentifier() or form or kind:
            raise ValueError(f"the template holds {{{name}}}, which is no plain name of a variable")
    return {name for name, _, _ in parts}


def _sound(branches: Branches | tuple[str, ...]) -> Branches | tuple[str, ...]:
    """Raise ValueError for a taxonomy without entries, with one twice, or with a loop."""
    groups = branches if isinstance(branches, dict) else {"": branches}
    if not groups or not all(groups.values()):
        raise ValueError("the taxonomy has a group without entries")
    for entries in groups.values():
        if len(set(entries)) < len(entries):
            raise ValueError(f"the taxonomy names {next(one for one in entries if entries.count(one) > 1)!r} twice")
    if isinstance(branches, dict):
        _refuse_loop(branches)
    return branches


def _refuse_loop(branches: Branches) -> None:
    """By taking away whatever only leads to leaves, until nothing is left or all that is left runs in circles."""
    left = dict(branches)
    while left:
        ends = [name for name, entries in left.items() if not any(entry in left for entry in entries)]
        if not ends:
            name = min(left)
            path = [name]
            while path[-1] not in path[:-1]:
                path.append(next(entry for entry in left[path[-1]] if entry in left))
            raise ValueError(f"the taxonomy has a loop: {' > '.join(path[path.index(path[-1]) :])}")
        for name in ends:
            del left[name]


Taxonomy = Annotated[Branches | tuple[str, ...], AfterValidator(_sound)]


class Wording(Spec):
    """How a language model is asked."""

    taxonomies: dict[str, Taxonomy] = Field(
        default={},
        description="What is drawn at random for each request, such as style or persona: a list, or groups by name "
        "whose entries may be names of groups.",
    )
    template: Annotated[str | None, OrAbsent()] = Field(
        default=None, min_length=1, description="What is asked for, with {variables}; examples and documents follow it."
    )
    about: str = Field(default="", description="What the texts are, in words, as {about} of the template.")

    VARIABLES: ClassVar[frozenset[str]] = frozenset({"about", "count", "label"})

    @field_validator("taxonomies")
    @classmethod
    def _are_named(cls, taxonomies: dict[str, Any]) -> dict[str, Any]:
        for name in taxonomies:
            if not name.isidentifier() or name in RESERVED:
                raise ValueError(f"the taxonomy {name!r} cannot have that name, which is no word of its own")
        return taxonomies

    @field_validator("template")
    @classmethod
    def _has_known_variables(cls, template: str | None, info: ValidationInfo) -> str | None:
        known = {*cls.VARIABLES, *info.data.get("taxonomies", {})}
        if template is not None and (unknown := sorted(variables(template) - known)):
            told = ", ".join(f"{{{name}}}" for name in sorted(known))
            raise ValueError(f"the template has the unknown variable {{{unknown[0]}}}; there are {told}")
        return template


RESERVED = frozenset({"about", "classes", "count", "label"})


class FewShot(Wording):
    """Rows like those of train, some of which the model is shown."""

    examples: int = Field(default=4, ge=0, le=50, description="Rows of train that a request shows.")
    per_request: int = Field(default=1, ge=1, le=50, description="Rows that a request asks for.")


class WhenShort(StrEnum):
    """What becomes of rows where not all that are wanted could be had."""

    REFUSE = "refuse"
    KEEP = "keep"


def _is_empty(others: object) -> bool:
    return not others


class Asks(Spec):
    """Who is asked, with which parameters, and what that may cost."""

    endpoint: Endpoint
    others: tuple[Endpoint, ...] = Field(
        default=(),
        exclude_if=_is_empty,
        description="Further endpoints, which share the questions by weight and answer for one that is down.",
    )
    budget: Annotated[Budget | None, OrAbsent()] = Field(
        default=None, description="What is asked for a data set may cost at most, in a currency or in tokens."
    )
    parameters: dict[str, bool | int | float | str] = Field(
        default={}, description="Sent with each request as they are, such as temperature or max_completion_tokens."
    )
    numbered: bool = Field(
        default=True, description="Send the number of the request as 'seed', for endpoints that know such a parameter."
    )

    @field_validator("others")
    @classmethod
    def _differ(cls, others: tuple[Endpoint, ...], info: ValidationInfo) -> tuple[Endpoint, ...]:
        first = info.data.get("endpoint")
        every = [*([first] if first else []), *others]
        names, places = [one.name for one in every], [(one.base_url, one.model) for one in every]
        if again := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two endpoints are called {again!r}; the ledger tells them apart by name")
        if again := next((place for place in places if places.count(place) > 1), None):
            raise ValueError(f"the model {again[1]!r} at {again[0]} is named twice")
        if not any(one.weight for one in every):
            raise ValueError("every endpoint has the weight 0, so that none would be asked")
        return others

    @model_validator(mode="after")
    def _shares_with_others(self) -> "Asks":
        if not self.others and self.endpoint.weight != 1:
            raise ValueError("'weight' shares the questions among several endpoints, and 'others' names none")
        return self

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """All that may be asked."""
        return (self.endpoint, *self.others)

    @field_validator("parameters")
    @classmethod
    def _are_free(cls, parameters: dict[str, Any]) -> dict[str, Any]:
        if "seed" in parameters:
            raise ValueError("parameters cannot set 'seed', which differs from request to request; see 'numbered'")
        return parameters

    def numbering(self, number: int) -> dict[str, Any]:
        """The parameters of a request."""
        return {**self.parameters, "seed": number} if self.numbered else dict(self.parameters)


class Spoken(Asks):
    """Who makes rows, what that may cost, and how long."""

    near: Annotated[Near | None, OrAbsent()] = Field(
        default=Near(), description="Of texts that are near each other the first is kept and another asked for."
    )
    patience: float = Field(default=3.0, ge=1, le=100, description="Rows asked for at most for each that is wanted.")
    when_short: WhenShort = Field(
        default=WhenShort.REFUSE,
        description="refuse: fewer rows than wanted are an error, which says why; keep: go on with what there is.",
    )
