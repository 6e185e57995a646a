"""The client against the mock endpoint that ships with the project, with every fault at once."""

import asyncio
from collections import Counter

import pytest
from pydantic import BaseModel

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm import Kind
from synth_pipeline.mock import content_hash, plan_of, running
from synth_pipeline.spec.endpoint import Endpoint
from tests.llm.conftest import asks, complete

PASSING = [
    {"kind": "rate_limit", "share": 0.1, "retry_after": 0.05},
    {"kind": "server_error", "share": 0.1},
    {"kind": "server_error", "share": 0.05, "status": 503},
    {"kind": "drop", "share": 0.05},
]
BILLED = [
    {"kind": "drop_after_billing", "share": 0.05, "tries": 1},
    {"kind": "malformed_body", "share": 0.05, "tries": 1},
    {"kind": "stall", "share": 0.05, "tries": 1},
]
FINAL = [{"kind": kind, "share": 0.05} for kind in ("truncated", "filtered", "refused", "empty", "wrong_schema")]


class Example(BaseModel):
    """A labelled text."""

    label: str
    text: str


def declared(base_url: str, **changes) -> Endpoint:
    fields = {"name": "mock", "base_url": base_url, "model": "mock", "timeout_seconds": 1.5}
    return Endpoint.model_validate(fields | changes)


def test_every_fault_at_once_and_nothing_is_paid_for_twice(ledger) -> None:
    with running(plan_of({"faults": [*PASSING, *BILLED, *FINAL], "latency": 0.01})) as server:
        requests = asks(declared(server.base_url), 150, schema=Example)
        outcomes = complete(ledger, requests)
        first = server.stats()
        again = complete(ledger, asks(declared(server.base_url), 150, schema=Example))
        second = server.stats(totals=True)
    kinds = Counter(outcome.kind for outcome in outcomes)
    assert kinds[Kind.ANSWERED] > 75
    assert {Kind.REFUSED, Kind.TRUNCATED} <= set(kinds)
    assert [one.kind for one in again] == [one.kind for one in outcomes]
    failed = kinds[Kind.FAILED]
    assert second["arrived"] - first["arrived"] <= 6 * failed
    # more than one bill only where the answer never came
    for outcome in outcomes:
        asked, reply = ledger.find(outcome.request.key)
        book = first["by_request"][content_hash(outcome.request.body())]
        assert book["billed"] <= 1 + reply.lost
        assert book["tries"] == reply.attempts
        assert asked.key == outcome.request.key
    assert first["billed"] > 150 * 0.9


def test_tokens_are_those_that_the_endpoint_billed(ledger) -> None:
    with running(plan_of({"faults": PASSING})) as server:
        complete(ledger, asks(declared(server.base_url), 40), dataset="d")
        billed = server.stats(totals=True)
    assert billed["billed"] == billed["billed_contents"] == 40
    assert asyncio.run(ledger.spent("tokens", "d")) == billed["total_tokens"]


def test_batches_with_lines_that_expire(ledger) -> None:
    with running(plan_of({"batches": {"expiring": 0.3}, "faults": FINAL})) as server:
        outcomes = complete(ledger, asks(declared(server.base_url, mode="batch"), 20))
        assert {Kind.FAILED, Kind.ANSWERED} <= {one.kind for one in outcomes}
        for _ in range(20):
            again = complete(ledger, asks(declared(server.base_url, mode="batch"), 20))
            if Kind.FAILED not in {one.kind for one in again}:
                break
        assert Kind.FAILED not in {one.kind for one in again}
        assert server.stats(totals=True)["most_billed"] == 1


@pytest.mark.parametrize(
    ("plan", "changes", "match"),
    [
        ({"keys": ["right"]}, {"api_key_env": "MOCK_KEY"}, "key in MOCK_KEY"),
        ({}, {"model": "other"}, "knows no model 'other'"),
        ({"structured": "none"}, {}, "'structured'"),
        ({"context": 2}, {}, "longer than the context"),
        ({"faults": [{"kind": "no_quota"}]}, {}, "no credit"),
    ],
)
def test_what_the_user_has_to_mend(ledger, monkeypatch, plan, changes, match) -> None:
    monkeypatch.setenv("MOCK_KEY", "wrong")
    with running(plan_of(plan)) as server, pytest.raises(SynthError, match=match):
        complete(ledger, asks(declared(server.base_url, **changes), 3, schema=Example))


def test_an_endpoint_without_structured_output_is_shown_the_schema(ledger) -> None:
    with running(plan_of({"structured": "none"})) as server:
        outcomes = complete(ledger, asks(declared(server.base_url, structured="none"), 5, schema=Example))
    assert {one.kind for one in outcomes} <= {Kind.ANSWERED, Kind.INVALID}
    assert len(outcomes) == 5
