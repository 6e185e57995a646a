"""A file of labelled texts from which answers are drawn."""

import csv
import gzip
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from synth_pipeline.core.errors import SynthError
from synth_pipeline.mock.draws import Draws
from synth_pipeline.mock.plan import Answers

WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Pool:
    """Texts by label, each label's in an order of chance."""

    by_label: dict[str, tuple[str, ...]]
    label_of: dict[str, str]
    more_of: dict[str, dict[str, Any]] = field(default_factory=dict)  # the other columns of a text

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self.by_label)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the texts, in small letters."""
        return frozenset(word.lower() for text in self.label_of for word in WORD.findall(text))

    def pick(self, label: str, place: int) -> str:
        """Places next to each other are different texts, as long as there are so many."""
        texts = self.by_label[label]
        return texts[place % len(texts)]


def pool_of(answers: Answers, seed: int) -> Pool | None:
    """The pool that a plan names; raises SynthError naming file and column."""
    if answers.file is None:
        return None
    texts: dict[str, list[str]] = {}
    label_of: dict[str, str] = {}
    more_of: dict[str, dict[str, Any]] = {}
    for text, label, more in _rows(answers.file, answers.text, answers.label):
        texts.setdefault(label, []).append(text)
        label_of[text] = label
        more_of[text] = more
    if not texts:
        raise SynthError(f"{answers.file} holds no text.", "name a file with rows in it.")
    by_label = {label: tuple(Draws(seed, "pool", label).shuffled(texts[label])) for label in sorted(texts)}
    return Pool(by_label, label_of, more_of)


def _rows(path: Path, text: str, label: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    bare = path.with_suffix("") if path.suffix == ".gz" else path
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if bare != path
            else path.open(encoding="utf-8", newline="") as lines
        ):
            for row in _records(lines, bare.suffix):
                if row[text]:
                    yield str(row.pop(text)), str(row.pop(label)), row
    except KeyError as error:
        raise SynthError(f"{path} has no column {error.args[0]!r}.", "set answers.text and answers.label.") from None
    except OSError as error:
        raise SynthError(
            f"{path} cannot be read: {error.strerror or error}.", "name a CSV or JSON lines file."
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, csv.Error):
        raise SynthError(f"{path} is neither CSV nor JSON lines.", "name a file of one of these formats.") from None


def _records(lines: Iterable[str], ending: str) -> Iterator[dict[str, Any]]:
    if ending in {".jsonl", ".ndjson", ".json"}:
        yield from (json.loads(line) for line in lines if line.strip())
    else:
        yield from csv.DictReader(lines)
