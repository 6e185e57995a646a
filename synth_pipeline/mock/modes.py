"""How the mock server answers: well, or in one of the ways that a gate must block.

A mode says what is known of one item of an answer: its text and label or, where the prompt has a document, a question,
its answer, and the span of the document that supports it.
"""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.plan import Answers, Mode
from synth_pipeline.mock.pool import Pool
from synth_pipeline.mock.prompt import Prompt
from synth_pipeline.mock.words import changed, made_up

SENTENCE = re.compile(r"[^\s.!?][^.!?\n]*[.!?]?")
LONGEST_SPAN = 200
NEEDS_POOL = frozenset({"pool", "mislabelling"})

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Writer:
    """Knows the items of answers.  ``place`` is the item's place among all that equal prompts ask for."""

    answers: Answers
    pool: Pool | None

    def __post_init__(self) -> None:
        if self.pool is None and self.answers.mode in NEEDS_POOL:
            raise SynthError(f"The mode {self.answers.mode!r} needs texts.", "set answers.file to labelled texts.")

    def item(self, prompt: Prompt, draws: Draws, place: int, mode: Mode | None = None) -> Item:
        mine = draws.child("item", place)
        bad = mode or (self.answers.mode if mine.share() < self.answers.share else "pool")
        return MODES[bad](self, prompt, mine, draws.child("offset").number() + place)

    def good(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        if prompt.document is not None:
            return self._about(prompt.document, prompt.question, draws)
        label = prompt.label
        if self.pool is not None and label not in self.pool.by_label:
            label = draws.choice(self.pool.labels) if label is None else label
        text = self._text(label, draws, place)
        more = {} if self.pool is None else self.pool.more_of.get(text, {})
        return {"text": text} | ({} if label is None else {"label": label}) | more

    def echo(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        return self.good(prompt, draws, place) | dict.fromkeys(("text", "answer", "summary"), prompt.last)

    def memorising(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        item = self.good(prompt, draws, place)
        text = draws.choice(prompt.examples) if prompt.examples else item["text"]
        words = len(text.split())
        edited = round(self.answers.edits * words + draws.share() - 0.5)  # the mean is kept for texts of few words
        text = changed(text, edited, draws) if edited > 0 else text
        return item | _fields(text) | {"text": text}

    def low_diversity(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        """Few texts, each in one word different, so that removing equal ones does not hide it."""
        if prompt.document is not None:
            return _span(prompt.document, 0) | {"question": "What is this about?"}
        few = draws.below(self.answers.distinct)
        item = self.good(prompt, Draws("low-diversity", prompt.label, few), few)
        return item | {"text": changed(item["text"], 1, draws)}

    def ungrounded(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        item = self.good(prompt, draws, place)
        if prompt.document is None:
            return item
        span = changed(item["span"], 1, draws)
        while span in prompt.document:
            span += f" {made_up(draws)}"
        return item | dict.fromkeys(("span", "quote", "evidence", "answer", "text"), span)

    def mislabelling(self, prompt: Prompt, draws: Draws, place: int) -> Item:
        item = self.good(prompt, draws, place)
        assert self.pool is not None
        others = [label for label in self.pool.labels if label != item.get("label")] or list(self.pool.labels)
        other = draws.choice(others)
        if prompt.document is not None:
            return item | {"label": other}
        return item | {"text": self.pool.pick(other, place)}

    def _text(self, label: str | None, draws: Draws, place: int) -> str:
        if self.pool is None or label not in self.pool.by_label:
            return made_up(draws)
        return self.pool.pick(label, place)

    def _about(self, document: str, question: str | None, draws: Draws) -> Item:
        again = question is not None and draws.child("again").share() < self.answers.agreement
        item = _span(document, _place_of(question or "", document) if again else draws.number())
        label = None if self.pool is None else self.pool.label_of.get(document.strip())
        return item if label is None else item | {"label": label}


def _fields(example: str) -> Item:
    """What an example holds that is a row or turns in JSON or Python in quotes; changed words may break it."""
    try:
        held = ast.literal_eval(example) if example[:1] in "'\"" else json.loads(example)
        held = json.loads(held) if isinstance(held, str) and held[:1] == "[" else held
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return {}
    if isinstance(held, dict):
        return held
    return {"conversation": {"turns": held}} if isinstance(held, list) else {"program": held}


def _place_of(question: str, document: str) -> int:
    """The sentence that has most words of the question."""
    asked = set(question.strip("?").replace(",", "").split())
    shared = [len(asked & {word.strip(".,;:()") for word in one.split()}) for one in SENTENCE.findall(document)]
    return shared.index(max(shared)) if shared else 0


def _span(document: str, number: int) -> Item:
    """A sentence of the document, and what can be asked about it."""
    sentences = list(SENTENCE.finditer(document))
    if not sentences:
        return {"text": "", "span": "", "quote": "", "evidence": "", "start": 0, "end": 0}
    chosen = sentences[number % len(sentences)]
    span = chosen.group()[:LONGEST_SPAN].rstrip()
    words = sorted({word.strip(".,;:()") for word in span.split()}, key=lambda word: (-len(word), word))
    return {
        **dict.fromkeys(("text", "span", "quote", "evidence", "answer"), span),
        "start": chosen.start(),
        "end": chosen.start() + len(span),
        "question": f"What is said about {', '.join(words[:4])}?",
        "summary": sentences[0].group()[:LONGEST_SPAN].rstrip(),
    }


MODES: dict[Mode, Callable[[Writer, Prompt, Draws, int], Item]] = {
    "instance": Writer.good,
    "pool": Writer.good,
    "echo": Writer.echo,
    "memorising": Writer.memorising,
    "low-diversity": Writer.low_diversity,
    "ungrounded": Writer.ungrounded,
    "mislabelling": Writer.mislabelling,
}
