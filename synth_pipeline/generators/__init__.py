"""Generators, one file each.  This union is the one list of them: a new one is a file here and its name below."""

from typing import Annotated, get_args

from pydantic import Field

from synth_pipeline.generators.autoregressive import Autoregressive
from synth_pipeline.generators.copula import Copula
from synth_pipeline.generators.diffusion import Diffusion
from synth_pipeline.generators.forest import Forest
from synth_pipeline.generators.gan import Gan
from synth_pipeline.generators.grammar import Grammar
from synth_pipeline.generators.imported import Imported
from synth_pipeline.generators.language_model import LanguageModelRows
from synth_pipeline.generators.marginals import Marginals
from synth_pipeline.generators.rules import Rules
from synth_pipeline.spec.base import OneOf, Spec

AnyGenerator = Annotated[
    Forest | Autoregressive | Copula | Diffusion | Gan | Grammar | Imported | LanguageModelRows | Marginals | Rules,
    Field(discriminator="kind"),
    OneOf(),
]

GENERATORS: dict[str, type[Spec]] = {
    member.model_fields["kind"].default: member for member in get_args(get_args(AnyGenerator)[0])
}
