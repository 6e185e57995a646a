"""Grounding: does each record quote its document, and does its answer come from there?"""

from collections.abc import Iterator, Mapping

import numpy as np

from synth_pipeline.checks.labels.evidence import LabelEvidence
from synth_pipeline.checks.labels.shares import share
from synth_pipeline.core.finding import Family, Finding
from synth_pipeline.core.records import stands_at
from synth_pipeline.text.tokens import tokens

BORNE_OUT = 0.5  # of the words of an answer


class Grounding:
    """Spans that stand in their documents, and answers that do.

    ``ungrounded`` is the share of records whose span is not the slice of the document between its offsets (0: none,
    1: all).  ``unsupported`` is the share whose answer has most of its words nowhere in the document, its baseline the
    same for answers that are given to another document: what an answer out of nowhere would show.
    ``empty`` is the share without a question or an answer.  All are counts of the whole and have no error of sampling.
    """

    name = "grounding"
    family = Family.GROUNDING

    def measure(self, evidence: LabelEvidence) -> Iterator[Finding]:
        frame = evidence.frame
        start, end = (frame[name].to_numpy(np.int64) for name in ("start", "end"))
        held = stands_at(frame["span"].tolist(), start, end, evidence.texts)
        yield share(self.name, "all records", "ungrounded", ~held)
        blank = frame["question"].str.strip().eq("") | frame["answer"].str.strip().eq("")
        yield share(self.name, "all records", "empty", blank.to_numpy(bool))
        answers = [set(tokens(answer)) for answer in frame["answer"]]
        documents = {name: set(tokens(text)) for name, text in evidence.documents.items()}
        own = [documents.get(name, set()) for name in frame["document_id"]]
        lacking = _unsupported(answers, own)
        elsewhere = _unsupported(answers, _others(frame["document_id"].tolist(), documents))
        baseline = float(elsewhere.mean()) if len(elsewhere) else np.nan
        yield share(self.name, "all records", "unsupported", lacking, baseline)


def _unsupported(answers: list[set[str]], documents: list[set[str]]) -> np.ndarray:
    """A mask of the answers of whose words fewer than a half are in the document."""
    return np.array([len(answer & document) < BORNE_OUT * max(1, len(answer))
                     for answer, document in zip(answers, documents, strict=True)], bool)  # fmt: skip


def _others(names: list[str], documents: Mapping[str, set[str]]) -> list[set[str]]:
    """For each record the words of another document: half of all away."""
    order = list(documents)
    place = {name: number for number, name in enumerate(order)}
    step = max(1, len(order) // 2)
    return [documents[order[(place.get(name, 0) + step) % len(order)]] if order else set() for name in names]
