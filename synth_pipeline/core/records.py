"""Records made over real documents: a question, its answer, and the words of the document that bear it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from synth_pipeline.core.table import Table
from synth_pipeline.spec.columns import Column, Kind, Schema

RECORDS = Schema(columns=(
    Column(name="document_id", kind=Kind.CATEGORY),
    Column(name="question", kind=Kind.TEXT),
    Column(name="answer", kind=Kind.TEXT),
    Column(name="span", kind=Kind.TEXT),
    Column(name="start", kind=Kind.INTEGER, grid=1.0),
    Column(name="end", kind=Kind.INTEGER, grid=1.0),
    Column(name="kind", kind=Kind.CATEGORY),
))  # fmt: skip

REASONS: tuple[str, ...] = ("unknown document", "empty", "span not in document", "asked before")
AT_ODDS = "answered otherwise when asked again"
UNHEARD = "without an answer when asked again"


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Records under the schema ``RECORDS``, and how many were dropped for which reason.

    ``start`` and ``end`` count characters of the document: its slice between them is the span.
    """

    records: Table
    dropped: Mapping[str, int] = field(default_factory=dict)


def stands_at(span: Sequence[str], start: np.ndarray, end: np.ndarray, texts: Sequence[str | None]) -> np.ndarray:
    """A mask of the records whose span is the slice of its document; None is a document that there is not."""
    whole = zip(span, start.tolist(), end.tolist(), texts, strict=True)
    held = (text is not None and 0 <= low < high and text[low:high] == said for said, low, high, text in whole)
    return np.fromiter(held, bool, len(texts))


def grounded(found: pd.DataFrame, documents: Mapping[str, str]) -> Labelled:
    """The records that hold, in order; a span without offsets (start below 0) is looked for, its first place counts.

    Dropped are records without question or answer, of an unknown document, whose span is not in the document, and
    those that ask what an earlier record of the same document asks.
    """
    frame: pd.DataFrame = found.loc[:, RECORDS.names].reset_index(drop=True)
    said = {
        name: [str(text) for text in frame[name].fillna("")] for name in RECORDS.names if name not in ("start", "end")
    }
    texts = [documents.get(name) for name in said["document_id"]]
    start, end = (np.array(frame[name], np.int64) for name in ("start", "end"))
    for row in np.flatnonzero(start < 0):
        text, span = texts[row], said["span"][row]
        start[row] = text.find(span) if text is not None and span else -1
        end[row] = start[row] + len(span)
    absent = ~stands_at(said["span"], start, end, texts)
    left, asked = np.zeros(len(frame), bool), set[tuple[str, str]]()
    dropped = dict.fromkeys(REASONS, 0)
    for row, question in enumerate(said["question"]):
        key = (said["document_id"][row], " ".join(question.split()))
        wrong = (texts[row] is None, not key[1] or not said["answer"][row].strip(), bool(absent[row]), key in asked)
        if any(wrong):
            dropped[REASONS[wrong.index(True)]] += 1
            continue
        asked.add(key)
        left[row] = True
    kept = pd.DataFrame({**said, "start": start, "end": end}, columns=RECORDS.names).loc[left]
    return Labelled(Table.conform(kept, RECORDS, "the records"), dropped)
