"""Rounds of questions until each group has the rows that are wanted of it, or cannot have them.

A question depends on the group and its number in the group alone.  So more rows ask what fewer rows have asked and
then go on: ten per cent more are ten per cent more to pay for, and the same once more is nothing.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np

from synth_pipeline.asking.usable import FIRST, FIXES, unusable
from synth_pipeline.core.account import account
from synth_pipeline.core.language_model import Answer, LanguageModel, Question, Reason
from synth_pipeline.core.progress import report
from synth_pipeline.dedup.near import near_duplicates
from synth_pipeline.spec.dedup import Near
from synth_pipeline.text.shingles import shingle_sets

DUPLICATE = "equal to an earlier one"
NEAR = "nearly equal to an earlier one"
SURPLUS = "beyond what was wanted"
NOTHING_NEW = 20  # answers in a row without a row that can be kept, after which a group is given up
UNUSABLE = 60  # answers of which none can be used, after which the endpoint is given up


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A question with what is known of it: record ids whose content it holds, and what was drawn for it."""

    group: str
    number: int
    question: Question
    parents: tuple[str, ...] = ()
    drawn: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Of the messages, in characters."""
        return sum(len(message["content"]) for message in self.question.messages)

    @property
    def prompt(self) -> str:
        """Hash of the messages."""
        text = json.dumps(list(self.question.messages), ensure_ascii=False, sort_keys=True)
        return sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A row of an answer; rows of one ``key`` are equal, and the first of them is kept.

    ``text`` is what is compared for near duplicates, if anything is.
    """

    values: Mapping[str, object]
    key: str
    text: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A row with the question that it came from and its place among the rows of the answer."""

    values: Mapping[str, object]
    asked: Asked
    answer: Answer
    item: int
    text: str | None = None


Read = Callable[[Asked, Answer], Iterable[Found | str]]
Confirm = Callable[[Sequence[Kept]], Sequence[str | None]]


@dataclass(slots=True, eq=False)
class Gathered:
    """Rows in the order of groups and questions; what was left out, by reason; and whether the budget was spent."""

    wanted: Mapping[str, int]
    kept: list[Kept]
    left_out: Counter[str]

    @property
    def short(self) -> dict[str, tuple[int, int]]:
        """Groups that lack rows: wanted and got."""
        got = Counter(one.asked.group for one in self.kept)
        return {group: (count, got[group]) for group, count in self.wanted.items() if got[group] < count}


@dataclass(slots=True)
class _Group:
    wanted: int
    asked: int = 0  # questions
    seen: int = 0  # answers, whatever came of them
    barren: int = 0  # answers in a row that gave nothing
    left: int = 0  # rows after the last round
    kept: list[Kept] = field(default_factory=list)

    def give_back(self, near: set[int], answers: int) -> int:
        """Take near duplicates out; how many there were.  A long round that leaves nothing new is the last one."""
        before = len(self.kept)
        self.kept = [one for one in self.kept if id(one) not in near]
        lost = before - len(self.kept)
        if lost and len(self.kept) <= self.left and answers >= NOTHING_NEW:
            self.barren = NOTHING_NEW
        self.left = len(self.kept)
        return lost

    def next_questions(self, per_request: int, patience: float) -> int:
        """As many as are missing by the share of rows that were kept so far; no more than patience has."""
        missing = self.wanted - len(self.kept)
        most = math.ceil(patience * self.wanted / per_request) + NOTHING_NEW - self.asked
        if missing <= 0 or most <= 0 or self.barren >= NOTHING_NEW:
            return 0
        expected = self.seen * per_request
        rate = min(1.0, (len(self.kept) + 1) / (expected + 1)) if expected else 1.0
        bold = max(self.asked, NOTHING_NEW) if self.asked else most  # what is rare is not paid for all at once
        return min(most, bold, math.ceil(missing / (rate * per_request)))


def gather(
    model: LanguageModel,
    wanted: Mapping[str, int],
    ask: Callable[[str, int], Asked],
    read: Read,
    *,
    per_request: int = 1,
    patience: float = 3.0,
    near: Near | None = None,
    confirm: Confirm | None = None,
) -> Gathered:
    """Ask until every group has as many rows as are wanted of it.

    ``read`` makes rows of an answer, or says why one of them is left out.  ``patience`` is how many rows are asked
    for at most for each that is wanted; of texts that are ``near`` each other the first stays.  ``confirm`` says of new
    rows why they are to be dropped after all.
    Raises SynthError where none of the first ``UNUSABLE`` answers, or of those after which every group is given up,
    can be used.
    """
    gathering = _Gathering({name: _Group(count) for name, count in wanted.items()})
    while not gathering.spent and (asked := gathering.questions(ask, per_request, patience)):
        answers = model.ask([one.question for one in asked])
        new = gathering.take(asked, answers, read)
        gathering.sift(new, Counter(one.group for one in asked), near, confirm)
        if gathering.answers >= UNUSABLE:
            gathering.refuse_unusable(model)
    gathering.refuse_unusable(model)
    groups, left_out = gathering.groups, gathering.left_out
    return Gathered(wanted, [one for group in groups.values() for one in _first(group, left_out)], left_out)


@dataclass(slots=True)
class _Gathering:
    """What there is so far; ``order`` are the rows in the order in which they came."""

    groups: Mapping[str, _Group]
    left_out: Counter[str] = field(default_factory=Counter)
    known: set[str] = field(default_factory=set)
    order: list[Kept] = field(default_factory=list)
    usable: bool = False
    spent: bool = False

    @property
    def answers(self) -> int:
        return sum(group.seen for group in self.groups.values())

    def questions(self, ask: Callable[[str, int], Asked], per_request: int, patience: float) -> list[Asked]:
        """Those of the next round; few until an answer can be used."""
        batch = [(name, group.asked + number) for name, group in self.groups.items()
                 for number in range(group.next_questions(per_request, patience))]  # fmt: skip
        return [ask(name, number) for name, number in (batch if self.usable else batch[:FIRST])]

    def take(self, asked: Sequence[Asked], answers: Sequence[Answer], read: Read) -> list[Kept]:
        """Keep what is new of the answers, and return it."""
        new: list[Kept] = []
        for one, answer in zip(asked, answers, strict=True):
            self.usable = self.usable or answer.reason is None
            self.spent = self.spent or answer.reason is Reason.UNASKED
            new += _take(self.groups[one.group], one, answer, read, self.known, self.left_out)
        return new

    def sift(self, new: list[Kept], answers: Counter[str], near: Near | None, confirm: Confirm | None) -> None:
        """Leave out what is not confirmed and what is near an earlier row, and tell how many rows there are."""
        self.order += new if confirm is None or not new else _confirmed(new, self.groups, confirm, self.left_out)
        self.order = _apart(self.order, self.groups, near, answers, self.left_out)
        done = sum(min(len(group.kept), group.wanted) for group in self.groups.values())
        report(f"{done:,} of {sum(group.wanted for group in self.groups.values()):,} rows")

    def refuse_unusable(self, model: LanguageModel) -> None:
        """Raise SynthError where answers came and none of them can be used."""
        if self.answers and not (self.usable or self.spent):
            raise unusable(self.left_out, model.endpoint, _FIXES)


_FIXES: Mapping[str, str] = {
    **FIXES,
    Reason.TRUNCATED: "raise 'max_tokens' in 'parameters', or lower 'per_request'",
    Reason.REFUSED: "ask in other words by 'template', or name another 'model'",
}


def _take(
    group: _Group,
    asked: Asked,
    answer: Answer,
    read: Read,
    known: set[str],
    left_out: Counter[str],
) -> list[Kept]:
    """Keep what is new of an answer, and return it."""
    group.asked += 1
    if answer.reason is not Reason.UNASKED:
        group.seen += 1
        account().costs.append(answer.cost)
        account().tokens.append(answer.tokens)
        account().keys.append(next(iter(answer.keys), ""))
        account().lengths.append(asked.length)
    if answer.reason is not None:
        left_out[answer.reason] += 1
        group.barren += 1
        return []
    before = len(group.kept)
    for item, found in enumerate(read(asked, answer)):
        if isinstance(found, str):
            left_out[found] += 1
        elif found.key in known:
            left_out[DUPLICATE] += 1
        else:
            known.add(found.key)
            group.kept.append(Kept(found.values, asked, answer, item, found.text))
    group.barren = 0 if len(group.kept) > before else group.barren + 1
    return group.kept[before:]


def _confirmed(new: list[Kept], groups: Mapping[str, _Group], confirm: Confirm, left_out: Counter[str]) -> list[Kept]:
    """What stays of new rows."""
    reasons = {id(one): reason for one, reason in zip(new, confirm(new), strict=True) if reason is not None}
    left_out.update(reasons.values())
    for group in groups.values():
        group.kept = [one for one in group.kept if id(one) not in reasons]
    return [one for one in new if id(one) not in reasons]


def _apart(
    order: list[Kept], groups: Mapping[str, _Group], near: Near | None, answers: Counter[str], left_out: Counter[str]
) -> list[Kept]:
    """The rows in the order in which they came, without those that are near an earlier one."""
    texts = [one.text for one in order if one.text is not None]
    if near is None or len(texts) < len(order) or not order:
        return order
    stands = near_duplicates(shingle_sets(texts, near.words), near.threshold)
    far = stands == np.arange(len(order))
    dropped = {id(one) for one, stays in zip(order, far, strict=True) if not stays}
    for name, group in groups.items():
        left_out.update({NEAR: lost} if (lost := group.give_back(dropped, answers[name])) else {})
    return [one for one, stays in zip(order, far, strict=True) if stays]


def _first(group: _Group, left_out: Counter[str]) -> list[Kept]:
    """What is wanted of a group; the rest came with the last answers."""
    if (surplus := len(group.kept) - group.wanted) > 0:
        left_out[SURPLUS] += surplus
    return group.kept[: group.wanted]
