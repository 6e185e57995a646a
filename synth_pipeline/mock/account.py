"""The books of the server: what came, what was billed, what was turned away.

An answer is billed when it is made, whether or not anybody still waits for it.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


def content_hash(body: dict[str, Any]) -> str:
    """The name under which the books keep a request: SHA-256 of its JSON, keys sorted, no spaces."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came: which in the order of all, of what content, and the how-manieth of that content."""

    number: int
    content: str
    tries: int


@dataclass(slots=True)
class Account:
    """What is counted, in all and by the content of requests."""

    arrived: int = 0
    tries: Counter[str] = field(default_factory=Counter)
    billed: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    tokens_by_request: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak: int = 0

    def arrival(self, body: dict[str, Any]) -> Arrival:
        content = content_hash(body)
        self.arrived += 1
        self.tries[content] += 1
        return Arrival(self.arrived, content, self.tries[content])

    @contextmanager
    def flight(self) -> Generator[None]:
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            yield
        finally:
            self.in_flight -= 1

    def bill(self, content: str, usage: dict[str, int]) -> None:
        self.billed[content] += 1
        self.tokens_by_request[content] += usage["total_tokens"]
        self.tokens.update(
            {name: usage.get(name, 0) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
        )

    def totals(self) -> dict[str, Any]:
        """All but what is counted by content."""
        return {
            "arrived": self.arrived,
            "billed": self.billed.total(),
            "billed_contents": len(self.billed),
            "most_billed": max(self.billed.values(), default=0),
            **{name: self.tokens[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")},
            "in_flight": self.in_flight,
            "peak": self.peak,
            "rate_limited": self.statuses[429],
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "faults": dict(sorted(self.faults.items())),
        }

    def by_request(self) -> dict[str, dict[str, int]]:
        return {
            content: {"tries": tries, "billed": self.billed[content], "tokens": self.tokens_by_request[content]}
            for content, tries in self.tries.items()
        }
