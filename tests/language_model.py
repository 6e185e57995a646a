"""A language model of the tests' own, which needs no server, and a corpus to imitate."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel

from synth_pipeline.core.language_model import Answer, Question, Reason
from synth_pipeline.core.table import Table
from synth_pipeline.generators import LanguageModelRows
from synth_pipeline.spec.columns import Column, Kind, Schema

LABELS = ("fee", "lost", "pin")
WORDS = (
    "account", "add", "app", "bank", "card", "cash", "change", "charge", "code", "day", "fee", "found", "help", "lost",
    "month", "my", "new", "old", "pay", "phone", "please", "sent", "slow", "stolen", "top", "transfer", "wait", "when",
)  # fmt: skip
SCHEMA = Schema(columns=(
    Column(name="id", kind=Kind.IDENTIFIER), Column(name="text", kind=Kind.TEXT),
    Column(name="label", kind=Kind.CATEGORY),
))  # fmt: skip


class Speaker:
    """Answers by a function of the question; ``heard`` are all questions, ``rounds`` how many came at a time."""

    endpoint, model = "fake", "fake-1"

    def __init__(self, answer: Callable[[Question], Any], budget: int = 10**9) -> None:
        self._answer, self._budget = answer, budget
        self.heard: list[Question] = []
        self.rounds: list[int] = []

    def ask(self, questions: Sequence[Question]) -> list[Answer]:
        self.rounds.append(len(questions))
        return [self._one(question) for question in questions]

    def _one(self, question: Question) -> Answer:
        if len(self.heard) >= self._budget:
            return Answer(None, Reason.UNASKED)
        self.heard.append(question)
        said = self._answer(question)
        key = f"key {len(self.heard)}"
        if isinstance(said, Reason):
            return Answer(None, said, (key,), "", 10, 0.5)
        parsed = said if isinstance(said, BaseModel) else question.schema.model_validate(said)
        return Answer(parsed, None, (key,), f"request {len(self.heard)}", 10, 0.5)


def sentences(rows: int, seed: int) -> list[str]:
    stream = np.random.default_rng(seed)
    return [" ".join(stream.choice(WORDS, 8)) for _ in range(rows)]


def corpus(rows: int = 90, seed: int = 1) -> Table:
    frame = pd.DataFrame({"id": [f"d{place}" for place in range(rows)], "text": sentences(rows, seed),
                          "label": [LABELS[place % 3] for place in range(rows)]})  # fmt: skip
    return Table.conform(frame.assign(_record_id=[f"r{place}" for place in range(rows)]), SCHEMA)


def pool(folder: Path, rows: int = 3_000) -> Path:
    """Texts under the same labels for the mock endpoint to draw from."""
    path = folder / "pool.csv"
    labels = [LABELS[place % 3] for place in range(rows)]
    pd.DataFrame({"text": sentences(rows, 2), "label": labels}).to_csv(path, index=False)
    return path


def generator(base_url: str = "http://127.0.0.1:9/v1", mode: dict[str, Any] | None = None, **more: Any) -> Any:
    endpoint = {"name": "local", "base_url": base_url, "model": "mock", "price": {"input": 1, "output": 2}}
    mode = {"kind": "labelled_text", "label": "label"} if mode is None else mode
    return LanguageModelRows.model_validate({"endpoint": endpoint, "mode": mode, **more})
