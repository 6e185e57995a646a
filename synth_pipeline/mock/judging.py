"""How the mock server judges: what it answers to a rubric, sensibly or in a way that must be found out.

A rubric is a schema of one object with a text ``reason`` and, for each criterion, an enum of whole numbers from worst
to best.
"""

import re
from typing import Any

from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.plan import Answers
from synth_pipeline.mock.pool import WORD, Pool
from synth_pipeline.mock.schema import Schema

_COLUMN = re.compile(r"^\w+: ", re.MULTILINE)
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_LONGEST = 16  # letters of a word that can be spoken


def scores(schema: Schema, document: str | None, answers: Answers, pool: Pool | None, draws: Draws) -> Schema | None:
    """A score for each criterion of a rubric; None for any other schema.

    A sensible judge gives as much of the scale as the record has words that it knows: those of its file of texts or,
    without one, those that can be spoken.  It does so as often as ``agreement`` says, and else draws.
    """
    if (rubric := _rubric(schema)) is None:
        return None
    known = _known(document or "", pool)
    said: dict[str, Any] = {"reason": f"{known:.0%} of the words are known."}
    for name, scale in rubric.items():
        mine = draws.child(name)
        if answers.judge == "lenient":
            said[name] = scale[-1]
        elif answers.judge == "random" or mine.share() >= answers.agreement:
            said[name] = mine.choice(scale)
        else:
            said[name] = scale[round(known * (len(scale) - 1))]
    return said


def _rubric(schema: Schema) -> dict[str, list[int]] | None:
    fields = dict(schema.get("properties", {}))
    if fields.pop("reason", {}).get("type") != "string" or not fields:
        return None
    scales = {name: [field["const"]] if "const" in field else field.get("enum", []) for name, field in fields.items()}
    if not all(scale and all(isinstance(one, int) for one in scale) for scale in scales.values()):
        return None
    return {name: sorted(scale) for name, scale in scales.items()}


def _known(document: str, pool: Pool | None) -> float:
    """Share of the words of a record that are known, 0 to 1; names of columns before a colon are none of them."""
    words = [word.lower() for word in WORD.findall(_COLUMN.sub("", document))]
    if not words:
        return 0.0
    vocabulary = None if pool is None else pool.vocabulary
    return sum(_spoken(word) if vocabulary is None else word in vocabulary for word in words) / len(words)


def _spoken(word: str) -> bool:
    return len(word) <= _LONGEST and bool(_VOWEL.search(word))
