"""``rules``: questions wherever an expression is found in a document, without a language model."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.records import RECORDS, Labelled, grounded
from synth_pipeline.core.seeds import Seed
from synth_pipeline.core.split.train import Train
from synth_pipeline.core.table import Table
from synth_pipeline.labelling.documents import documents_of
from synth_pipeline.spec.labelling import PLACE, LabelFields, QuestionRule


class QuestionsByRule(LabelFields):
    """Asks by declared rules; an answer is what a rule has found."""

    kind: Literal["rules"] = "rules"
    rules: tuple[QuestionRule, ...] = Field(min_length=1)

    @property
    def version(self) -> int:
        return 1

    def label(self, train: Train, seed: Seed) -> Labelled:
        """Records in the order of documents and rules."""
        documents = documents_of(train.table, self.text, self.id)
        for rule in self.rules:
            _check(rule, train.table)
        rows = train.table.frame.assign(**{self.id: train.table.frame[self.id].astype("str")})
        known = rows[rows[self.text].notna()].to_dict("records")
        found = [one for number, rule in enumerate(self.rules)
                 for one in _asked(rule, known, self.text, self.id, number, seed.child(rule.kind, number))]  # fmt: skip
        found.sort(key=lambda one: (one.document, one.rule, one.start))
        columns = {
            "document_id": [str(known[one.document][self.id]) for one in found],
            "question": [one.question for one in found],
            "answer": [one.answer for one in found],
            "span": [one.span for one in found],
            "start": [one.start for one in found],
            "end": [one.start + len(one.span) for one in found],
            "kind": [self.rules[one.rule].kind for one in found],
        }
        return grounded(pd.DataFrame(columns, columns=RECORDS.names), documents)


@dataclass(frozen=True, slots=True)
class _Asked:
    document: int
    rule: int
    question: str
    answer: str
    span: str
    start: int


def _asked(
    rule: QuestionRule, rows: list[dict[Any, Any]], text: str, name: str, number: int, seed: Seed
) -> Iterator[_Asked]:
    """A rule over all documents, at most so many of each."""
    expression, stream = re.compile(rule.find, re.MULTILINE), seed.stream()
    whole = "span" not in expression.groupindex
    for place, row in enumerate(rows):
        if any(str(row[column]) not in values for column, values in rule.where.items()):
            continue
        hits = [hit for hit in expression.finditer(row[text]) if hit.group(0 if whole else "span")]
        if len(hits) > rule.most:
            hits = [hits[one] for one in np.sort(stream.permutation(len(hits))[: rule.most])]
        for hit in hits:
            group = 0 if whole else "span"
            said = {**row, **hit.groupdict(default=""), "span": hit.group(group), "id": row[name]}
            question = rule.questions[int(stream.integers(len(rule.questions)))]
            yield _Asked(place, number, filled(question, said), filled(rule.answer, said), hit.group(group),
                         hit.start(group))  # fmt: skip


def filled(template: str, values: Mapping[Any, Any]) -> str:
    """A template with groups and columns in it, on one line."""

    def value(place: re.Match[str]) -> str:
        text = str(values[place[1]])
        is_name = text[1:2].isupper() or text[1:2].isdigit()  # SQL and X1 keep their capitals
        return text[:1].lower() + text[1:] if place[2] and not is_name else text

    return " ".join(PLACE.sub(value, template).split())


def _check(rule: QuestionRule, table: Table) -> None:
    """Raises SynthError for what templates or conditions name and there is not."""
    columns = {*table.schema.names}
    if unknown := sorted({*rule.where} - columns):
        raise SynthError(f"Labels, rule {rule.kind!r}, where: there is no column {unknown[0]!r}.",
                         f"name one of {', '.join(table.schema.names)}.")  # fmt: skip
    if unknown := sorted(rule.named - rule.groups - columns - {"id"}):
        known = ", ".join(sorted(rule.groups | columns))
        raise SynthError(f"Labels, rule {rule.kind!r}: {{{unknown[0]}}} is neither a group of 'find' nor a column.",
                         f"name one of {known}.")  # fmt: skip
