"""``language_model``: questions by a language model over real documents, dropped where their quotation is not there."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator

from synth_pipeline.asking import SYSTEM, Asked, Found, Gathered, draw, drawn_lines, fenced, filled, gather
from synth_pipeline.asking.quotas import apportioned
from synth_pipeline.asking.traces import note, refuse_short
from synth_pipeline.asking.usable import Tried
from synth_pipeline.core.account import row_hashes
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.fingerprint import of_text
from synth_pipeline.core.language_model import Answer, Question, speaker
from synth_pipeline.core.records import RECORDS, Labelled, grounded
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.labelling.again import QUOTE, Again
from synth_pipeline.labelling.documents import documents_of
from synth_pipeline.spec.asking import Spoken, Wording
from synth_pipeline.spec.base import OrAbsent
from synth_pipeline.spec.labelling import LabelFields
from synth_pipeline.text.tokens import tokens

EMPTY = "empty"
UNGROUNDED = "span not in document"
UNKNOWN_CLASS = "of no declared class"

Task = Literal["question", "summary", "classification", "extraction"]

TASKS: Mapping[str, str] = {
    "question": "Ask what the document below answers, in words of your own, and answer it by the document alone.",
    "summary": "Ask for a summary of the document below or of a part of it, and give it.",
    "classification": "Ask which of these classes the document below belongs to, and answer with the class: {classes}.",
    "extraction": "Ask for a fact that the document below states, such as a name, number or date, and give it.",
}


class Record(BaseModel):
    """A question, its answer, and the words of the document that bear it out."""

    model_config = ConfigDict(extra="forbid")

    question: str
    answer: str
    span: str


class Records(BaseModel):
    """Records over one document."""

    model_config = ConfigDict(extra="forbid")

    records: list[Record]


class QuestionsByModel(Spoken, Wording, LabelFields):
    """Documents are real, and each of train is asked about in turn; the model makes the rest."""

    VARIABLES: ClassVar[frozenset[str]] = Wording.VARIABLES | {"classes"}

    kind: Literal["language_model"] = "language_model"
    records: Annotated[int | None, OrAbsent()] = Field(
        default=None, ge=1, description="Records to make; as many as there are documents if absent."
    )
    tasks: tuple[Task, ...] = Field(default=("question", "extraction"), min_length=1, description="In equal numbers.")
    classes: tuple[str, ...] = Field(default=(), description="Of the task classification.")
    per_request: int = Field(default=1, ge=1, le=20, description="Records that a request asks for.")
    samples: int = Field(
        default=0,
        ge=0,
        le=15,
        description="Times that each question is asked again; a record is dropped where more of the answers that came "
        "contradict it than agree with it, or where none came.",
    )

    @field_validator("classes")
    @classmethod
    def _are_several(cls, classes: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(classes)) < len(classes) or len(classes) == 1:
            raise ValueError("classes must be at least two that differ")
        return classes

    @property
    def version(self) -> int:
        return 1

    def label(self, train: Train, seed: Seed) -> Labelled:
        """Records in the order of the documents, spread evenly over them.

        Raises SynthError with counts and reasons where records are missing, and what the language model raises.
        """
        documents = documents_of(train.table, self.text, self.id)
        documents = {name: text for name, text in documents.items() if text.strip()}
        if not documents:
            raise SynthError(f"Labels: every document in column {self.text!r} is empty.",
                             "name another column as 'text', or mend the source.")  # fmt: skip
        if "classification" in self.tasks and not self.classes:
            raise SynthError("Labels: the task classification has no classes.", "write them under 'classes'.")
        wanted = apportioned(self.records or len(documents), dict.fromkeys(dict.fromkeys(self.tasks), 1.0))
        asking = _Asking(self, documents, tuple(documents), seed)
        model = speaker()
        gathered = gather(
            model, wanted, asking.ask, asking.read, per_request=self.per_request, patience=self.patience,
            confirm=Again(self, documents, self.samples, Tried(model)).contradicted if self.samples else None,
        )  # fmt: skip
        refuse_short(gathered, self)
        places = {name: place for place, name in enumerate(documents)}
        gathered.kept.sort(key=lambda one: (places[one.asked.parents[0]], one.asked.group, one.asked.number, one.item))
        made = grounded(_frame(gathered), documents)
        note(gathered, row_hashes(made.records), "labels_only", asking.template, model)
        return Labelled(made.records, {**made.dropped, **gathered.left_out})


@dataclass(frozen=True, slots=True)
class _Asking:
    """How documents are asked about: by tasks, each going through all documents in a random order of its own."""

    spec: QuestionsByModel
    documents: Mapping[str, str]
    names: tuple[str, ...]
    seed: Seed

    @property
    def template(self) -> str:
        """Version of all that is said around the documents."""
        return of_text(SYSTEM, QUOTE, *(self._task(task) for task in dict.fromkeys(self.spec.tasks)))

    def ask(self, task: str, number: int) -> Asked:
        name = self.names[_place(number, len(self.names), self.seed.child(task))]
        drawn = draw(self.spec.taxonomies, self.seed.child(task, number).stream())
        named = {"label": task, "count": self.spec.per_request, "about": self.spec.about,
                 "classes": ", ".join(self.spec.classes), **drawn}  # fmt: skip
        parts = [filled(self._task(task), named), QUOTE, "", f"count: {self.spec.per_request}"]
        parts += [drawn_lines(drawn).strip()] * bool(drawn)
        parts += ["", fenced(self.documents[name])]
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n".join(parts)}]
        return Asked(task, number, Question(messages, Records, self.spec.numbering(number), number), (name,), drawn)

    def read(self, asked: Asked, answer: Answer) -> Iterator[Found | str]:
        assert isinstance(answer.parsed, Records)
        (name,) = asked.parents
        for one in answer.parsed.records:
            if not all(tokens(part) for part in (one.question, one.answer, one.span)):  # a rule of dashes says nothing
                yield EMPTY
            elif one.span not in self.documents[name]:
                yield UNGROUNDED
            elif asked.group == "classification" and one.answer.strip() not in self.spec.classes:
                yield UNKNOWN_CLASS
            else:
                yield Found({"document_id": name, **one.model_dump()}, " ".join(tokens(one.question)))

    def _task(self, task: str) -> str:
        return self.spec.template or TASKS[task]


def _place(number: int, count: int, seed: Seed) -> int:
    """The document of a question: each once before any comes again, whatever the number of records.

    By a walk with a stride that shares no divisor with the count.
    """
    stream = seed.child("documents").stream()
    start, stride = int(stream.integers(count)), int(stream.integers(1, count + 1))
    while math.gcd(stride, count) > 1:
        stride += 1
    return (start + stride * number) % count


def _frame(gathered: Gathered) -> pd.DataFrame:
    """Records under the names of their columns, the places of their spans yet to be found."""
    rows = [{**one.values, "start": -1, "end": -1, "kind": one.asked.group} for one in gathered.kept]
    return pd.DataFrame(rows, columns=RECORDS.names)
