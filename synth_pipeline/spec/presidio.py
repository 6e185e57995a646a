"""Microsoft Presidio, which looks for names, places and the identifiers of many countries."""

from typing import Annotated

from pydantic import Field

from synth_pipeline.spec.base import OrAbsent, Spec


class Presidio(Spec):
    """What Presidio looks for in texts, beside the patterns that are always looked for."""

    language: str = Field(default="en", pattern="^[a-z]{2,3}$", description="Language of the texts, as ISO 639 has it.")
    model: Annotated[str | None, OrAbsent()] = Field(
        default=None,
        pattern=r"^[a-z]{2,3}_[a-z0-9_]+$",
        description="An installed spaCy pipeline that tells names and places, such as en_core_web_lg; patterns and "
        "check digits alone if absent.",
    )
    entities: tuple[str, ...] = Field(
        default=(), description="Kinds by Presidio's names, such as PERSON or UK_NHS; all that it knows if empty."
    )
    score: float = Field(default=0.4, ge=0, le=1, description="Confidence from which a find counts, 0 to 1.")
