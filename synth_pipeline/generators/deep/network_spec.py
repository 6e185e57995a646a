"""What a user declares of any network."""

from typing import Annotated

from pydantic import Field

from synth_pipeline.spec.base import OrAbsent, Spec


class NetworkSpec(Spec):
    """Parameters that the networks share; how large and how patient they are by default each says itself."""

    blocks: int = Field(default=2, ge=1, le=12, description="Residual blocks of two layers.")
    levels: int = Field(
        default=64, ge=2, le=1000, description="Levels of a column that are learned; rarer ones go by their share."
    )
    seconds: Annotated[float | None, OrAbsent()] = Field(
        default=None, gt=0, description="End after this much time.  What comes out then depends on the machine."
    )

    @property
    def version(self) -> int:
        return 1
