"""The whole declaration of a data set: its fields, and the generator that imitates it."""

from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.generators import AnyGenerator, Forest, Imported
from synth_pipeline.spec.dataset import DatasetFields


class DatasetSpec(DatasetFields):
    """One synthetic data set: where its real rows come from, how it is made, and when it is refreshed."""

    generator: AnyGenerator = Forest()

    @property
    def generator_name(self) -> str:
        """Kind and version, as stamped on every synthetic row."""
        return f"{self.generator.kind}-{self.generator.version}"

    @property
    def identity(self) -> str:
        """Hash of all that decides what is learned: a memorisation block is final for it and a source.

        The seed is not part of it, since another seed must not get around a block.
        """
        rows = [self.generator.content] if isinstance(self.generator, Imported) else []
        return of_text(self.generator_name, self.model_dump_json(include=_LEARNED), *rows)

    @property
    def hash(self) -> str:
        """Hash of all that decides what comes out: the identity and the seed."""
        return of_text(self.identity, str(self.seed), str(self.target), *filter(None, [self.rules]))

    @property
    def rules(self) -> str:
        """Hash of the constraints, which decide what may be released and not what is learned; empty without any."""
        return of_text(self.model_dump_json(include={"constraints"})) if self.constraints else ""


_LEARNED = {"name", "source", "columns", "exclude", "key", "entity", "shares", "rows", "fit_rows", "generator"}
