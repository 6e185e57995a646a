"""Generators, one file each.  This union is the one list of them: a new one is a file here and its name below."""

from typing import Annotated, get_args

from pydantic import Field

from synth_pipeline.generators.diffusion import Diffusion
from synth_pipeline.generators.forest import Forest
from synth_pipeline.generators.gan import Gan
from synth_pipeline.generators.marginals import Marginals
from synth_pipeline.spec.base import OneOf

AnyGenerator = Annotated[Diffusion | Forest | Gan | Marginals, Field(discriminator="kind"), OneOf()]

GENERATORS: dict[str, type[Diffusion | Forest | Gan | Marginals]] = {
    member.model_fields["kind"].default: member for member in get_args(get_args(AnyGenerator)[0])
}
