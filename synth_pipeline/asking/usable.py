"""Whether what an endpoint answers is of use at all, found out before everything is paid for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.language_model import Answer, LanguageModel, Question, Reason

FIRST = 20  # questions at a time until there is an answer that can be used

FIXES: Mapping[str, str] = {
    Reason.INVALID: "set 'structured' {of} to json_object or none, or name a 'model' that keeps to a schema",
    Reason.TRUNCATED: "raise 'max_tokens' in 'parameters'",
    Reason.REFUSED: "name another 'model' {of}",
    Reason.FAILED: "look at what the endpoint itself has logged",
}


def unusable(reasons: Counter[str], endpoint: str, fixes: Mapping[str, str] = FIXES) -> SynthError:
    """The error where none of so many answers can be used, by reason; the fix is that of the most frequent one."""
    of, (reason, _) = f"of the endpoint {endpoint!r}", reasons.most_common(1)[0]
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
    return SynthError(f"None of the first {reasons.total():,} answers {of} can be used: {told}.",
                      f"{fixes[reason].format(of=of)}, and run again: what was paid for is kept.")  # fmt: skip


@dataclass(slots=True, eq=False)
class Tried:
    """Asks the first ``FIRST`` questions before any other, until an answer can be used."""

    model: LanguageModel
    fixes: Mapping[str, str] = field(default_factory=lambda: FIXES)
    is_tried: bool = False
    reasons: Counter[str] = field(default_factory=Counter)

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        """An answer for each question, in their order; raises SynthError where none of the first can be used."""
        answers: list[Answer] = []
        while len(answers) < len(questions):
            size = len(questions) if self.is_tried else FIRST - self.reasons.total()
            new = self.model.ask(questions[len(answers) : len(answers) + size])
            answers += new
            self._note(new)
        return answers

    def _note(self, answers: Sequence[Answer]) -> None:
        if self.is_tried:
            return
        self.is_tried = any(answer.reason in (None, Reason.UNASKED) for answer in answers)  # a spent budget ends it too
        self.reasons.update(answer.reason for answer in answers if answer.reason is not None)
        if not self.is_tried and self.reasons.total() >= FIRST:
            raise unusable(self.reasons, self.model.endpoint, self.fixes)
