"""The whole declaration of a data set: its fields, and the generator that imitates it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.generators import AnyGenerator, Forest, Grammar, Imported
from synth_pipeline.labelling import AnyLabeller
from synth_pipeline.spec.base import OrAbsent
from synth_pipeline.spec.dataset import DatasetFields


class DatasetSpec(DatasetFields):
    """One synthetic data set: where its real rows come from, how it is made, and when it is refreshed."""

    generator: AnyGenerator = Forest()
    labels: Annotated[AnyLabeller | None, OrAbsent()] = Field(
        default=None, description="Questions that are made over the real documents, which stay as they are."
    )

    @property
    def generator_name(self) -> str:
        """Kind and version, as stamped on every synthetic row."""
        return f"{self.generator.kind}-{self.generator.version}"

    @property
    def identity(self) -> str:
        """Hash of all that decides what is learned: a memorisation block is final for it and a source.

        Constraints are part of it where there are any, since what they say of a column is not learned from it.  Neither
        seed nor conditions are, since another draw must not get around a block.
        """
        learned = _LEARNED | ({"constraints"} if self.constraints else set())
        rows = [self.generator.content] if isinstance(self.generator, Imported | Grammar) else []
        return of_text(self.generator_name, self.model_dump_json(include=learned, exclude=_OF_NO_ROW), *rows)

    @property
    def hash(self) -> str:
        """Hash of all that decides what comes out: the identity, the seed, and conditions and dedup if any."""
        asked = self.model_dump_json(include={"conditions"}) if self.conditions else ""
        distinct = self.model_dump_json(include={"dedup"}, exclude=_OF_NO_VECTOR) if self.dedup else ""
        return of_text(self.identity, str(self.seed), str(self.target), *filter(None, [asked, distinct]))

    @property
    def labels_hash(self) -> str:
        """Hash of all that decides which records are made over a source; empty where none are."""
        if self.labels is None:
            return ""
        asked = self.model_dump_json(include={"name", "source", "columns", "exclude", "key", "entity", "shares"})
        return of_text(
            f"{self.labels.kind}-{self.labels.version}",
            self.labels.model_dump_json(exclude=_OF_NO_ROW["generator"]),
            asked,
            str(self.seed),
        )

    @property
    def rules(self) -> str:
        """Hash of constraints, presidio and judge, by which a release is judged too; empty without any."""
        judged = [self.model_dump_json(include={"judge"}, exclude={"judge": _OF_NO_ANSWER})] if self.judge else []
        named = {name for name in ("constraints", "presidio") if getattr(self, name)}
        declared = [self.model_dump_json(include=named)] if named else []
        return of_text(*declared, *judged) if declared or judged else ""


_LEARNED = {"name", "source", "columns", "exclude", "key", "entity", "shares", "rows", "fit_rows", "generator"}
# what is paid to a language model, and how fast, alters no answer: a larger budget must not get around a block
_OF_ENDPOINTS = {"limits": True, "mode": True, "price": True, "timeout_seconds": True, "api_key_env": True}
_OF_NO_ANSWER: Mapping[str, Any] = {"budget": True, "endpoint": _OF_ENDPOINTS, "others": {"__all__": _OF_ENDPOINTS}}
_OF_NO_VECTOR: Mapping[str, Any] = {"dedup": {"semantic": {"embedding": {"budget": True, "endpoint": _OF_ENDPOINTS}}}}
_OF_NO_ROW: Mapping[str, Any] = {"generator": {**_OF_NO_ANSWER, "patience": True, "when_short": True}}
