"""Questions that several endpoints share: how, and what becomes of them where one is down."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from synth_pipeline.adapters.endpoint import connected
from synth_pipeline.adapters.storage import Store
from synth_pipeline.core.errors import SynthError
from synth_pipeline.core.language_model import Answer, Question, Reason, speaker
from synth_pipeline.llm.sharing import ranked
from synth_pipeline.mock import plan_of, running
from synth_pipeline.spec.asking import Spoken
from synth_pipeline.spec.endpoint import Endpoint
from tests.llm.server import InThread, Server

CLOSED = "http://127.0.0.1:9/v1"


class Text(BaseModel):
    text: str


@pytest.fixture
def two() -> Iterator[tuple[dict[str, Server], Spoken]]:
    """Two endpoints that answer as they are told."""
    servers = {name: Server() for name in "ab"}
    threads = [InThread(server) for server in servers.values()]
    for name, server in servers.items():
        server.model = name
    yield servers, spoken(*(endpoint(name, f"http://127.0.0.1:{thread.port}/v1")
                            for name, thread in zip(servers, threads, strict=True)))  # fmt: skip
    for thread in threads:
        thread.stop()


def batched(two: tuple[dict[str, Server], Spoken], monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Server], Spoken]:
    """The first one answers in batches; the other one is its reserve."""
    servers, declared = two
    monkeypatch.setattr("synth_pipeline.llm.batch.ATTEMPTS", 2)
    for server in servers.values():
        server.answer = lambda body: '{"text": "so"}'
    first, second = (one.model_dump(exclude_none=True) for one in declared.endpoints)
    return servers, spoken(first | {"mode": "batch", "timeout_seconds": 5}, second | {"weight": 0})


def silenced(server: Server, monkeypatch: pytest.MonkeyPatch, silent: Callable[[Server, str], object]) -> None:
    """What is asked is done, but nothing is said to it where the server is to be silent."""
    route = server._route

    async def routed(method: str, path: str, *more: Any) -> Any:
        said = await route(method, path, *more)
        return (500, {"error": {"message": "no"}}, {}) if silent(server, path) else said

    monkeypatch.setattr(server, "_route", routed)


def question(number: int) -> Question:
    return Question([{"role": "user", "content": f"question {number % 7}"}], Text, {"seed": number}, number)


def endpoint(name: str, base_url: str = CLOSED, **more: object) -> dict[str, object]:
    return {"name": name, "base_url": base_url, "model": name, "price": {"input": 1, "output": 2}, **more}


def spoken(first: dict[str, object], *others: dict[str, object], **more: object) -> Spoken:
    return Spoken.model_validate({"endpoint": first, "others": others, **more})


def asked(declared: Spoken, folder: Path, count: int) -> list[Answer]:
    with connected(declared, Store(folder), "bank", "run"):
        return speaker().ask([question(number) for number in range(count)])


def shares(*weights: float, count: int = 6_000) -> list[str]:
    endpoints = [Endpoint.model_validate(endpoint(f"e{place}", weight=one)) for place, one in enumerate(weights)]
    return [ranked(endpoints, question(number))[0].name for number in range(count)]


def test_questions_are_shared_by_weight_and_stay_where_they_are():
    both, three = shares(1, 3), shares(1, 3, 2)
    assert abs(Counter(both)["e0"] / 6_000 - 1 / 4) < 0.025  # four standard errors
    assert abs(Counter(three)["e2"] / 6_000 - 1 / 3) < 0.025
    assert all(now in (before, "e2") for before, now in zip(both, three, strict=True))
    assert set(shares(1, 0, count=500)) == {"e0"}


def test_each_endpoint_answers_its_share_and_all_is_paid_for_once(tmp_path):
    with running(plan_of({"models": ["a"]})) as a, running(plan_of({"models": ["b"]})) as b:
        declared = spoken(endpoint("a", a.base_url), endpoint("b", b.base_url))
        few, many = asked(declared, tmp_path, 40), asked(declared, tmp_path, 60)
        billed = [server.stats(totals=True)["billed"] for server in (a, b)]
    assert [one.endpoint for one in few] == [one.endpoint for one in many[:40]]
    assert Counter(one.endpoint for one in many) == {"a": billed[0], "b": billed[1]}
    assert sum(billed) == 60 and min(billed) > 15


def test_an_endpoint_that_is_down_hands_its_questions_on_and_a_rerun_keeps_the_answers(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with running(plan_of({"models": ["b"]})) as b:
        declared = spoken(endpoint("a", f"http://127.0.0.1:{port}/v1"), endpoint("b", b.base_url))
        found = asked(declared, tmp_path, 40)
        assert {(one.endpoint, one.model) for one in found} == {("b", "b")}
        assert all(one.reason is None and len(one.keys) == 1 for one in found)
        assert b.stats(totals=True)["billed"] == 40
        with running(plan_of({"models": ["a"]}), port) as a:
            again = asked(declared, tmp_path, 40)
            assert a.stats(totals=True)["arrived"] == 0, "what another endpoint had answered was paid for again"
            assert {one.endpoint for one in asked(declared, tmp_path, 60)} == {"a", "b"}
        assert [one.keys for one in again] == [one.keys for one in found]


@pytest.mark.parametrize("spare", [['{"text": "from b"}'], ["{}", '{"text": "from b"}'], ["{}", "[]"], ["refused"]])
def test_an_endpoint_that_answered_badly_and_went_down_is_not_asked_again(tmp_path, two, spare):
    """It answers in the wrong form, and cannot be asked to mend that; the answer of the spare one stands."""
    servers, declared = two
    first, second = (servers[one.name] for one in ranked(declared.endpoints, question(0)))
    first.script.extend([lambda body: "{}", *[500] * 6])
    second.script.extend([one if one == "refused" else lambda body, one=one: one for one in spare])
    (found,) = asked(declared, tmp_path, 1)
    first.answer = second.answer = lambda body: '{"text": "paid again"}'
    billed = [server.stats()["billed"] for server in (first, second)]
    (again,) = asked(declared, tmp_path, 1)
    assert billed == [1, len(spare)] == [server.stats()["billed"] for server in (first, second)]
    assert (again.parsed, again.reason, again.keys) == (found.parsed, found.reason, found.keys)


def test_an_endpoint_that_breaks_down_on_the_way_is_not_waited_for(tmp_path):
    """It answers 500 from its tenth request on; eight in a row open its circuit."""
    broken = {"models": ["a"], "faults": [{"kind": "server_error", "first": 10}]}
    with running(plan_of(broken)) as a, running(plan_of({"models": ["b"]})) as b:
        found = asked(spoken(endpoint("a", a.base_url), endpoint("b", b.base_url)), tmp_path, 120)
        tried = a.stats(totals=True)
    assert not any(one.reason for one in found)
    assert Counter(one.endpoint for one in found)["a"] == tried["billed"] == 9
    assert tried["arrived"] < 100


@pytest.mark.parametrize(
    "silent",
    [lambda server, path: "/batches/" in path, lambda server, path: path.endswith("/batches") and server.batches],
)
def test_a_batch_that_an_endpoint_may_have_is_not_paid_for_at_another_one(tmp_path, two, monkeypatch, silent):
    """The endpoint creates it and falls silent, at the first look or at once; when it is back, the batch is found."""
    servers, declared = batched(two, monkeypatch)
    with monkeypatch.context() as outage:
        silenced(servers["a"], outage, silent)
        with pytest.raises(SynthError, match="'a' does not answer"):
            asked(declared, tmp_path, 4)
    assert {one.endpoint for one in asked(declared, tmp_path, 4)} == {"a"}
    assert len(servers["a"].batches) == 1 and servers["b"].stats()["requests"] == 0


def test_what_was_not_submitted_is_handed_on_and_other_batches_are_waited_for(tmp_path, two, monkeypatch):
    """Batches of two; the second file cannot be sent while the first batch is under way."""
    servers, declared = batched(two, monkeypatch)
    monkeypatch.setattr("synth_pipeline.llm.batch.MOST", 2)
    servers["a"].batch_looks = 2
    silenced(servers["a"], monkeypatch, lambda server, path: path.endswith("/files") and len(server.files) > 1)
    found = asked(declared, tmp_path, 4)
    assert not any(one.reason for one in found)
    assert Counter(one.endpoint for one in found) == {"a": 2, "b": 2}
    assert [server.stats()["billed"] for server in servers.values()] == [2, 2]


def test_a_reserve_is_asked_only_where_it_must_be(tmp_path):
    with running(plan_of({"models": ["a"]})) as a, running(plan_of({"models": ["b"]})) as b:
        both = (endpoint("a", a.base_url), endpoint("b", b.base_url, weight=0))
        assert {one.endpoint for one in asked(spoken(*both), tmp_path / "one", 30)} == {"a"}
        assert b.stats(totals=True)["arrived"] == 0
        both[0]["base_url"] = CLOSED
        assert {one.endpoint for one in asked(spoken(*both), tmp_path / "two", 30)} == {"b"}


def test_where_all_are_down_the_last_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("synth_pipeline.llm.client.FIRST_WAIT", 0.02)
    monkeypatch.setattr("synth_pipeline.llm.breaker.FIRST_PATIENCE", 0.3)
    with pytest.raises(SynthError, match="does not answer at"):
        asked(spoken(endpoint("a"), endpoint("b", "http://127.0.0.1:10/v1")), tmp_path, 20)


def test_a_budget_is_one_for_all_endpoints(tmp_path):
    with running(plan_of({"models": ["a"]})) as a, running(plan_of({"models": ["b"]})) as b:
        both = (endpoint("a", a.base_url), endpoint("b", b.base_url))
        found = asked(spoken(*both, budget={"amount": 2_000, "unit": "tokens"}), tmp_path, 200)
        used = sum(server.stats(totals=True)["total_tokens"] for server in (a, b))
    assert used <= 2_000 and any(one.reason is Reason.UNASKED for one in found)


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([endpoint("a", "http://127.0.0.1:8/v1")], "two endpoints are called 'a'"),
        ([endpoint("b", model="a")], "is named twice"),
    ],
)
def test_endpoints_that_cannot_be_told_apart_are_refused(others, told):
    with pytest.raises(ValidationError, match=told):
        spoken(endpoint("a"), *others)
