"""The client against a local endpoint that misbehaves."""

import asyncio
import json
import time

import pytest
from pydantic import BaseModel, field_validator

from synth_pipeline.core.errors import SynthError
from synth_pipeline.llm import BudgetReached, Client, Kind, Purse, Request, RequestLedger
from synth_pipeline.spec.endpoint import Budget, Endpoint
from tests.llm.conftest import asks, complete

GOOD = '{"label": "a", "text": "b"}'


class Example(BaseModel):
    """A labelled text."""

    label: str
    text: str


class Strict(Example):
    """A schema that JSON schema cannot say."""

    @field_validator("text")
    @classmethod
    def _is_long(cls, text: str) -> str:
        if len(text) < 3:
            raise ValueError("too short")
        return text


def test_an_answer_is_paid_for_once_over_runs(server, endpoint, ledger) -> None:
    first = complete(ledger, asks(endpoint(), 20))
    again = complete(ledger, asks(endpoint(), 22))
    assert {outcome.kind for outcome in first + again} == {Kind.ANSWERED}
    assert [outcome.reused for outcome in again] == [True] * 20 + [False] * 2
    assert (server.stats()["billed"], server.stats()["most_often"]) == (22, 1)
    assert again[0].cost == first[0].cost == pytest.approx((50 + 2 * 40) / 1e6)
    assert again[0].request_id == first[0].request_id != ""


def test_equal_questions_in_one_breath_are_sent_once(server, endpoint, ledger) -> None:
    outcomes = complete(ledger, asks(endpoint(), 3) * 4)
    assert [outcome.kind for outcome in outcomes] == [Kind.ANSWERED] * 12
    assert server.stats()["billed"] == 3
    assert len({outcome.request_id for outcome in outcomes}) == 3


def test_every_part_of_the_content_is_in_the_key(endpoint) -> None:
    def key(sample=0, text="q", model="m", schema=None, temperature=1.0, **declared) -> str:
        messages = [{"role": "user", "content": text}]
        return Request(endpoint(**declared), model, messages, schema, {"temperature": temperature}, sample).key

    others = [
        key(sample=1), key(text="r"), key(model="n"), key(schema=Example), key(temperature=0.5),
        key(base_url="http://elsewhere/v1"), key(schema=Example, structured="none"),
    ]  # fmt: skip
    assert len({key(), *others}) == 8
    assert key() == key(name="renamed", mode="batch", timeout_seconds=9)


@pytest.mark.parametrize("fault", [429, 500, 503, "drop", "malformed"])
def test_a_passing_fault_is_tried_again(server, endpoint, ledger, fault) -> None:
    server.script.extend([fault, fault])
    outcomes = complete(ledger, asks(endpoint(), 3))
    assert [outcome.kind for outcome in outcomes] == [Kind.ANSWERED] * 3
    assert server.stats()["requests"] == 5
    replies = [ledger.find(outcome.request.key)[1] for outcome in outcomes]
    assert sum(reply.attempts for reply in replies) == 5
    assert sum(reply.lost for reply in replies) == (2 if fault in ("drop", "malformed") else 0)


def test_a_stalled_request_is_given_up_in_time(server, endpoint, ledger) -> None:
    server.script.append("stall")
    (outcome,) = complete(ledger, asks(endpoint(timeout_seconds=0.3), 1))
    assert outcome.kind is Kind.ANSWERED
    assert ledger.find(outcome.request.key)[1].lost == 1


def test_retry_after_is_obeyed_by_everybody(server, endpoint, ledger) -> None:
    server.retry_after, server.latency = 1.0, 0.05
    server.script.append(429)
    complete(ledger, asks(endpoint(limits={"concurrency": 2}), 60))
    refused = server.refused[0]
    assert not [at for at in server.times if refused + 0.3 < at < refused + 0.99]
    assert max(server.times) > refused + 0.99


def test_refused_and_truncated_are_outcomes_of_their_own_and_final(server, endpoint, ledger) -> None:
    server.script.extend(["refused", "filtered", "truncated"])
    one = endpoint(limits={"concurrency": 1})
    kinds = [outcome.kind for outcome in complete(ledger, asks(one, 3))]
    assert kinds == [Kind.REFUSED, Kind.REFUSED, Kind.TRUNCATED]
    assert [outcome.kind for outcome in complete(ledger, asks(one, 3))] == kinds
    assert server.stats()["billed"] == 3


def test_an_invalid_answer_is_repaired_once_and_the_model_sees_why(server, endpoint, ledger) -> None:
    server.script.extend([lambda body: '{"label": 3}'])
    server.answer = lambda body: GOOD
    (outcome,) = complete(ledger, asks(endpoint(), 1, schema=Example))
    assert (outcome.kind, outcome.parsed) == (Kind.ANSWERED, Example(label="a", text="b"))
    assert (outcome.usage.input, len(outcome.keys)) == (100, 2)
    told = server.bodies[1]["messages"][-1]["content"]
    assert "label: Input should be a valid string" in told and "text: Field required" in told
    asked, reply = ledger.find(outcome.keys[1])
    assert (asked.parent, reply.kind) == (outcome.keys[0], Kind.ANSWERED)
    assert complete(ledger, asks(endpoint(), 1, schema=Example))[0].parsed == outcome.parsed
    assert server.stats()["requests"] == 2


def test_repairs_are_bounded(server, endpoint, ledger) -> None:
    server.answer = lambda body: "no JSON at all"
    (outcome,) = complete(ledger, asks(endpoint(), 1, schema=Example), repairs=2)
    assert (outcome.kind, outcome.parsed, len(outcome.keys)) == (Kind.INVALID, None, 3)
    assert server.stats()["billed"] == 3


def test_validators_judge_kept_answers_anew(server, endpoint, ledger) -> None:
    server.answer = lambda body: GOOD
    Example.model_rebuild()
    (kept,) = complete(ledger, asks(endpoint(), 1, schema=Strict), repairs=0)
    assert (kept.kind, ledger.find(kept.keys[0])[1].kind) == (Kind.INVALID, Kind.INVALID)
    assert "too short" in kept.error


@pytest.mark.parametrize("structured", ["json_schema", "json_object", "none"])
def test_each_form_of_structured_output(server, endpoint, ledger, structured) -> None:
    server.answer = lambda body: GOOD if structured != "none" else f"```json\n{GOOD}\n```"
    (outcome,) = complete(ledger, asks(endpoint(structured=structured), 1, schema=Example))
    assert outcome.parsed == Example(label="a", text="b")
    (body,) = server.bodies
    assert body.get("response_format", {}).get("type") == (None if structured == "none" else structured)
    if structured == "json_schema":
        shape = body["response_format"]["json_schema"]
        assert shape["strict"] and shape["schema"]["additionalProperties"] is False
        assert shape["schema"]["required"] == ["label", "text"]
    else:
        assert '"label"' in body["messages"][-1]["content"]


def test_a_hard_budget_stops_and_keeps_what_was_paid(server, endpoint, ledger) -> None:
    async def run(purse: Purse) -> tuple[int, str]:
        number = 0
        async with Client(ledger, purse=purse, dataset="d", run_id="r") as client:
            try:
                async for _ in client.complete(asks(endpoint(limits={"concurrency": 4}), 200)):
                    number += 1
            except BudgetReached as error:
                return number, error.fix
        return number, "never stopped"

    purse = Purse(Budget(amount=5000, unit="tokens"))
    number, fix = asyncio.run(run(purse))
    spent = purse.spent
    assert "'budget.amount'" in fix
    assert 5000 - 2 * 90 - 100 <= spent <= 5000  # the estimate of the next request is what may be left over
    assert number == server.stats()["billed"] == spent / 90
    assert asyncio.run(ledger.spent("tokens", "d", "r")) == spent
    again, _ = asyncio.run(run(Purse(purse.budget, spent)))
    assert (again, server.stats()["billed"]) == (number, number)  # all of it from the ledger, nothing sent


def test_a_budget_in_money_needs_a_price(endpoint, ledger) -> None:
    purse = Purse(Budget(amount=1, unit="USD"))
    with pytest.raises(SynthError, match=r"declare 'price' at the endpoint 'local' in USD"):
        complete(ledger, asks(endpoint(price=None), 1), purse=purse)


def test_cancelling_keeps_what_was_in_flight(server, endpoint, ledger) -> None:
    server.latency = 0.3

    async def run() -> None:
        async with Client(ledger) as client:
            async for _ in client.complete(asks(endpoint(), 500)):
                await asyncio.sleep(3600)

    async def cancelled() -> None:
        task = asyncio.create_task(run())
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    sent = server.stats()["requests"]
    assert 0 < sent < 500
    assert len(ledger.rows(0)) == sent == server.stats()["billed"]
    complete(ledger, asks(endpoint(), sent + 10))
    assert server.stats()["most_often"] == 1


def test_leaving_the_loop_early_keeps_what_was_in_flight(server, endpoint, ledger) -> None:
    server.latency = 0.05

    async def run() -> None:
        async with Client(ledger) as client:
            async for _ in client.complete(asks(endpoint(), 300)):
                break

    asyncio.run(run())
    assert len(ledger.rows(0)) == server.stats()["billed"] == server.stats()["requests"] < 300


def test_several_endpoints_and_models_have_lanes_of_their_own(server, endpoint, ledger) -> None:
    here, there = endpoint(limits={"concurrency": 3}), endpoint(name="there", base_url=f"{endpoint().base_url}/b")

    async def run() -> tuple[float, float]:
        async with Client(ledger) as client:
            outcomes = [one async for one in client.complete(asks(here, 40) + asks(there, 40))]
            assert [one.kind for one in outcomes] == [Kind.ANSWERED] * 80
            return client.lane(here).slots.limit, client.lane(there).slots.limit

    mine, other = asyncio.run(run())
    assert mine == 3 and other > 3


def test_requests_may_come_as_they_are_made(server, endpoint, ledger) -> None:
    async def made():
        for request in asks(endpoint(), 5):
            await asyncio.sleep(0.01)
            yield request

    async def run() -> int:
        async with Client(ledger) as client:
            return len([one async for one in client.complete(made())])

    assert asyncio.run(run()) == 5


def test_an_error_in_what_makes_requests_comes_out(server, endpoint, ledger) -> None:
    def made():
        yield from asks(endpoint(), 5)
        raise SynthError("The template has no variable.", "name one.")

    with pytest.raises(SynthError, match="template"):
        complete_lazily(ledger, made())
    assert len(ledger.rows(0)) == server.stats()["billed"]


def complete_lazily(ledger: RequestLedger, requests) -> None:
    async def run() -> None:
        async with Client(ledger) as client:
            async for _ in client.complete(requests):
                pass

    asyncio.run(run())


def test_an_endpoint_that_recovers_is_waited_for(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setattr("synth_pipeline.llm.breaker.FIRST_PATIENCE", 30)
    server.script.extend([500] * 10)
    outcomes = complete(ledger, asks(endpoint(limits={"concurrency": 4}), 8))
    assert [outcome.kind for outcome in outcomes] == [Kind.ANSWERED] * 8


def test_nothing_of_an_account_elsewhere_is_sent(server, endpoint, ledger, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-elsewhere")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-elsewhere")
    complete(ledger, asks(endpoint(), 1))
    assert len(server.headers) == 1 and "elsewhere" not in str(server.headers)


def test_one_that_always_fails_is_an_outcome_and_is_asked_again_next_time(server, endpoint, ledger) -> None:
    one = endpoint(limits={"concurrency": 1})
    server.script.extend([None] + [500] * 6)
    failed = complete(ledger, asks(one, 2))[1]
    assert (failed.kind, failed.billed, failed.error) == (Kind.FAILED, False, "HTTP 500 broken")
    assert complete(ledger, asks(one, 2))[1].kind is Kind.ANSWERED


def test_nothing_waits_longer_than_it_must(server, endpoint, ledger) -> None:
    server.latency = 0.1
    started = time.monotonic()
    complete(ledger, asks(endpoint(), 320))
    assert time.monotonic() - started < 2.5  # ten rounds would be one second; one by one would be 32


def test_no_prompt_or_answer_is_in_what_is_exported(server, endpoint, ledger) -> None:
    server.answer = lambda body: "a secret answer"
    complete(ledger, asks(endpoint(), 2))
    said = json.dumps(ledger.rows(0))
    assert "question" not in said and "secret" not in said and "small" in said


def test_what_a_user_declares_wrong_is_named(endpoint) -> None:
    with pytest.raises(SynthError, match="'stream' cannot be set"):
        Request(endpoint(), "m", [], parameters={"stream": True})
    for wrong in ({"api_key_env": "sk-abc123"}, {"base_url": "https://user:pass@host/v1"}):
        with pytest.raises(ValueError, match=next(iter(wrong))) as caught:
            endpoint(**wrong)
        assert "abc123" not in str(caught.value) and "pass" not in str(caught.value)
    assert Endpoint.model_validate(endpoint().model_dump()) == endpoint()
