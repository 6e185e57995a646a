"""Questions asked again: is an answer what the model says every time, or what it said once?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from synth_pipeline.asking import SYSTEM, Kept, fenced, one_line
from synth_pipeline.asking.usable import Tried
from synth_pipeline.core.account import account
from synth_pipeline.core.language_model import Answer, Question, Reason
from synth_pipeline.core.records import AT_ODDS, UNHEARD
from synth_pipeline.spec.asking import Asks
from synth_pipeline.text.tokens import tokens

QUOTE = "Quote as the span, letter by letter, the words of the document that bear the answer out."
ASKED = f"Answer the question by the document below alone. {QUOTE}"
OVERLAP = 0.5  # of the characters that either of two spans covers, from which they are the same words


class Said(BaseModel):
    """An answer to a question, and the words of the document that bear it out."""

    model_config = ConfigDict(extra="forbid")

    answer: str
    span: str


@dataclass(frozen=True, slots=True, eq=False)
class Again:
    """Asks the question of each record so many times more, in requests of their own."""

    asks: Asks
    documents: Mapping[str, str]
    samples: int
    model: Tried

    def contradicted(self, records: Sequence[Kept]) -> list[str | None]:
        """Why a record is to be dropped: most samples answer otherwise, or none was to be had; else None.

        Raises SynthError where none of the first answers can be used.
        """
        answers = self.model.ask([self._question(one, sample) for one in records for sample in range(self.samples)])
        account().costs.extend(answer.cost for answer in answers if answer.reason is not Reason.UNASKED)
        account().tokens.extend(answer.tokens for answer in answers if answer.reason is not Reason.UNASKED)
        return [
            self._why(one, answers[place * self.samples : (place + 1) * self.samples])
            for place, one in enumerate(records)
        ]

    def _question(self, record: Kept, sample: int) -> Question:
        document = self.documents[record.asked.parents[0]]
        said = f"- question: {one_line(str(record.values['question']))}"
        messages = [{"role": "system", "content": SYSTEM},
                    {"role": "user", "content": "\n".join([ASKED, "", said, "", fenced(document)])}]  # fmt: skip
        return Question(messages, Said, self.asks.numbering(sample), sample)

    def _why(self, record: Kept, answers: Sequence[Answer]) -> str | None:
        if any(answer.reason is Reason.UNASKED for answer in answers):
            return Reason.UNASKED
        heard = [answer.parsed for answer in answers if answer.parsed is not None]
        if not heard:
            return UNHEARD
        agreeing = sum(self._agrees(record, said) for said in heard)
        return AT_ODDS if 2 * agreeing < len(heard) else None  # of as many on both sides, its own answer decides

    def _agrees(self, record: Kept, said: BaseModel | None) -> bool:
        """By the words of the answer, or by where the quoted words stand."""
        if not isinstance(said, Said):
            return False
        if tokens(said.answer) and tokens(said.answer) == tokens(str(record.values["answer"])):
            return True
        document = self.documents[record.asked.parents[0]]
        return overlap(document, str(record.values["span"]), said.span) >= OVERLAP


def overlap(document: str, one: str, other: str) -> float:
    """Of two spans the characters that both cover, as a share of those that either does; 0 where one is not there."""
    starts = document.find(one), document.find(other)
    if min(starts) < 0 or not one or not other:
        return 0.0
    ends = starts[0] + len(one), starts[1] + len(other)
    shared = max(0, min(ends) - max(starts))
    return shared / (len(one) + len(other) - shared)
